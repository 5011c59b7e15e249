//! Treats bytes as a video: copies it with its enhanced sound.

use std::io::Cursor;
use std::sync::LazyLock;

use enhancer_core::{Engine, EnhanceOptions, Job, Limits, Model, result_format};

/// The most seconds of sound: the code is the same for each second.
const SECONDS: u64 = 2;

/// The most bytes of that sound, its index, and the space reserved for the index.
const MOST_OF_SOUND: usize = 8 << 20;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::inline);

/// This model returns its input.
static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let bytes = include_bytes!("../../models/passthrough_model_lite.tflite");
    Model::from_tflite(bytes).expect("the model is sound")
});

/// Copies the bytes if they are a video that can be copied.
///
/// # Panics
/// If the core breaks a promise.
pub(crate) fn run(bytes: &[u8], limits: Limits, strict: bool, keep_pcm: bool) {
    let mut options = EnhanceOptions::default();
    options.limits = limits.with_duration_seconds(SECONDS);
    options.strict = strict;
    options.keep_pcm = keep_pcm;
    let Ok(format) = result_format(Cursor::new(bytes), &options) else { return };
    if !format.container.is_video() {
        return;
    }
    let mut sink = Cursor::new(Vec::new());
    let job = Job::new(&MODEL, Cursor::new(bytes), &mut sink).options(options);
    let Ok(done) = job.run(&ENGINE) else { return };
    assert_eq!(done.format, format, "another format than was said before");
    let result = sink.into_inner();
    assert!(result.len() <= 2 * bytes.len() + MOST_OF_SOUND, "{} bytes", result.len());
    if done.summary.samples == 0 {
        // A file without sound cannot be opened.
        return;
    }
    // A result that can be played can be copied again.
    let mut options = EnhanceOptions::default();
    options.limits = limits;
    options.strict = true;
    let again = result_format(Cursor::new(&result), &options).map(|format| format.container);
    assert_eq!(again.ok(), Some(format.container), "the result is not such a video");
}
