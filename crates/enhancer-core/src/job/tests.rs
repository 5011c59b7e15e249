//! A job gives the same result as its parts, and its checks have a fixed order.

use std::io::{self, SeekFrom};
use std::sync::{Arc, Mutex};

use super::pipeline::enhance_finished;
use super::*;
use crate::audio::{Container, SampleFormat};
use crate::engine::{AudioEnhancer, Priority};
use crate::error::ErrorCode;
use crate::limits::Limits;
use crate::model::fake;
use crate::read::{OpenOptions, open};
use crate::signal::loudness::Loudness;
use crate::signal::{Controls, Finished, InputGain, Output};
use crate::tags::Tags;
use crate::write::{AudioWriter, create};

const RATE: u32 = 48_000;

fn noise(channels: usize, len: usize) -> Vec<Vec<f32>> {
    let sample = |n: usize| ((n as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / 4e7 - 0.2;
    (0..channels).map(|c| (0..len).map(|n| sample(n * (c + 3))).collect()).collect()
}

fn file(format: &AudioFormat, planes: &[Vec<f32>]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let tags = Tags { entries: vec![("TITLE".into(), "Talk".into())], ..Tags::default() };
    let mut writer = create(&mut bytes, format, &tags).unwrap();
    writer.write(planes).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes.into_inner()
}

fn wav(channels: u16, len: usize) -> Vec<u8> {
    let raw = AudioFormat::raw(SampleFormat::S16le, RATE, channels);
    let format = AudioFormat { container: Container::Wav, ..raw };
    file(&format, &noise(channels.into(), len))
}

fn options(change: impl FnOnce(&mut EnhanceOptions)) -> EnhanceOptions {
    let mut options = EnhanceOptions::default();
    change(&mut options);
    options
}

fn run(engine: &Engine, source: &[u8], options: EnhanceOptions) -> Result<(Vec<u8>, Enhanced)> {
    let model = fake::integrator(480, 960);
    let mut sink = Cursor::new(Vec::new());
    let done = Job::new(&model, Cursor::new(source), &mut sink).options(options).run(engine)?;
    Ok((sink.into_inner(), done))
}

#[test]
fn a_job_gives_what_its_parts_give_with_all_options() {
    let engine = Arc::new(Engine::inline());
    let source = wav(2, 70_000);
    let raw_source = &source[source.len() - 4 * 70_000..];
    let loudness = Some(Loudness::new(-20.0).unwrap());
    let raw = RawFormat { sample_format: SampleFormat::S16le, sample_rate: RATE, channels: 2 };
    for (source, options) in [
        (&source[..], options(|_| ())),
        (&source, options(|options| options.loudness = loudness)),
        (&source, options(|options| options.container = Some(Container::Flac))),
        (&source, options(|options| options.sample_format = Some(SampleFormat::F32le))),
        (&source, options(|options| (options.mix, options.output) = (0.5, Output::Removed))),
        (&source, options(|options| options.attenuation_limit = Some(6.0))),
        (&source, options(|options| options.input_gain = Some(InputGain::Decibels(6.0)))),
        (&source, options(|options| options.exact = true)),
        (raw_source, options(|options| options.raw = Some(raw))),
    ] {
        let open_options = OpenOptions { raw: options.raw.map(Into::into), ..Default::default() };
        let mut reader = open(Cursor::new(source), &open_options).unwrap();
        let format = options.destination().format(*reader.format());
        let session_options =
            SessionOptions { controls: options.controls(), ..SessionOptions::default() };
        let enhancer = AudioEnhancer::with_engine(engine.clone(), fake::integrator(480, 960));
        let mut session = enhancer.open("parts", RATE, 2, session_options).unwrap();
        let mut expected = Cursor::new(Vec::new());
        let mut writer = create(&mut expected, &format, reader.tags()).unwrap();
        let temporary = || Ok(Cursor::new(Vec::new()));
        let (reader, finishing) = (&mut *reader, options.finishing());
        let summary =
            enhance_finished(reader, &mut session, &mut *writer, finishing, temporary).unwrap();
        drop(writer);

        let (bytes, done) = run(&engine, source, options.clone()).unwrap();
        assert!(bytes == expected.into_inner(), "{options:?}");
        assert_eq!((done.summary, done.format), (summary, format));
    }
}

#[test]
fn tags_are_carried_over() {
    let (bytes, _) = run(&Engine::inline(), &wav(1, 1000), EnhanceOptions::default()).unwrap();
    let reader = open(Cursor::new(bytes), &OpenOptions::default()).unwrap();
    assert_eq!(reader.tags().get("TITLE"), Some("Talk"));
}

/// A source or sink that notes whether it was used.
#[derive(Clone, Default)]
struct Untouched(Arc<Mutex<bool>>);

impl Untouched {
    fn touch(&self) -> io::Error {
        *self.0.lock().unwrap() = true;
        io::Error::other("it was touched")
    }
}

impl Read for Untouched {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.touch())
    }
}

