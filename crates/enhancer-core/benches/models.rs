//! What the models cost. All figures are the time of one step of one lane, that is
//! of 10 ms of audio in DeepFilterNet 3 and of 16 ms in GTCRN: `lanes/N` for a stream
//! that steps N lanes together, `enhancer/N` for a whole session of one channel with
//! N workers, which runs many hops together.

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use enhancer_core::{Audio, AudioEnhancer, Model, ModelDescription};

const SECONDS: usize = 20;

fn deepfilternet3() -> Model {
    load(
        include_bytes!("../../../models/deepfilternet3/model.json"),
        &[include_bytes!("../../../models/deepfilternet3/deepfilternet3.tflite")],
    )
}

fn gtcrn() -> Model {
    load(
        include_bytes!("../../../models/gtcrn/model.json"),
        &[include_bytes!("../../../models/gtcrn/gtcrn.tflite")],
    )
}

fn load(description: &[u8], files: &[&[u8]]) -> Model {
    let description =
        ModelDescription::parse(description).expect("the committed model is described");
    Model::from_folder(description, files).expect("the committed model loads")
}

/// Noise without a pattern: silence would meet denormal numbers.
fn noise(len: usize) -> Vec<f32> {
    let hash = |n: u32| n.wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(2_246_822_519);
    (0..len as u32).map(|n| hash(n + 1) as f32 / u32::MAX as f32 * 0.2 - 0.1).collect()
}

fn stepping(criterion: &mut Criterion, model: &Model) {
    let mut group = criterion.benchmark_group(model.name().to_owned());
    group.sample_size(20);
    for lanes in [1, 4, 8, 16] {
        let mut stream = model.stream(lanes).expect("there is a lane");
        let input = noise(lanes * model.hop());
        let mut output = input.clone();
        group.bench_function(BenchmarkId::new("lanes", lanes), |bencher| {
            bencher.iter_custom(|steps| {
                let started = Instant::now();
                for _ in 0..steps {
                    stream.step(black_box(&input), &mut output).expect("steps");
                }
                started.elapsed() / lanes as u32
            });
        });
    }
    group.finish();
}

fn enhancing(criterion: &mut Criterion, model: &Model) {
    let rate = model.sample_rate().expect("real models have a rate");
    let audio = Audio::new(rate, vec![noise(SECONDS * rate as usize)]).expect("one plane is audio");
    let hops = audio.len().div_ceil(model.hop()) as u32;
    let mut group = criterion.benchmark_group(model.name().to_owned());
    group.sample_size(10);
    for workers in [1, 2] {
        let enhancer = AudioEnhancer::new(model.clone(), Some(workers)).expect("workers start");
        group.bench_function(BenchmarkId::new("enhancer", workers), |bencher| {
            bencher.iter_custom(|times| {
                let started = Instant::now();
                for _ in 0..times {
                    enhancer.process_audio("bench", black_box(&audio)).expect("enhances");
                }
                started.elapsed() / hops
            });
        });
    }
    group.finish();
}

fn models(criterion: &mut Criterion) {
    for model in [deepfilternet3(), gtcrn()] {
        stepping(criterion, &model);
        enhancing(criterion, &model);
    }
}

criterion_group!(benches, models);
criterion_main!(benches);
