//! When almost everything counts as removed.

use super::*;

const RATE: u32 = 16_000;

/// Noise with this level in dB, for this many seconds.
fn noise(level: f32, seconds: f64) -> Vec<f32> {
    let (mut state, peak) = (7u32, 10f32.powf(level / 20.0));
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * peak
    };
    (0..(seconds * f64::from(RATE)) as usize).map(|_| next()).collect()
}

/// Sections of noise, each with a level and a length.
fn stretches(parts: &[(f32, f64)]) -> Vec<f32> {
    parts.iter().flat_map(|&(level, seconds)| noise(level, seconds)).collect()
}

/// The fall from one signal to another. The second one comes later and in portions of other
/// lengths.
fn fall(dry: &[f32], wet: &[f32], portion: usize) -> Option<f64> {
    assert_eq!(dry.len(), wet.len());
    let mut loss = Loss::new(RATE, 1).unwrap();
    let mut given = 0;
    for (n, part) in dry.chunks(portion).enumerate() {
        loss.push_dry(&vec![part.to_vec()]);
        let ready = (n * portion).saturating_sub(3000).max(given);
        loss.push_wet(&vec![wet[given..ready].to_vec()]);
        given = ready;
    }
    loss.push_wet(&vec![wet[given..].to_vec()]);
    loss.fall()
}

#[test]
fn the_fall_is_reported_from_20_lu() {
    let dry = noise(-30.0, 10.0);
    for portion in [100, 7777, 100_000] {
        let lowered = |by: f32| fall(&dry, &noise(-30.0 - by, 10.0), portion);
        assert_eq!(lowered(0.0), None);
        assert_eq!(lowered(19.0), None);
        let fell = lowered(21.0).unwrap();
        assert!((fell - 21.0).abs() < 0.2, "{fell} LU");
        assert_eq!(fall(&dry, &vec![0.0; dry.len()], portion), Some(f64::INFINITY));
    }
}

#[test]
fn one_in_some_samples_is_as_loud_as_all() {
    let planes: Planes = vec![noise(-30.0, 30.0), noise(-36.0, 30.0)];
    let mut levels = Levels::new(48_000, 2).unwrap();
    assert_eq!(levels.every, 6);
    let mut all = EbuR128::new(2, 48_000, Mode::I).unwrap();
    // Portions that `every` does not divide, and empty ones.
    let (mut from, mut blocks) = (0, 0);
    for len in [1, 0, 5, 7777, 3].into_iter().cycle() {
        let to = planes[0].len().min(from + len);
        let part = |raise: f32| -> Planes {
            let part =
                planes.iter().map(|plane| plane[from..to].iter().map(|x| x * raise).collect());
            part.collect()
        };
        levels.push(&part(1.0), |_| blocks += 1);
        let raised = part(RAISE);
        all.add_frames_planar_f32(&[&raised[0], &raised[1]]).unwrap();
        from = to;
        if from == planes[0].len() {
            break;
        }
    }
    assert_eq!(blocks, 25);
    let (estimate, exact) = (levels.integrated().unwrap(), all.loudness_global().unwrap());
    assert!((estimate - exact).abs() < 1.0, "{estimate} for {exact} LUFS");
}

#[test]
fn quiet_recordings_are_judged_too() {
    let dry = noise(-70.0, 10.0);
    assert_eq!(fall(&dry, &dry, 1000), None);
    assert_eq!(fall(&dry, &vec![0.0; dry.len()], 1000), Some(f64::INFINITY));
}

#[test]
fn speech_that_is_left_is_not_almost_nothing() {
    // A short voice in a minute of noise: the loudness is that of the voice.
    let dry = noise(-20.0, 60.0);
    let voice = stretches(&[(-90.0, 50.0), (-25.0, 2.0), (-90.0, 8.0)]);
    assert_eq!(fall(&dry, &voice, 5000), None);
    // Loud music is removed, and the quiet voice after it is kept.
    let dry = stretches(&[(-10.0, 10.0), (-45.0, 10.0)]);
    let voice = stretches(&[(-90.0, 10.0), (-45.0, 10.0)]);
    assert_eq!(fall(&dry, &voice, 5000), None);
    // Without the voice, the same fall is reported.
    let nothing = stretches(&[(-90.0, 10.0), (-75.0, 10.0)]);
    assert!(fall(&dry, &nothing, 5000).is_some());
}

#[test]
fn where_nothing_is_heard_nothing_was_removed() {
    let silence = vec![0.0; 100_000];
    assert_eq!(fall(&silence, &silence, 1000), None);
    let short = noise(-10.0, 0.3);
    assert_eq!(fall(&short, &vec![0.0; short.len()], 1000), None);
    assert_eq!(fall(&[], &[], 1000), None);
}

#[test]
fn nan_counts_as_silence() {
    let mut dry = noise(-30.0, 5.0);
    dry[1000] = f32::NAN;
    let quiet = noise(-60.0, 5.0);
    assert!(fall(&dry, &quiet, 1000).unwrap() > 20.0);
}

#[test]
fn audio_that_cannot_be_measured_has_no_verdict() {
    assert!(Loss::new(8, 1).is_none());
    assert!(Loss::new(48_000, 65).is_none());
}
