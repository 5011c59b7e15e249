//! Videos among the seeds of the fuzzer keep all of their pictures, as another reader finds them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use enhancer_core::{Engine, EnhanceOptions, Job, Model, result_format};
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// What each track has that is not sound, packet by packet.
fn pictures(file: &[u8]) -> BTreeMap<u32, Vec<Vec<u8>>> {
    let source = MediaSourceStream::new(Box::new(Cursor::new(file.to_vec())), Default::default());
    let mut probe = symphonia::core::formats::probe::Probe::new();
    probe.register_format::<symphonia::default::formats::IsoMp4Reader<'_>>();
    probe.register_format::<symphonia::default::formats::MkvReader<'_>>();
    let mut demuxer: Box<dyn FormatReader> =
        probe.probe(&Default::default(), source, Default::default(), Default::default()).unwrap();
    let sound: Vec<_> = demuxer
        .tracks()
        .iter()
        .filter(|track| track.track_type() == Some(TrackType::Audio))
        .map(|track| track.id)
        .collect();
    let mut pictures: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
    while let Some(packet) = demuxer.next_packet().unwrap() {
        if !sound.contains(&packet.track_id) {
            pictures.entry(packet.track_id).or_default().push(packet.data.to_vec());
        }
    }
    pictures
}

#[test]
fn a_result_has_all_pictures_of_its_source() {
    let model = fs::read(folder("models/passthrough_model_lite.tflite")).unwrap();
    let (engine, model) = (Engine::inline(), Model::from_tflite(&model).unwrap());
    let mut videos = 0;
    for path in fs::read_dir(folder("fuzz/seeds/decode")).unwrap() {
        let path = path.unwrap().path();
        let source = fs::read(&path).unwrap();
        for keep_pcm in [false, true] {
            let mut options = EnhanceOptions::default();
            options.keep_pcm = keep_pcm;
            let format = result_format(Cursor::new(&source), &options);
            if !format.is_ok_and(|format| format.container.is_video()) {
                continue;
            }
            videos += 1;
            let mut sink = Cursor::new(Vec::new());
            Job::new(&model, Cursor::new(&source), &mut sink)
                .options(options)
                .run(&engine)
                .unwrap();
            let (ours, mut theirs) = (pictures(&sink.into_inner()), pictures(&source));
            // Sound whose codec the reader does not know is not a picture.
            assert!(theirs.len() <= ours.len() + 1, "{}", path.display());
            theirs.retain(|track, _| ours.contains_key(track));
            assert_eq!(ours, theirs, "{}", path.display());
            assert!(theirs.values().any(|track| !track.is_empty()), "{}", path.display());
        }
    }
    assert!(videos >= 8, "only {videos} videos");
}
