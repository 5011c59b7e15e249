use crate::support::{FRAME, any_audio, assert_same, passthrough};

#[test]
fn output_is_the_input_for_any_length_and_number_of_channels() {
    let enhancer = passthrough(3);
    for len in [0, 1, FRAME - 1, FRAME, FRAME + 1, 10 * FRAME + 7, 300_001] {
        for channels in 1..=6 {
            let audio = any_audio(channels, len, len as u64);
            let id = format!("{channels} channels of {len}");
            let enhanced = enhancer.process_audio(&id, &audio).unwrap();
            assert_eq!(enhanced.sample_rate(), audio.sample_rate());
            assert_same(enhanced.planes(), audio.planes(), &id);
        }
    }
}

#[test]
fn output_is_the_input_for_any_number_of_workers() {
    let audio = any_audio(2, 700_003, 1);
    for workers in 1..=8 {
        let enhancer = passthrough(workers);
        assert_eq!(enhancer.workers(), workers);
        let enhanced = enhancer.process_audio("same", &audio).unwrap();
        assert_same(enhanced.planes(), audio.planes(), &format!("{workers} workers"));
    }
}
