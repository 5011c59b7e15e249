//! Recordings of the project's own voices, and of what is not speech, through both passes.

use std::ops::Range;

use ebur128::{EbuR128, Mode};

use super::*;
use crate::audio::{Audio, Planes};
use crate::decode::AudioReader;
use crate::finishing::{Finished, Finishing, FirstPass, finish_async};
use crate::format::{AudioFormat, SampleFormat};
use crate::loudness::{Loudness, LoudnessMeter, Reread};
use crate::memory::{MemoryReader, MemoryWriter};

const RATE: u32 = 48_000;
const SECOND: usize = RATE as usize;

/// How much further away one talker is, in dB.
const APART: f32 = -12.0;

/// Where the talkers are, in seconds, with pauses between them.
const NEAR: [Range<usize>; 2] = [1..6, 15..20];
const FAR: [Range<usize>; 2] = [8..13, 22..27];
/// The middles of the pauses.
const PAUSES: [Range<usize>; 3] = [6..8, 13..15, 20..22];
const LENGTH: usize = 28;

fn voice(name: &str) -> Vec<f32> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../audio_samples");
    let bytes = std::fs::read(format!("{folder}/{name}.clean.raw")).unwrap();
    bytes.chunks_exact(4).map(|sample| f32::from_le_bytes(sample.try_into().unwrap())).collect()
}

/// White noise up to that peak.
fn noise(peak: f32, len: usize) -> Vec<f32> {
    let mut state = 3u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next() * peak).collect()
}

fn factor(decibels: f32) -> f32 {
    10f32.powf(decibels / 20.0)
}

/// A talker who is near and one who is far take turns, in faint noise.
fn near_and_far() -> Vec<f32> {
    let mut samples = noise(0.001, LENGTH * SECOND);
    for (name, turns, gain) in
        [("audio_file_48k", NEAR, 1.0), ("audio_file_cafe_48k", FAR, factor(APART))]
    {
        let voice = voice(name);
        let mut words = voice.iter();
        for turn in turns {
            let here = &mut samples[turn.start * SECOND..turn.end * SECOND];
            here.iter_mut().zip(&mut words).for_each(|(sample, word)| *sample += word * gain);
        }
    }
    samples
}

struct Again<'a>(&'a Audio);

impl Reread for Again<'_> {
    fn reader(&mut self) -> crate::Result<Box<dyn AudioReader + '_>> {
        Ok(Box::new(MemoryReader::new(self.0)))
    }
}

fn format(rate: u32, channels: usize) -> AudioFormat {
    AudioFormat::raw(SampleFormat::F32le, rate, channels as u16)
}

/// What becomes of audio that is heard in pieces of that length.
fn finished(finishing: Finishing, rate: u32, planes: &Planes, piece: usize) -> (Planes, Finished) {
    let audio = Audio::new(rate, planes.clone()).unwrap();
    let mut first = FirstPass::new(finishing, &format(rate, planes.len())).unwrap();
    for from in (0..audio.len()).step_by(piece) {
        let part = |plane: &Vec<f32>| plane[from..audio.len().min(from + piece)].to_vec();
        first.push(&planes.iter().map(part).collect::<Planes>()).unwrap();
    }
    let mut writer = MemoryWriter(vec![vec![]; planes.len()]);
    let mut source = Again(&audio);
    let work = finish_async(&mut source, first, &mut writer, async |_| Ok(()));
    let (samples, finished) = pollster::block_on(work).unwrap();
    assert_eq!((samples as usize, writer.0[0].len()), (audio.len(), audio.len()));
    (writer.0, finished)
}

fn levelled(planes: &Planes) -> (Planes, Finished) {
    let level = Finishing { level: true, ..Finishing::default() };
    finished(level, RATE, planes, 16_384)
}

fn loudness(samples: &[f32]) -> f64 {
    let mut meter = LoudnessMeter::new(&format(RATE, 1)).unwrap();
    meter.push(&[samples.to_vec()]).unwrap();
    meter.integrated().unwrap()
}

/// The samples of some stretches, in one.
fn parts(samples: &[f32], turns: &[Range<usize>]) -> Vec<f32> {
    turns
        .iter()
        .flat_map(|turn| &samples[turn.start * SECOND..turn.end * SECOND])
        .copied()
        .collect()
}

/// By how much the near talker is louder, in LU.
fn difference(samples: &[f32]) -> f64 {
    loudness(&parts(samples, &NEAR)) - loudness(&parts(samples, &FAR))
}

/// The RMS level of the middle of a pause in dBFS.
fn level_of_pause(samples: &[f32], pause: &Range<usize>) -> f32 {
    let middle = &samples[pause.start * SECOND + SECOND / 2..pause.end * SECOND - SECOND / 2];
    10.0 * (middle.iter().map(|x| x * x).sum::<f32>() / middle.len() as f32).log10()
}

fn true_peak(planes: &Planes) -> f64 {
    let mut meter = EbuR128::new(planes.len() as u32, RATE, Mode::TRUE_PEAK).unwrap();
    let borrowed: Vec<_> = planes.iter().map(Vec::as_slice).collect();
    meter.add_frames_planar_f32(&borrowed).unwrap();
    let peaks = (0..planes.len()).map(|n| meter.true_peak(n as u32).unwrap());
    20.0 * peaks.fold(0.0, f64::max).log10()
}