impl Write for Untouched {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.touch())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.touch())
    }
}

impl Seek for Untouched {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(self.touch())
    }
}

#[test]
fn options_that_cannot_be_met_are_refused_before_the_source_is_read() {
    let model = fake::integrator(480, 960);
    let raw = RawFormat { sample_format: SampleFormat::S16le, sample_rate: RATE, channels: 1 };
    for (code, wrong) in [
        ("invalid_value", options(|options| options.mix = 2.0)),
        ("invalid_value", options(|options| options.attenuation_limit = Some(-1.0))),
        ("invalid_value", options(|options| options.input_gain = Some(InputGain::Decibels(99.0)))),
        ("invalid_value", options(|options| options.post_filter = true)),
        ("invalid_value", options(|options| options.raw = Some(RawFormat { channels: 0, ..raw }))),
        (
            "limit_exceeded",
            options(|options| options.raw = Some(RawFormat { channels: 65, ..raw })),
        ),
        ("unwritable_audio", options(|options| options.container = Some(Container::Aiff))),
        (
            "unwritable_audio",
            options(|options| {
                options.container = Some(Container::Flac);
                options.sample_format = Some(SampleFormat::F32le);
            }),
        ),
    ] {
        let (source, sink) = (Untouched::default(), Untouched::default());
        let job = Job::new(&model, source.clone(), sink.clone()).options(wrong.clone());
        assert_eq!(job.run(&Engine::inline()).unwrap_err().code(), code, "{wrong:?}");
        assert!(!*source.0.lock().unwrap() && !*sink.0.lock().unwrap(), "{wrong:?}");
    }
}

#[test]
fn nothing_is_written_for_a_source_that_cannot_be_enhanced() {
    let (model, engine) = (fake::integrator(480, 960), Engine::inline());
    let flac = options(|options| options.container = Some(Container::Flac));
    for (code, source, options) in [
        ("unsupported_audio", b"no audio at all".to_vec(), EnhanceOptions::default()),
        // More channels than a FLAC file can hold.
        ("unwritable_audio", wav(9, 100), flac),
    ] {
        let sink = Untouched::default();
        let job = Job::new(&model, Cursor::new(source), sink.clone()).options(options);
        assert_eq!(job.run(&engine).unwrap_err().code(), code);
        assert!(!*sink.0.lock().unwrap(), "{code}");
    }
    let job = Job::new(&model, Untouched::default(), Cursor::new(Vec::new()));
    assert_eq!(job.run(&engine).unwrap_err().code(), "read");
    let job = Job::new(&model, Cursor::new(wav(1, 100)), Untouched::default());
    assert_eq!(job.run(&engine).unwrap_err().code(), "write");
}

