//! What is rendered from a take is what a session gives.

use std::io::Cursor;

use super::*;
use crate::audio::{Audio, SampleFormat, append};
use crate::cancel::CancelToken;
use crate::engine::{AudioEnhancer, SessionOptions};
use crate::error::ErrorCode;
use crate::job::memory::{MemoryReader, MemoryWriter};
use crate::job::pipeline::{enhance, enhance_finished};
use crate::model::fake;
use crate::read::{OpenOptions, open, read_all};
use crate::signal::loudness::{Loudness, LoudnessMeter};
use crate::signal::{InputGain, Output};
use crate::tags::Tags;
use crate::write::create;

/// Noise in bursts, different in each channel.
fn noisy(channels: usize, len: usize, peak: f32) -> Audio {
    let plane = |channel: usize| {
        let mut state = channel as u32 + 1;
        let mut sample = |n: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
            noise * peak * (n as f32 * 0.0003).sin()
        };
        (0..len).map(&mut sample).collect()
    };
    Audio::new(48_000, (0..channels).map(plane).collect()).unwrap()
}

fn enhancer() -> AudioEnhancer {
    AudioEnhancer::new(fake::integrator(480, 960), Some(2)).unwrap()
}

fn format(audio: &Audio) -> AudioFormat {
    AudioFormat::raw(SampleFormat::F32le, audio.sample_rate(), audio.channels())
}

/// A take of audio, as bytes.
fn take(enhancer: &AudioEnhancer, audio: &Audio, controls: Controls) -> Cursor<Vec<u8>> {
    let options = SessionOptions { controls, with_input: true, ..SessionOptions::default() };
    let (rate, channels) = (audio.sample_rate(), audio.channels());
    let mut session = enhancer.open("take", rate, channels, options).unwrap();
    let mut bytes = Cursor::new(Vec::new());
    let both = take_format(&format(audio)).unwrap();
    let mut writer = create(&mut bytes, &both, &Tags::default()).unwrap();
    let summary = enhance(&mut MemoryReader::new(audio), &mut session, &mut *writer).unwrap();
    assert_eq!((summary.samples, summary.channels), (audio.len() as u64, channels));
    drop(writer);
    assert_eq!(bytes.get_ref().len(), audio.len() * usize::from(channels) * 8);
    bytes
}

/// What is rendered of a take, and the progress that was reported.
fn rendered(
    take: &mut Cursor<Vec<u8>>,
    format: &AudioFormat,
    controls: Controls,
    loudness: Option<f32>,
) -> (Planes, Vec<Progress>) {
    let mut writer = MemoryWriter(vec![Vec::new(); format.channels.into()]);
    let target = loudness.map(|lufs| Loudness::new(lufs).unwrap());
    let finishing = Finishing { loudness: target, ..Finishing::default() };
    let mut reported = Vec::new();
    let each_block = async |progress| {
        reported.push(progress);
        Ok(())
    };
    let work = render_async(take, format, &controls, finishing, &mut writer, each_block);
    let (samples, finished) = pollster::block_on(work).unwrap();
    assert_eq!(samples, writer.0[0].len() as u64);
    assert_eq!(finished.loudness.map(|reached| reached.target), target);
    (writer.0, reported)
}

#[test]
fn a_take_holds_the_input_and_the_result() {
    let (enhancer, audio) = (enhancer(), noisy(2, 70_001, 0.5));
    let both = take_format(&format(&audio)).unwrap();
    let options = OpenOptions { raw: Some(both), ..OpenOptions::default() };
    let bytes = take(&enhancer, &audio, Controls::default());
    let planes = read_all(&mut *open(bytes, &options).unwrap()).unwrap().into_planes();
    let enhanced = enhancer.process_audio("alone", &audio).unwrap();
    assert!(planes[..2] == *audio.planes(), "the input changed");
    assert!(planes[2..] == *enhanced.planes(), "the result changed");
}