#[test]
fn near_and_far_talkers_get_one_loudness_and_the_noise_between_them_is_not_raised() {
    let samples = near_and_far();
    let before = difference(&samples);
    assert!((11.0..13.5).contains(&before), "{before} LU before");
    let (result, finished) = levelled(&vec![samples.clone()]);
    assert_eq!(finished, Finished::default());
    let after = difference(&result[0]);
    assert!(after.abs() < 4.0, "{before} LU before, {after} LU after");
    for pause in &PAUSES {
        let (was, is) = (level_of_pause(&samples, pause), level_of_pause(&result[0], pause));
        assert!(is <= was + 0.01, "{pause:?} s: {was} dBFS became {is}");
    }
    // All of it is about as loud as it was.
    let change = loudness(&result[0]) - loudness(&samples);
    assert!(change.abs() < 1.5, "{change} LU");
    assert!(true_peak(&result) <= -0.9);
}

#[test]
fn levelling_comes_before_the_loudness() {
    let target = Some(Loudness::new(-16.0).unwrap());
    let finishing = Finishing { level: true, loudness: target };
    let (result, finished) = finished(finishing, RATE, &vec![near_and_far()], 16_384);
    let lufs = loudness(&result[0]);
    assert!((lufs + 16.0).abs() < 0.1, "{lufs} LUFS");
    assert_eq!(finished.loudness.map(|reached| reached.shortfall()), Some(None));
    assert!(difference(&result[0]).abs() < 4.0);
    assert!(true_peak(&result) <= -0.9);
}

#[test]
fn the_pieces_make_no_difference() {
    let level = Finishing { level: true, ..Finishing::default() };
    let samples: Vec<f32> =
        near_and_far().into_iter().step_by(3).skip(80_000).take(90_001).collect();
    for rate in [16_000, 11_025] {
        let planes = vec![samples.clone(), samples.iter().rev().copied().collect()];
        let (whole, _) = finished(level, rate, &planes, samples.len());
        assert!(whole != planes, "nothing changed");
        for piece in [997, 4_800] {
            assert!(finished(level, rate, &planes, piece).0 == whole, "{rate} Hz by {piece}");
        }
    }
}

#[test]
fn all_channels_get_the_same_gains() {
    let samples = near_and_far();
    let other: Vec<f32> = samples.iter().map(|x| x * 0.25).collect();
    let (result, _) = levelled(&vec![samples.clone(), other]);
    assert!(result[0] != samples);
    assert!(result[0].iter().zip(&result[1]).all(|(a, b)| a * 0.25 == *b));
}

#[test]
fn what_is_not_speech_stays_as_it_is_and_is_reported() {
    let clicks = (0..10 * SECOND).map(|n| if n % 30_000 == 100 { 0.8 } else { 0.0 }).collect();
    for (what, samples) in [
        ("nothing", vec![]),
        ("one sample", vec![0.5]),
        ("silence", vec![0.0; 5 * SECOND]),
        ("clicks", clicks),
        ("noise", noise(0.1, 5 * SECOND)),
        ("half a second of speech", voice("audio_file_48k")[SECOND..SECOND * 3 / 2].to_vec()),
    ] {
        let planes = vec![samples];
        let (result, finished) = levelled(&planes);
        assert!(result == planes, "{what} changed");
        assert!(finished.too_little_speech, "{what}");
    }
}

/// Chords that swell and fade, with a beat.
fn music() -> Vec<f32> {
    let tone =
        |n: usize, hertz: f32| (n as f32 / RATE as f32 * hertz * std::f32::consts::TAU).sin();
    let chords = [[220.0, 277.2, 329.6], [196.0, 246.9, 293.7], [174.6, 220.0, 261.6]];
    let sample = |n: usize| {
        let chord = chords[n / (2 * SECOND) % 3];
        let swell = 0.1 + 0.9 * (n as f32 / (5 * SECOND) as f32).sin().powi(2);
        let beat = 1.0 - (n % (SECOND / 2)) as f32 / (SECOND / 2) as f32;
        swell * beat * chord.iter().map(|&hertz| tone(n, hertz)).sum::<f32>() * 0.25
    };
    (0..20 * SECOND).map(sample).collect()
}

#[test]
fn music_and_sounds_amid_speech_are_not_blown_up() {
    let mut clicks = near_and_far();
    (0..clicks.len()).step_by(20_000).for_each(|n| clicks[n] = 1.0);
    // NaN counts as silence; a blow is louder than all else.
    clicks[500_000] = f32::NAN;
    clicks[600_000..602_000].fill(3.0);
    let speaks = |what: &str| what == "clicks";
    for (what, samples) in [("music", music()), ("clicks", clicks)] {
        let audio = Audio::new(RATE, vec![samples]).unwrap();
        let mut listener = Listener::new(&format(RATE, 1)).unwrap();
        listener.push(audio.planes()).unwrap();
        if let Some(curve) = listener.finish().unwrap() {
            let (lowest, highest) = curve.range();
            assert!(lowest >= -15.01 && highest <= 15.01, "{what}: {lowest} to {highest} dB");
        }
        let (result, finished) = levelled(&audio.planes().to_vec());
        if finished.too_little_speech {
            assert!(!speaks(what), "{what} have speech");
            assert!(result == audio.planes(), "{what} changed");
            continue;
        }
        assert!(result[0].iter().all(|sample| sample.is_finite()), "{what}");
        assert!(true_peak(&result) <= -0.9, "{what}: {} dBTP", true_peak(&result));
    }
}
