//! Results from takes.

use enhancer_core::{
    AudioReader, AudioWriter, CancelToken, Controls, Destination, EnhanceOptions, ErrorCode,
    ErrorKind, Limits, Loudness, Output, RawFormat, Summary, create_result, render_async,
};
use js_sys::{Function, Promise};
use serde::Deserialize;
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, FileSystemSyncAccessHandle};

use crate::abort::AbortListener;
use crate::error::js_error;
use crate::job::{core, object, open_bytes, write_error};
use crate::listener::Listener;
use crate::options::read_options;
use crate::pool::{self, next_turn};
use crate::sink::Sink;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RenderOptions {
    sample_rate: u32,
    channels: u16,
    raw: Option<RawFormat>,
    track: Option<u32>,
    #[serde(default)]
    limits: Limits,
    attenuation_limit: Option<f32>,
    mix: Option<f32>,
    #[serde(default)]
    output: Output,
    #[serde(default)]
    level: bool,
    loudness: Option<Loudness>,
    #[serde(default)]
    destination: Destination,
    audio_only: Option<bool>,
    #[serde(default)]
    keep_pcm: bool,
}

impl RenderOptions {
    fn controls(&self) -> Controls {
        let usual = Controls::default();
        let mix = self.mix.unwrap_or(usual.mix);
        usual.with_attenuation_limit(self.attenuation_limit).with_mix(mix).with_output(self.output)
    }

    /// How the source is read, and the result stored.
    fn file(&self) -> EnhanceOptions {
        let mut options = EnhanceOptions::default();
        options.raw = self.raw;
        options.level = self.level;
        options.loudness = self.loudness;
        options.limits = self.limits;
        options.track = self.track;
        options.container = self.destination.container;
        options.sample_format = self.destination.sample_format;
        options.bitrate = self.destination.bitrate;
        options.audio_only = self.audio_only.unwrap_or(true);
        options.keep_pcm = self.keep_pcm;
        options
    }

    /// Checks that the source is the one that the take is of.
    fn check(&self, reader: &dyn AudioReader) -> Result<(), JsValue> {
        let format = reader.format();
        if (format.sample_rate, format.channels) == (self.sample_rate, self.channels) {
            return Ok(());
        }
        let message = format!(
            "the take is of {} channels at {} Hz, its source has {} channels at {} Hz: give the \
             file that the take was made of",
            self.channels, self.sample_rate, format.channels, format.sample_rate
        );
        Err(js_error(ErrorCode::InvalidValue, &message))
    }
}

/// Makes a result of a take, a Blob or the bytes of what `Enhancer.take` wrote, and resolves to
/// it; no model runs. `source`, the file that the take was made of, is opened for its tags and its
/// format, and of a video that is to stay one, all but the sound is copied from it. The result
/// goes to `sink`, if one is given: a file of the browser's private file system, opened by the
/// caller, who closes it; after a failure it is empty. `on_progress` is called with how far it
/// is: `received` counts the samples that were measured, to level them or for a loudness, and else
/// those that were read, `enhanced` those that were written.
///
/// # Errors
/// Rejects with what `on_progress` threw, or with an `Error` that has a `code`:
/// `cancelled`, `invalid_value`, `corrupt_audio` if the take is cut off,
/// `unwritable_audio`, `read`, `write`, or what opening the source gives.
#[wasm_bindgen(unchecked_return_type = "Promise<Rendered>")]
pub fn render(
    #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] source: JsValue,
    #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] take: JsValue,
    #[wasm_bindgen(unchecked_param_type = "RenderOptions")] options: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "FileSystemSyncAccessHandle")] sink: Option<
        FileSystemSyncAccessHandle,
    >,
    #[wasm_bindgen(unchecked_optional_param_type = "(progress: Progress) => void")]
    on_progress: Option<Function>,
    #[wasm_bindgen(unchecked_optional_param_type = "AbortSignal")] signal: Option<AbortSignal>,
) -> Promise {
    let job = async move {
        // First of all: whatever fails, the file holds nothing of what was there.
        let sink = Sink::new(sink).map_err(write_error)?;
        let options = read_options(options)?;
        let cancel = CancelToken::new();
        let _abort = signal.map(|s| AbortListener::new(s, cancel.clone())).transpose()?;
        let listener = Listener::new(on_progress, cancel.clone());
        run(source, take, options, sink, &listener, &cancel).await
    };
    pool::promise(job)
}

async fn run(
    source: JsValue,
    take: JsValue,
    options: RenderOptions,
    mut sink: Sink,
    listener: &Listener,
    cancel: &CancelToken,
) -> Result<JsValue, JsValue> {
    let controls = options.controls();
    controls.check().map_err(core)?;
    let source = open_bytes(source)?;
    let (reader, mut file) =
        create_result(source, &mut sink, &options.file(), cancel).map_err(core)?;
    options.check(&*reader)?;
    let mut take = open_bytes(take)?;

    let each_block = async |progress| {
        listener.report(progress, None);
        next_turn().await;
        if cancel.is_cancelled() {
            return Err(ErrorKind::Cancelled { id: "render".into() }.into());
        }
        Ok(())
    };
    let (source, finishing) = (reader.format(), options.file().finishing());
    let outcome =
        render_async(&mut take, source, &controls, finishing, &mut file, each_block).await;
    listener.check()?;
    let (samples, finished) = outcome.map_err(core)?;
    let mut summary = Summary::new(samples, &*reader);
    summary.note_finished(&finished);
    summary.note_clipping(file.clipping());
    file.report(&mut summary, reader.tags());
    let media_type = file.format().container.media_type();
    drop(file);
    let blob = sink.finish(media_type).map_err(write_error)?;
    let summary = serde_wasm_bindgen::to_value(&summary)?;
    object([("summary", summary), ("mediaType", media_type.into()), ("blob", blob.into())])
}