#[test]
fn the_input_is_aligned_at_any_rate_and_as_the_model_heard_it() {
    let enhancer = AudioEnhancer::new(fake::identity(48_000, 480, 960), Some(2)).unwrap();
    let mut planes = noisy(1, 30_000, 0.5).into_planes();
    planes[0][100] = f32::NAN;
    let audio = Audio::new(16_000, planes).unwrap();
    let mut bytes = take(&enhancer, &audio, Controls::default());
    let dry = Controls { mix: 0.0, ..Controls::default() };
    let (dry, _) = rendered(&mut bytes, &format(&audio), dry, None);
    assert_eq!(dry[0][100], 0.0);
    assert!(dry[0][101..] == audio.planes()[0][101..], "the input moved");
}

#[test]
fn what_is_rendered_equals_what_a_session_gives() {
    let (enhancer, audio) = (enhancer(), noisy(2, 50_000, 0.5));
    let gain = InputGain::Decibels(6.0);
    let run = Controls { input_gain: Some(gain), ..Controls::default() };
    let mut bytes = take(&enhancer, &audio, run);
    for (limit, mix, output) in [
        (None, 1.0, Output::Enhanced),
        (None, 1.0, Output::Removed),
        (Some(12.0), 1.0, Output::Enhanced),
        (Some(12.0), 0.7, Output::Removed),
        (None, 0.0, Output::Enhanced),
        (Some(0.0), 1.0, Output::Removed),
    ] {
        let controls = Controls { attenuation_limit: limit, mix, output, ..run };
        let options = SessionOptions { controls, ..SessionOptions::default() };
        let session = enhancer.process_audio_with("session", &audio, options).unwrap();
        let asked = Controls { input_gain: None, ..controls };
        let (result, reported) = rendered(&mut bytes, &format(&audio), asked, None);
        assert!(result == session.planes(), "{controls:?}");
        let end = Progress { received: 50_000, enhanced: 50_000, expected: Some(50_000) };
        assert_eq!(reported.last(), Some(&end));
    }
}

fn to_loudness(lufs: f32) -> Finishing {
    Finishing { loudness: Some(Loudness::new(lufs).unwrap()), ..Finishing::default() }
}

/// The loudness of audio in LUFS.
fn loudness(planes: &Planes, format: &AudioFormat) -> Option<f64> {
    let mut meter = LoudnessMeter::new(format).unwrap();
    meter.push(planes).unwrap();
    meter.integrated()
}

#[test]
fn a_take_and_a_session_are_brought_to_the_same_loudness() {
    let (enhancer, audio) = (enhancer(), noisy(2, 200_000, 0.01));
    let format = format(&audio);
    let mut bytes = take(&enhancer, &audio, Controls::default());
    for output in [Output::Enhanced, Output::Removed] {
        let controls = Controls { mix: 0.9, output, ..Controls::default() };
        let (result, reported) = rendered(&mut bytes, &format, controls, Some(-20.0));
        let actual = loudness(&result, &format).unwrap();
        assert!((actual + 20.0).abs() < 0.1, "{actual} LUFS");
        let measured = Progress { received: 200_000, enhanced: 0, expected: Some(200_000) };
        assert!(reported.contains(&measured), "{reported:?}");
        assert_eq!(reported.last().map(|progress| progress.enhanced), Some(200_000));

        let options = SessionOptions { controls, ..SessionOptions::default() };
        let mut session = enhancer.open("levelled", 48_000, 2, options).unwrap();
        let mut writer = MemoryWriter(vec![Vec::new(); 2]);
        let target = to_loudness(-20.0);
        let temporary = || Ok(Cursor::new(Vec::new()));
        let reader = &mut MemoryReader::new(&audio);
        let summary =
            enhance_finished(reader, &mut session, &mut writer, target, temporary).unwrap();
        assert_eq!(summary.samples, 200_000);
        assert!(writer.0 == result, "a take and a session differ");
    }
}

#[test]
fn silence_is_left_as_it_is() {
    let enhancer = enhancer();
    for len in [0, 1, 10_000, 60_000] {
        let audio = Audio::new(48_000, vec![vec![0.0; len]]).unwrap();
        let mut bytes = take(&enhancer, &audio, Controls::default());
        let (result, _) = rendered(&mut bytes, &format(&audio), Controls::default(), Some(-16.0));
        assert!(result == audio.planes(), "{len} samples of silence changed");
    }
}

