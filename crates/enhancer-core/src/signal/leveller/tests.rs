//! Recordings of the project's own voices, and of sounds other than speech, through both passes.

use std::ops::Range;

use ebur128::{EbuR128, Mode};

use super::*;
use crate::audio::{Audio, AudioFormat, Planes, SampleFormat};
use crate::job::finishing::{FirstPass, finish_async};
use crate::job::memory::{MemoryReader, MemoryWriter};
use crate::read::AudioReader;
use crate::signal::NotLevelled::{Empty, Silent, TooLittleSpeech};
use crate::signal::loudness::{Loudness, LoudnessMeter, Reread};
use crate::signal::{Finished, Finishing};

const RATE: u32 = 48_000;
const SECOND: usize = RATE as usize;

/// The level of the far talker relative to the near one, in dB.
const APART: f32 = -12.0;

/// When each talker speaks, in seconds, with pauses between them.
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

/// White noise with this peak.
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

/// A near and a far talker take turns, in faint noise.
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

/// The result for audio that is heard in pieces of this length.
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

/// Some sections of the samples, concatenated.
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
    // The loudness of the whole recording hardly changes.
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
fn audio_with_too_little_speech_is_unchanged_and_reported() {
    let clicks = (0..10 * SECOND).map(|n| if n % 30_000 == 100 { 0.8 } else { 0.0 }).collect();
    let half_a_second = voice("audio_file_48k")[SECOND..SECOND * 3 / 2].to_vec();
    for (what, samples, why) in [
        ("nothing", vec![], Empty),
        ("one sample", vec![0.5], TooLittleSpeech),
        ("silence", vec![0.0; 5 * SECOND], Silent),
        ("silence with 16 bits", noise(1e-5, 5 * SECOND), Silent),
        ("clicks", clicks, TooLittleSpeech),
        ("noise", noise(0.1, 5 * SECOND), TooLittleSpeech),
        ("half a second of speech", half_a_second, TooLittleSpeech),
    ] {
        let planes = vec![samples];
        let (result, finished) = levelled(&planes);
        assert!(result == planes, "{what} changed");
        assert_eq!(finished.not_levelled, Some(why), "{what}");
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

/// The gain of each tenth of a second, in dB.
fn gains(samples: &[f32]) -> Vec<f32> {
    let mut listener = Listener::new(&format(RATE, 1)).unwrap();
    listener.push(&[samples.to_vec()]).unwrap();
    listener.finish().unwrap().unwrap().decibels()
}

/// The lowest and the highest of them.
fn range(gains: &[f32]) -> (f32, f32) {
    gains.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &gain| {
        (low.min(gain), high.max(gain))
    })
}

#[test]
fn quiet_parts_of_music_are_raised_and_loud_parts_do_not_pump() {
    // The detector takes the music for speech.
    let gains = gains(&music());
    let (lowest, highest) = range(&gains);
    assert!(lowest > -5.0 && highest < 12.0, "{gains:?}");
    // Where it is loudest, for 5 s with ten beats, the gain stays the same and does not raise.
    let (lowest, highest) = range(&gains[50..100]);
    assert!(highest <= 0.0 && highest - lowest < 0.1, "{gains:?}");
    let steps = gains.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
    assert!(range(&steps).1 < 3.76 && range(&steps).0 > -3.76, "{gains:?}");
    let (result, finished) = levelled(&vec![music()]);
    assert_eq!(finished, Finished::default());
    assert!(true_peak(&result) <= -0.9);
}

#[test]
fn a_talker_alone_stays_as_they_are() {
    for name in ["audio_file_48k", "audio_file_cafe_48k"] {
        let (lowest, highest) = range(&gains(&voice(name)));
        assert!(lowest > -1.0 && highest < 1.0, "{name}: {lowest} to {highest} dB");
    }
}

#[test]
fn clicks_and_a_knock_between_words_are_not_raised_above_full_scale() {
    let mut samples = near_and_far();
    (0..samples.len()).step_by(20_000).for_each(|n| samples[n] = 1.0);
    // NaN counts as silence. A knock is louder than everything else.
    samples[500_000] = f32::NAN;
    samples[600_000..602_000].fill(3.0);
    let (lowest, highest) = range(&gains(&samples));
    assert!(lowest >= -15.01 && (1.0..15.01).contains(&highest), "{lowest} to {highest} dB");
    let (result, _) = levelled(&vec![samples]);
    assert!(result[0].iter().all(|sample| sample.is_finite()));
    assert!(true_peak(&result) <= -0.9, "{} dBTP", true_peak(&result));
}

/// A near and a far talker in quick dialogue: turns of these lengths in seconds, with pauses of 0.3
/// s. Returns the samples and the turns of each talker.
fn dialogue(seconds: &[f32]) -> (Vec<f32>, [Vec<Range<usize>>; 2]) {
    let voices = [("audio_file_48k", 1.0), ("audio_file_cafe_48k", factor(APART))];
    let voices = voices.map(|(name, gain)| (voice(name), gain));
    let (mut samples, mut turns, mut from) = (noise(0.001, SECOND), [vec![], vec![]], [0, 0]);
    for (n, seconds) in seconds.iter().enumerate() {
        let ((voice, gain), from) = (&voices[n % 2], &mut from[n % 2]);
        let len = (seconds * RATE as f32) as usize;
        turns[n % 2].push(samples.len()..samples.len() + len);
        samples.extend(voice[*from..*from + len].iter().map(|sample| sample * gain));
        *from += len;
        samples.extend(noise(0.001, SECOND * 3 / 10));
    }
    (samples, turns)
}

/// By how much the near talker is louder, in LU.
fn apart(samples: &[f32], turns: &[Vec<Range<usize>>; 2]) -> f64 {
    let of = |turns: &Vec<Range<usize>>| {
        let parts: Vec<f32> =
            turns.iter().flat_map(|turn| &samples[turn.clone()]).copied().collect();
        loudness(&parts)
    };
    of(&turns[0]) - of(&turns[1])
}

#[test]
fn quick_dialogue_is_levelled() {
    for (seconds, most) in [
        (vec![4.0, 2.0, 4.0, 2.0, 4.0, 2.0], 2.0),
        (vec![3.0, 2.0, 2.0, 4.0, 2.5, 3.5], 2.0),
        (vec![2.0; 10], 2.0),
        // Turns as short as these may be merged with the ones around them.
        (vec![1.0; 20], 4.0),
        (vec![1.0, 3.0, 2.0, 1.5, 4.0, 2.0, 1.0, 4.0], 4.0),
    ] {
        let (samples, turns) = dialogue(&seconds);
        let before = apart(&samples, &turns);
        let (result, _) = levelled(&vec![samples]);
        let after = apart(&result[0], &turns);
        assert!((10.5..13.5).contains(&before), "{seconds:?}: {before} LU before");
        assert!(after.abs() < most, "{seconds:?}: {before} LU became {after} LU");
    }
}
