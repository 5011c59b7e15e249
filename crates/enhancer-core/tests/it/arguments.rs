use std::io::Cursor;

use enhancer_core::*;

use super::support::{PASSTHROUGH, passthrough};

fn format(sample_rate: u32, channels: u16) -> AudioFormat {
    AudioFormat::raw(SampleFormat::F32le, sample_rate, channels)
}

/// A reader of others, which may be wrong.
struct Source {
    format: AudioFormat,
    /// How many samples each plane gets; planes that there are not are added, and others removed.
    gives: Vec<usize>,
    said: usize,
}

impl AudioReader for Source {
    fn format(&self) -> &AudioFormat {
        &self.format
    }

    fn len(&self) -> Option<u64> {
        None
    }

    fn read(&mut self, planes: &mut Planes, _max: usize) -> Result<usize> {
        planes.resize(self.gives.len(), Vec::new());
        for (plane, len) in planes.iter_mut().zip(&self.gives) {
            plane.resize(*len, 0.25);
        }
        Ok(self.said)
    }
}

/// A writer that takes what comes.
struct Sink;

impl AudioWriter for Sink {
    fn write(&mut self, _planes: &[Vec<f32>]) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

#[track_caller]
fn assert_invalid<T>(outcome: Result<T>, what: &str) {
    let error = outcome.err().unwrap_or_else(|| panic!("{what} is accepted"));
    assert_eq!(error.code(), ErrorCode::InvalidValue, "{what}: {error}");
}

fn enhanced(mut source: Source) -> Result<Summary> {
    let enhancer = passthrough(1);
    let mut session = enhancer.open("a", 48_000, 2, SessionOptions::default())?;
    enhance(&mut source, &mut session, &mut Sink)
}

#[test]
fn readers_that_contradict_themselves_are_refused() {
    let source = |sample_rate, channels, gives: &[usize], said| Source {
        format: format(sample_rate, channels),
        gives: gives.to_vec(),
        said,
    };
    assert_invalid(enhanced(source(48_000, 0, &[], 5)), "a reader without channels");
    assert_invalid(enhanced(source(0, 2, &[5, 5], 5)), "a reader without a rate");
    assert_invalid(enhanced(source(48_000, 1, &[5], 5)), "a reader of other channels");
    assert_invalid(enhanced(source(48_000, 2, &[], 5)), "a reader that removes the planes");
    assert_invalid(enhanced(source(48_000, 2, &[5], 5)), "a reader that removes a plane");
    assert_invalid(enhanced(source(48_000, 2, &[5, 4], 5)), "a reader of unequal planes");
    assert_invalid(enhanced(source(48_000, 2, &[0, 0], 5)), "a reader that gives less");
    assert_invalid(enhanced(source(48_000, 2, &[9, 9], 5)), "a reader that gives more");
}

#[test]
fn the_summary_of_audio_without_a_rate_has_a_duration() {
    let source = Source { format: format(0, 0), gives: vec![], said: 0 };
    assert_eq!(Summary::new(7, &source).duration_seconds, 7.0);
    let source = Source { format: format(1, 1), gives: vec![], said: 0 };
    assert!(Summary::new(u64::MAX, &source).duration_seconds > 1e19);
    let mut bare = format(0, 0);
    bare.container = Container::Mp3;
    assert_eq!(bare.frame_bytes(), 0);
    assert_eq!(bare.writable().container, Container::Wav);
}

const WRITTEN: [Container; 6] = [
    Container::Raw,
    Container::Wav,
    Container::Flac,
    Container::Opus,
    Container::Mp3,
    Container::M4a,
];

#[test]
fn writers_refuse_formats_and_planes_that_are_not_theirs() {
    for container in WRITTEN {
        for (sample_rate, channels) in [(0, 2), (48_000, 0)] {
            let format = format(sample_rate, channels).in_container(container);
            let created = create(Cursor::new(Vec::new()), &format, &Tags::default());
            assert_invalid(created.map(drop), &format!("{format:?}"));
        }
        let format = format(48_000, 2).in_container(container);
        for planes in [vec![], vec![vec![0.0; 3]], vec![vec![0.0; 3]; 3]] {
            let mut writer = create(Cursor::new(Vec::new()), &format, &Tags::default()).unwrap();
            assert_invalid(writer.write(&planes), &format!("{} planes", planes.len()));
        }
        let mut writer = create(Cursor::new(Vec::new()), &format, &Tags::default()).unwrap();
        assert_invalid(writer.write(&[vec![0.0; 3], vec![0.0; 4]]), "planes of two lengths");
        writer.write(&[vec![0.0; 3], vec![0.0; 3]]).unwrap();
        writer.finish().unwrap();
        // What comes after the end is an error or changes nothing.
        let _ = writer.write(&[vec![0.0; 3], vec![0.0; 3]]);
        let _ = writer.finish();
    }
}

#[test]
fn tags_of_any_size_and_content_are_written_or_left_out() {
    let long = "x".repeat(1 << 20);
    let texts =
        ["", "TITLE", "\0", "=", "É\n", &long].map(|text| (text.to_owned(), text.to_owned()));
    let picture = |bytes: usize| Picture::new("image/png\0", vec![7; bytes]).with_kind(255);
    let tags = Tags::default()
        .with_entries(texts.into())
        .with_pictures(vec![picture(0), picture(17 << 20)])
        .with_chapters(vec![
            Chapter::new(u64::MAX, Some(0), &long),
            Chapter::new(0, Some(u64::MAX), "\0"),
        ])
        .with_chunks(vec![Chunk::new(*b"bext", vec![]), Chunk::new([0, 255, 1, 2], vec![1; 3])]);
    for container in WRITTEN {
        let format = format(48_000, 1).in_container(container);
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = create(&mut bytes, &format, &tags).unwrap();
        writer.write(&[vec![0.25; 5000]]).unwrap();
        writer.finish().unwrap();
        drop(writer);
        if container == Container::Raw {
            continue;
        }
        let mut reader = open(Cursor::new(bytes.into_inner()), &OpenOptions::default()).unwrap();
        assert!(read_all(&mut *reader).unwrap().len() >= 5000, "{container}");
    }
}

#[test]
fn live_audio_streams_and_meters_refuse_what_does_not_fit() {
    let model = Model::from_tflite(PASSTHROUGH).unwrap();
    assert_invalid(model.stream(0), "a stream without lanes");
    assert_eq!(model.stream(usize::MAX).unwrap_err().code(), ErrorCode::LimitExceeded);
    let mut stream = model.stream(2).unwrap();
    assert_invalid(stream.step(&[0.0; 3], &mut [0.0; 2048]), "a short step");
    assert_invalid(stream.step(&[0.0; 2048], &mut []), "a short result");
    assert_invalid(stream.set_post_filter(true), "a post-filter that there is not");

    let controls = Controls::default();
    for (sample_rate, channels) in [(0, 1), (48_000, 0)] {
        assert_invalid(Live::new(&model, sample_rate, channels, &controls), "live audio");
        let format = format(sample_rate, channels);
        assert_invalid(LoudnessMeter::new(&format), "a meter");
        assert_invalid(take_format(&format), "a take");
        let enhancer = passthrough(1);
        let opened = enhancer.open("a", sample_rate, channels, SessionOptions::default());
        assert_invalid(opened, "a session");
        let options = OpenOptions::default().with_raw(Some(format));
        assert_invalid(open(Cursor::new([0; 8]), &options).map(drop), "raw samples");
    }
    assert_invalid(take_format(&format(48_000, u16::MAX)), "a take of too many channels");
    for mix in [f32::NAN, f32::INFINITY, -1.0, 2.0] {
        assert_invalid(Live::new(&model, 48_000, 1, &controls.with_mix(mix)), "a mix");
    }
    let mut live = Live::new(&model, 48_000, 2, &controls).unwrap();
    assert_invalid(live.push(&[[0.0; 3]]), "one plane of two");
    assert_invalid(live.push(&[&[0.0; 3][..], &[0.0; 4]]), "planes of two lengths");
    live.push(&[[0.0; 3]; 2]).unwrap();
    live.finish().unwrap();
    assert_eq!(live.push(&[[0.0; 3]; 2]).unwrap_err().code(), ErrorCode::SessionFinished);
    for workers in [0, usize::MAX] {
        assert_invalid(Engine::new(Some(workers)), "workers");
    }
}

#[test]
fn sessions_refuse_what_does_not_fit_and_stay_as_they_were() {
    let enhancer = passthrough(1);
    let mut session = enhancer.open("a", 48_000, 2, SessionOptions::default()).unwrap();
    assert_invalid(session.push(&[[0.0; 3]]), "one plane of two");
    assert_invalid(session.push(&[&[0.0; 3][..], &[0.0; 4]]), "planes of two lengths");
    assert_eq!(session.push(&[[0.5; 3]; 2]).unwrap(), 3);
    session.finish().unwrap();
    assert_eq!(session.push(&[[0.0; 3]; 2]).unwrap_err().code(), ErrorCode::SessionFinished);
    let mut planes = vec![vec![]; 2];
    while let Some(part) = session.pull().unwrap() {
        planes.iter_mut().zip(part).for_each(|(plane, part)| plane.extend(part));
    }
    assert_eq!(planes, vec![vec![0.5; 3]; 2]);
    assert!(session.pull().unwrap().is_none());
}

#[test]
fn names_of_any_form_are_split_and_joined() {
    for name in ["", ".", "..", "a.", ".a", "é.é", "a/b.c", "a.enhanced.wav", "\0"] {
        let (stem, extension) = split_extension(name);
        assert!(stem.len() + extension.map_or(0, |e| e.len() + 1) <= name.len() + 1);
        let enhanced = enhanced_name(name, Container::Wav);
        assert!(enhanced.ends_with(".wav"), "{enhanced}");
        // No file is called "".
        assert_eq!(is_enhanced_name(&enhanced), !name.is_empty(), "{enhanced}");
    }
}