#[test]
fn a_session_that_is_cancelled_or_has_no_temporary_file_writes_nothing_levelled() {
    let (enhancer, audio) = (enhancer(), noisy(1, 100_000, 0.1));
    let target = to_loudness(-20.0);
    let open = || enhancer.open("session", 48_000, 1, SessionOptions::default()).unwrap();
    let mut writer = MemoryWriter(vec![Vec::new()]);

    let no_room = || Err::<Cursor<Vec<u8>>, _>(std::io::Error::other("no room"));
    let reader = &mut MemoryReader::new(&audio);
    let error = enhance_finished(reader, &mut open(), &mut writer, target, no_room).unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("no room")), (ErrorCode::Write, true));

    // Cancelled once all is enhanced, when the second pass begins.
    let cancel = CancelToken::new();
    let options = SessionOptions { cancel: cancel.clone(), ..SessionOptions::default() };
    let mut session = enhancer.open("session", 48_000, 1, options).unwrap();
    let mut pauses = 0;
    let reader = &mut MemoryReader::new(&audio);
    let first_pass = {
        let mut counting = MemoryWriter(vec![Vec::new()]);
        let mut session = enhancer.open("counted", 48_000, 1, SessionOptions::default()).unwrap();
        let mut pauses = 0;
        let reader = &mut MemoryReader::new(&audio);
        let work =
            crate::job::enhance_async(reader, &mut session, &mut counting, async || pauses += 1);
        pollster::block_on(work).unwrap();
        pauses
    };
    let pause = async || {
        pauses += 1;
        if pauses > first_pass {
            cancel.cancel();
        }
    };
    let temporary = || Ok(Cursor::new(Vec::new()));
    let work = crate::job::pipeline::enhance_finished_async(
        reader,
        &mut session,
        &mut writer,
        target,
        temporary,
        pause,
    );
    assert_eq!(pollster::block_on(work).unwrap_err().code(), "cancelled");
    assert!(writer.0[0].len() < audio.len(), "all was written");
}

#[test]
fn what_is_no_take_is_refused() {
    let one = AudioFormat::raw(SampleFormat::F32le, 48_000, 1);
    let render = |bytes: Vec<u8>, format: &AudioFormat, controls: Controls| {
        let mut writer = MemoryWriter(vec![Vec::new()]);
        let mut take = Cursor::new(bytes);
        let each_block = async |_| Ok(());
        let work = render_async(
            &mut take,
            format,
            &controls,
            Finishing::default(),
            &mut writer,
            each_block,
        );
        pollster::block_on(work).unwrap_err().code()
    };
    let usual = Controls::default();
    assert_eq!(render(vec![0; 12], &one, usual), "corrupt_audio");
    assert_eq!(render(vec![0; 16], &one, Controls { mix: 2.0, ..usual }), "invalid_value");
    let many = AudioFormat { channels: 40_000, ..one };
    assert_eq!(render(vec![0; 16], &many, usual), "invalid_value");

    // The caller that waits for a block can end it.
    let mut take = Cursor::new(vec![0; 16]);
    let mut writer = MemoryWriter(vec![Vec::new()]);
    let stop = async |_| Err(crate::ErrorKind::Cancelled { id: "render".into() }.into());
    let work = render_async(&mut take, &one, &usual, Finishing::default(), &mut writer, stop);
    assert_eq!(pollster::block_on(work).unwrap_err().code(), "cancelled");
}

#[test]
fn planes_of_a_take_come_in_any_portions() {
    let (enhancer, audio) = (enhancer(), noisy(1, 40_000, 0.5));
    let options = || SessionOptions { with_input: true, ..SessionOptions::default() };
    let mut session = enhancer.open("portions", 48_000, 1, options()).unwrap();
    let mut both = vec![Vec::new(); 2];
    let mut pushed = 0;
    while pushed < audio.len() {
        let to = audio.len().min(pushed + 777);
        match session.push(&[&audio.planes()[0][pushed..to]]).unwrap() {
            0 => append(&mut both, &session.pull().unwrap().unwrap()),
            taken => pushed += taken,
        }
    }
    session.finish().unwrap();
    while let Some(planes) = session.pull().unwrap() {
        append(&mut both, &planes);
    }
    assert!(both[0] == audio.planes()[0], "the input changed");
    assert_eq!(both[1].len(), audio.len());
}
