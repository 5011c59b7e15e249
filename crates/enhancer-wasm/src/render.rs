//! Renders results from takes.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use enhancer_core::{
    CancelToken, Controls, Destination, EnhanceOptions, ErrorKind, Loudness, Output, render_async,
};
use js_sys::{Function, Promise};
use serde::Deserialize;
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, FileSystemSyncAccessHandle};

use crate::abort::AbortListener;
use crate::job::{core, object, open_bytes, write_error};
use crate::listener::Listener;
use crate::options::read_options;
use crate::pool::{self, next_turn};
use crate::sink::Sink;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct RenderOptions {
    attenuation_limit: Option<f32>,
    mix: Option<f32>,
    output: Output,
    level: bool,
    loudness: Option<Loudness>,
    destination: Destination,
    audio_only: Option<bool>,
    keep_pcm: bool,
}

impl RenderOptions {
    fn controls(&self) -> Controls {
        let usual = Controls::default();
        let mix = self.mix.unwrap_or(usual.mix);
        usual.with_attenuation_limit(self.attenuation_limit).with_mix(mix).with_output(self.output)
    }

    /// The options for the file of the result.
    fn file(&self) -> EnhanceOptions {
        let mut options = EnhanceOptions::default();
        options.level = self.level;
        options.loudness = self.loudness;
        options.container = self.destination.container;
        options.sample_format = self.destination.sample_format;
        options.bitrate = self.destination.bitrate;
        options.audio_only = self.audio_only.unwrap_or(true);
        options.keep_pcm = self.keep_pcm;
        options
    }
}

/// What is needed about the source of a take to render results. `Enhancer.take` returns it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Take(AssertUnwindSafe<Rc<enhancer_core::Take>>);

#[wasm_bindgen]
impl Take {
    /// Renders a result of the take and resolves to it. No model runs. The samples are in `audio`,
    /// a Blob or the bytes that `Enhancer.take` wrote. `source` is the file of the take. It is
    /// opened only if it is a video and the result is one, too: everything except the sound is
    /// copied from it. The result goes to `sink`, if one is passed: a file of the browser's private
    /// file system, which the caller opens and closes. After a failure it is empty. `on_progress`
    /// is called with the progress. `received` counts the samples that were measured for levelling
    /// or for a loudness, or else those that were read. `enhanced` counts those that were written.
    ///
    /// # Errors
    /// Rejects with what `on_progress` threw, or with an `Error` that has a `code`:
    /// `cancelled`, `invalid_value`, `corrupt_audio` if the take is cut off,
    /// `unwritable_audio`, `read`, `write`, or what opening the source gives.
    #[wasm_bindgen(unchecked_return_type = "Promise<Rendered>")]
    pub fn render(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] source: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] audio: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "RenderOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "FileSystemSyncAccessHandle")] sink: Option<
            FileSystemSyncAccessHandle,
        >,
        #[wasm_bindgen(unchecked_optional_param_type = "(progress: Progress) => void")]
        on_progress: Option<Function>,
        #[wasm_bindgen(unchecked_optional_param_type = "AbortSignal")] signal: Option<AbortSignal>,
    ) -> Promise {
        let take = self.0.clone();
        let job = async move {
            // This comes first, so that after any failure the file contains nothing of its old
            // content.
            let sink = Sink::new(sink).map_err(write_error)?;
            let options = read_options(options)?;
            let cancel = CancelToken::new();
            let _abort = signal.map(|s| AbortListener::new(s, cancel.clone())).transpose()?;
            let listener = Listener::new(on_progress, cancel.clone());
            run(&take, source, audio, options, sink, &listener, &cancel).await
        };
        pool::promise(job)
    }
}

impl Take {
    pub(crate) fn of(take: enhancer_core::Take) -> Take {
        Take(AssertUnwindSafe(Rc::new(take)))
    }
}

async fn run(
    take: &enhancer_core::Take,
    source: JsValue,
    audio: JsValue,
    options: RenderOptions,
    mut sink: Sink,
    listener: &Listener,
    cancel: &CancelToken,
) -> Result<JsValue, JsValue> {
    let controls = options.controls();
    controls.check().map_err(core)?;
    let (source, file_options) = (open_bytes(source)?, options.file());
    let mut file = take.create_result(source, &mut sink, &file_options, cancel).map_err(core)?;
    let mut audio = open_bytes(audio)?;

    let each_block = async |progress| {
        listener.report(progress, None);
        next_turn().await;
        if cancel.is_cancelled() {
            return Err(ErrorKind::Cancelled { id: "render".into() }.into());
        }
        Ok(())
    };
    let (format, finishing) = (take.source_format(), file_options.finishing());
    let outcome =
        render_async(&mut audio, format, &controls, finishing, &mut file, each_block).await;
    listener.check()?;
    let (samples, finished) = outcome.map_err(core)?;
    let summary = take.summary(samples, &finished, &file);
    let media_type = file.format().container.media_type();
    drop(file);
    let blob = sink.finish(media_type).map_err(write_error)?;
    let summary = serde_wasm_bindgen::to_value(&summary)?;
    object([("summary", summary), ("mediaType", media_type.into()), ("blob", blob.into())])
}