#[test]
fn a_job_is_cancelled_by_its_token() {
    let (model, engine) = (fake::integrator(480, 960), Engine::inline());
    let source = wav(1, 400_000);
    let cancel = CancelToken::new();
    let own = cancel.clone();
    let job = Job::new(&model, Cursor::new(&source), Cursor::new(Vec::new()))
        .cancel(cancel)
        .on_progress(move |_| own.cancel());
    assert_eq!(job.run(&engine).unwrap_err().code(), "cancelled");

    let cancel = CancelToken::new();
    cancel.cancel();
    let sink = Untouched::default();
    let job = Job::new(&model, Cursor::new(&source), sink.clone()).cancel(cancel);
    assert_eq!(job.run(&engine).unwrap_err().code(), "cancelled");
    assert!(!*sink.0.lock().unwrap());
}

#[test]
fn a_job_without_room_for_its_temporary_file_fails() {
    let model = fake::integrator(480, 960);
    let loud = options(|options| options.loudness = Some(Loudness::new(-20.0).unwrap()));
    let job = Job::new(&model, Cursor::new(wav(1, 100)), Cursor::new(Vec::new()))
        .options(loud)
        .temporary(|| Err::<Cursor<Vec<u8>>, _>(io::Error::other("no room")));
    let error = job.run(&Engine::inline()).unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("no room")), (ErrorCode::Write, true));
}

