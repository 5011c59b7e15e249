use rayon::ThreadPoolBuilder;

use crate::model::{Model, ModelDescription};

const HOPS: usize = 130;
const LANES: usize = 2;

fn model() -> Model {
    let description = include_bytes!("../../../../../models/compiled/deepfilternet3/model.json");
    let network: &[u8] =
        include_bytes!("../../../../../models/compiled/deepfilternet3/deepfilternet3.network");
    Model::from_folder(ModelDescription::parse(description).unwrap(), &[network]).unwrap()
}

/// The enhanced samples of all lanes, bit for bit, in steps of this many hops. The last step is filled up
/// with silence.
fn enhanced(model: &Model, hops: usize, post_filter: bool) -> Vec<Vec<u32>> {
    let len = model.hop() * hops;
    let sample = |lane: usize, at: usize| {
        let noise =
            (at as u32 + 1).wrapping_mul(2_654_435_761 + lane as u32) as f32 / u32::MAX as f32;
        (at as f32 * 0.02).sin() * 0.3 + noise * 0.1 - 0.05
    };
    let mut stream = model.sequence(LANES, hops).unwrap();
    stream.set_post_filter(post_filter).unwrap();
    let mut made = vec![vec![]; LANES];
    let mut output = vec![0.0; LANES * len];
    let total = HOPS * model.hop();
    for first in (0..total).step_by(len) {
        let given = |lane| {
            (first..first + len).map(move |at| if at < total { sample(lane, at) } else { 0.0 })
        };
        let input: Vec<f32> = (0..LANES).flat_map(given).collect();
        stream.step(&input, &mut output).unwrap();
        for (made, output) in made.iter_mut().zip(output.chunks_exact(len)) {
            made.extend(output.iter().map(|sample| sample.to_bits()));
        }
    }
    made.iter_mut().for_each(|made| made.truncate(total));
    made
}

#[test]
fn neither_steps_nor_workers_change_a_bit() {
    let model = model();
    let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for post_filter in [false, true] {
        let expected = enhanced(&model, 1, post_filter);
        for hops in [2, 15, 16, 17, 64, 128] {
            assert!(enhanced(&model, hops, post_filter) == expected, "{hops} hops at once");
            let shared = pool.install(|| enhanced(&model, hops, post_filter));
            assert!(shared == expected, "{hops} hops at once, shared");
        }
    }
}
