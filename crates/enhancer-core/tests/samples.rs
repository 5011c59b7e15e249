//! What is there without any feature: samples are enhanced, and WAV and raw samples are read and
//! written. `make lint-native` compiles this without features, `make test-features` runs it so, and
//! `make test-native` runs it with all of them.

use std::io::Cursor;

use enhancer_core::{
    Audio, AudioEnhancer, AudioFormat, Container, Engine, EnhanceOptions, Error, Job, Loudness,
    LoudnessMeter, Model, ModelDescription, RawFormat, SampleFormat, Tags, create,
};

const PASSTHROUGH: &[u8] = include_bytes!("../../../models/passthrough_model_lite.tflite");

/// A model of 16 kHz.
fn gtcrn() -> Model {
    let description = include_bytes!("../../../models/gtcrn/model.json");
    let file = include_bytes!("../../../models/gtcrn/gtcrn.tflite");
    Model::from_folder(ModelDescription::parse(description).unwrap(), &[file]).unwrap()
}

/// Checks that it worked if the feature was compiled, and is refused by name if not.
#[track_caller]
fn assert_needs(feature: &str, is_built: bool, outcome: Result<(), Error>) {
    match outcome {
        Ok(()) => assert!(is_built, "{feature} is not needed"),
        Err(error) => {
            assert!(!is_built, "{error}");
            let named = format!("without the feature `{feature}` of enhancer-core");
            assert!(error.to_string().contains(&named), "{error}");
        }
    }
}

fn ramp(len: usize) -> Vec<f32> {
    (0..len).map(|n| (n % 1000) as f32 / 1024.0 - 0.5).collect()
}

#[test]
fn samples_in_memory_are_enhanced() {
    let model = Model::from_tflite(PASSTHROUGH).unwrap();
    let enhancer = AudioEnhancer::new(model, None).unwrap();
    let noisy = Audio::new(48_000, vec![ramp(48_000)]).unwrap();
    assert_eq!(enhancer.process_audio("a", &noisy).unwrap(), noisy);
}

#[test]
fn raw_samples_become_wav_and_wav_is_read() {
    let (engine, model) = (Engine::new(None).unwrap(), Model::from_tflite(PASSTHROUGH).unwrap());
    let noisy = ramp(30_000);
    let bytes: Vec<u8> = noisy.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let sample_format = SampleFormat::F32le;
    let mut options = EnhanceOptions::default();
    options.raw = Some(RawFormat::new(sample_format, 48_000, 1));
    options.container = Some(Container::Wav);
    let mut wav = Cursor::new(Vec::new());
    Job::new(&model, Cursor::new(bytes.clone()), &mut wav).options(options).run(&engine).unwrap();

    let mut options = EnhanceOptions::default();
    options.container = Some(Container::Raw);
    let mut raw = Cursor::new(Vec::new());
    let wav = Cursor::new(wav.into_inner());
    Job::new(&model, wav, &mut raw).options(options).run(&engine).unwrap();
    assert!(raw.into_inner() == bytes);
}

#[test]
fn a_real_model_enhances_samples_of_its_rate_in_any_build_and_others_with_the_feature_resampling() {
    let enhancer = AudioEnhancer::new(gtcrn(), None).unwrap();
    let enhanced = |rate| {
        let noisy = Audio::new(rate, vec![ramp(8000)]).unwrap();
        let enhanced = enhancer.process_audio("a", &noisy)?;
        assert_eq!((enhanced.sample_rate(), enhanced.len()), (rate, noisy.len()));
        assert!(enhanced != noisy);
        Ok(())
    };
    enhanced(16_000).unwrap();
    assert_needs("resampling", cfg!(feature = "resampling"), enhanced(44_100));
}

#[test]
fn a_result_is_levelled_and_has_a_loudness_with_the_feature_loudness() {
    let (engine, model) = (Engine::new(None).unwrap(), Model::from_tflite(PASSTHROUGH).unwrap());
    let bytes: Vec<u8> = ramp(48_000).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    for (level, loudness) in [(true, None), (false, Some(Loudness::new(-16.0).unwrap()))] {
        let mut options = EnhanceOptions::default();
        options.raw = Some(RawFormat::new(SampleFormat::F32le, 16_000, 1));
        (options.level, options.loudness) = (level, loudness);
        let mut result = Cursor::new(Vec::new());
        let job = Job::new(&model, Cursor::new(bytes.clone()), &mut result).options(options);
        let outcome = job.run(&engine).map(drop);
        assert_needs("loudness", cfg!(feature = "loudness"), outcome);
        // What is refused is refused before anything is written.
        assert_eq!(result.into_inner().is_empty(), !cfg!(feature = "loudness"));
    }
    let meter = LoudnessMeter::new(&AudioFormat::raw(SampleFormat::F32le, 16_000, 1));
    assert_needs("loudness", cfg!(feature = "loudness"), meter.map(drop));
}

#[test]
fn a_format_is_written_with_its_feature_and_refused_by_name_without() {
    let features = [
        (Container::Flac, "flac", cfg!(feature = "flac")),
        (Container::M4a, "aac", cfg!(feature = "aac")),
        (Container::Mp3, "mp3", cfg!(feature = "mp3")),
        (Container::Opus, "opus", cfg!(feature = "opus")),
    ];
    for (container, feature, is_built) in features {
        let raw = AudioFormat::raw(SampleFormat::S16le, 48_000, 1);
        let format = raw.with_container(container);
        let created = create(Cursor::new(Vec::new()), &format, &Tags::default());
        match created {
            Ok(_) => assert!(is_built, "{container}"),
            Err(error) => {
                assert!(!is_built, "{container}: {error}");
                let named = format!("without the feature `{feature}`");
                assert!(error.to_string().contains(&named), "{error}");
            }
        }
        // The usual result of such a source can be written in any build.
        let lossy = format.with_lossy(true);
        let expected = if is_built { container } else { Container::Wav };
        assert_eq!(lossy.writable().container, expected);
    }
}

#[test]
fn other_formats_are_read_with_the_feature_media() {
    let flac = b"fLaC\0\0\0\x22".to_vec();
    let error = enhancer_core::open(Cursor::new(flac), &Default::default()).err().unwrap();
    let is_unknown = error.code() == "unsupported_audio";
    assert_eq!(is_unknown, !cfg!(feature = "media"), "{error}");
}