#[test]
fn work_and_results_are_limited() {
    let engine = Engine::inline();
    let limited = |change: fn(&mut Limits), container, loudness| {
        options(|options| {
            change(&mut options.limits);
            options.container = Some(container);
            options.loudness = loudness;
        })
    };
    let source = wav(2, 3 * 48_000);
    let loud = Some(Loudness::new(-20.0).unwrap());
    let few: fn(&mut Limits) = |limits| limits.channel_seconds = Some(5);
    let small: fn(&mut Limits) = |limits| limits.result_bytes = Some(100_000);
    let temporary: fn(&mut Limits) = |limits| limits.result_bytes = Some(700_000);
    for (limit, container, loudness, reason) in [
        (few, Container::Wav, None, "times the number of channels is 6, the limit is 5"),
        (small, Container::Raw, None, "bytes is 576000, the limit is 100000"),
        // Known only while the file is written.
        (small, Container::Flac, None, "the limit is 100000"),
        (
            temporary,
            Container::Wav,
            loud,
            "temporary file that levelling and a loudness need is 1152000",
        ),
    ] {
        let error = run(&engine, &source, limited(limit, container, loudness)).unwrap_err();
        assert_eq!(error.code(), "limit_exceeded", "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let enough: fn(&mut Limits) = |limits| {
        (limits.channel_seconds, limits.result_bytes) = (Some(6), Some(1_200_000));
    };
    run(&engine, &source, limited(enough, Container::Wav, loud)).unwrap();
}

#[test]
fn jobs_need_no_names_and_names_are_taken_once() {
    let (model, engine) = (fake::integrator(480, 960), Engine::inline());
    let source = wav(1, 1000);
    let job = || Job::new(&model, Cursor::new(&source), Cursor::new(Vec::new()));
    let open = |id: &str| engine.open(&model, id, RATE, 1, SessionOptions::default());
    // The ids of the two jobs do not clash with each other or with any of these.
    let _taken: Vec<_> = (0..9).map(|n| open(&format!("session {n}")).unwrap()).collect();
    job().run(&engine).unwrap();
    assert_eq!(job().session_id("session 3").run(&engine).unwrap_err().code(), "session_exists");
    job().session_id("mine").run(&engine).unwrap();
    job().session_id("mine").run(&engine).unwrap();
}

#[test]
fn options_are_flat_json_and_unknown_ones_are_refused() {
    let text = r#"{"raw":{"sampleFormat":"s16le","sampleRate":8000,"channels":2},"strict":true,"track":null,"limits":{"channels":2,"sampleRate":768000,"durationSeconds":86400,"decoderMemory":67108864},"inputGain":"auto","postFilter":true,"exact":true,"attenuationLimit":12.0,"mix":0.5,"output":"removed","loudness":-16.0,"container":"flac","sampleFormat":"s24le","priority":"low"}"#;
    let read: EnhanceOptions = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert_eq!(read.priority, Priority::Low);
    let controls = Controls {
        attenuation_limit: Some(12.0),
        mix: 0.5,
        input_gain: Some(InputGain::Auto),
        output: Output::Removed,
        post_filter: true,
        exact: true,
    };
    assert_eq!(read.controls(), controls);
    let level: EnhanceOptions = serde_json::from_str(r#"{"level":true}"#).unwrap();
    assert!(level.finishing().level);
    assert!(serde_json::to_string(&level).unwrap().contains(r#""level":true"#));
    let opus: EnhanceOptions =
        serde_json::from_str(r#"{"container":"opus","bitrate":64}"#).unwrap();
    assert_eq!(opus.destination().bitrate, Some(64));
    assert!(serde_json::to_string(&opus).unwrap().contains(r#""bitrate":64"#));
    let none: EnhanceOptions = serde_json::from_str("{}").unwrap();
    assert_eq!(none, EnhanceOptions::default());
    assert_eq!(none.controls(), Controls::default());
    for wrong in [r#"{"mixx":1}"#, r#"{"controls":{}}"#, r#"{"raw":{"channels":1}}"#] {
        assert!(serde_json::from_str::<EnhanceOptions>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn samples_from_elsewhere_give_the_file_of_a_job() {
    let seed = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/decode");
        std::fs::read(format!("{folder}/{name}")).unwrap()
    };
    // The samples of the result are those of the source, whatever the model returns.
    let original = options(|options| options.mix = 0.0);
    let sound = EnhanceOptions { audio_only: true, ..original.clone() };
    for (source, options, expected) in [
        (wav(2, 5000), &original, Container::Wav),
        (seed("video.mp4"), &original, Container::Mp4),
        (seed("video.mkv"), &original, Container::Mkv),
        (seed("video.mp4"), &sound, Container::M4a),
    ] {
        let (bytes, done) = run(&Engine::inline(), &source, options.clone()).unwrap();
        let mut sink = Cursor::new(Vec::new());
        let (source, cancel) = (Cursor::new(source), CancelToken::new());
        let (mut reader, take) = Take::open(source.clone(), options, &cancel).unwrap();
        let is_video = take.video() == Some(expected);
        assert_eq!(is_video, expected.is_video());
        let untouched = Untouched::default();
        let source: Box<dyn ReadWriteSeek> =
            if is_video { Box::new(source) } else { Box::new(untouched.clone()) };
        let mut file = take.create_result(source, &mut sink, options, &cancel).unwrap();
        let mut planes = vec![Vec::new(); reader.format().channels.into()];
        while reader.read(&mut planes, 4096).unwrap() > 0 {}
        file.write(&planes).unwrap();
        file.finish().unwrap();
        let summary = take.summary(planes[0].len() as u64, &Finished::default(), &file);
        assert_eq!((summary, *file.format()), (done.summary, done.format));
        assert!(!*untouched.0.lock().unwrap(), "{expected}");
        assert_eq!(file.format().container, expected);
        drop(file);
        assert!(sink.into_inner() == bytes, "{expected}");
    }

    let cancel = CancelToken::new();
    let (_, take) = Take::open(Cursor::new(seed("video.mp4")), &original, &cancel).unwrap();
    let wrong = EnhanceOptions { container: Some(Container::Mp4), ..sound };
    let refused = take.create_result(Untouched::default(), Untouched::default(), &wrong, &cancel);
    assert_eq!(refused.map(drop).unwrap_err().code(), "invalid_value");
    let (other, sink) = (Cursor::new(wav(3, 100)), Cursor::new(Vec::new()));
    let refused = take.create_result(other, sink, &original, &cancel).map(drop).unwrap_err();
    assert!(refused.to_string().contains("the source is 3 channels at "), "{refused}");
}
