//! Enhances a file.

use std::cell::Cell;
use std::rc::Rc;

use enhancer_core::{
    AudioEnhancer, AudioReader, CancelToken, Controls, Error, ErrorCode, ErrorKind, Job, Limits,
    OpenOptions, Priority, Progress, RawFormat, Session, SessionOptions, open,
};
use js_sys::{Function, Object, Reflect};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use crate::abort::AbortListener;
use crate::blob::{BlobSource, BytesSource, ReadSeek, Scratch, blobs_are_readable, to_blob};
use crate::error::{js_error, to_js};
use crate::listener::Listener;
use crate::options::EnhanceOptions;
use crate::pool::next_turn;
use crate::sink::Sink;

/// The maximum number of files that are processed at once. Each session has a prepared state of the
/// model. The benchmark `memory` shows how much memory this many take. Running out of it would end
/// all of them.
const MAX_UNDER_WAY: u32 = 16;

/// What the caller passes besides the options of a run.
pub(crate) struct Caller {
    /// A Blob, or bytes.
    pub(crate) source: JsValue,
    /// Unique among the runs of the same enhancer.
    pub(crate) number: u32,
    pub(crate) on_progress: Option<Function>,
    pub(crate) signal: Option<AbortSignal>,
}

/// Enhances a file and returns the result as a Blob, with its summary.
pub(crate) async fn enhance(
    enhancer: &AudioEnhancer,
    caller: Caller,
    options: EnhanceOptions,
) -> Result<JsValue, JsValue> {
    let Caller { source, number, on_progress, signal } = caller;
    let _under_way = UnderWay::begin().map_err(core)?;
    let cancel = CancelToken::new();
    let _abort = signal.map(|s| AbortListener::new(s, cancel.clone())).transpose()?;
    let listener = Rc::new(Listener::new(on_progress, cancel.clone()));
    let source = open_bytes(source)?;
    let mut sink = Sink::new(None).map_err(write_error)?;
    let id = options.session_id.clone().unwrap_or_else(|| format!("session {number}"));
    // The core reports on the thread that runs the job, which is this one.
    let follower = SendWrapper::new(listener.clone());
    let outcome = Job::new(enhancer.model(), source, &mut sink)
        .options(options.into())
        .session_id(id)
        .cancel(cancel)
        .temporary(|| Ok(Scratch::new()))
        .on_progress(move |progress| follower.report(progress, None))
        .run_async(enhancer.engine(), next_turn)
        .await;
    listener.check()?;
    let done = outcome.map_err(core)?;
    let summary = serde_wasm_bindgen::to_value(&done.summary)?;
    let blob = sink.finish(done.format.container.media_type()).map_err(write_error)?;
    object([("blob", blob.into()), ("summary", summary)])
}

/// How a session is opened.
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) priority: Priority,
    pub(crate) controls: Controls,
    pub(crate) with_input: bool,
    pub(crate) cancel: CancelToken,
}

impl Run {
    pub(crate) fn open(
        self,
        enhancer: &AudioEnhancer,
        reader: &dyn AudioReader,
        on_progress: impl Fn(Progress) + 'static,
    ) -> enhancer_core::Result<Session> {
        // The core calls it on the thread that pulls, which is this one.
        let on_progress = SendWrapper::new(on_progress);
        let report = move |progress| on_progress(progress);
        let format = reader.format();
        let mut options = SessionOptions::default()
            .with_priority(self.priority)
            .with_expected_len(reader.len())
            .with_controls(self.controls)
            .with_cancel(self.cancel)
            .with_on_progress(report);
        options.with_input = self.with_input;
        enhancer.open(&self.id, format.sample_rate, format.channels, options)
    }
}

/// How to read a file, as JavaScript requested it.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) raw: Option<RawFormat>,
    pub(crate) limits: Limits,
    pub(crate) strict: bool,
    pub(crate) track: Option<u32>,
}

/// Opens the file that JavaScript passed.
pub(crate) fn open_source(
    source: JsValue,
    reading: &Reading,
    cancel: &CancelToken,
) -> Result<Box<dyn AudioReader>, JsValue> {
    let &Reading { raw, limits, strict, track } = reading;
    let raw = raw.map(Into::into);
    let options = OpenOptions::default()
        .with_raw(raw)
        .with_limits(limits)
        .with_strict(strict)
        .with_track(track)
        .with_cancel(cancel.clone());
    open(open_bytes(source)?, &options).map_err(core)
}

/// Opens the bytes that JavaScript passed. If Blobs cannot be read synchronously, the bytes are in
/// memory.
pub(crate) fn open_bytes(source: JsValue) -> Result<Box<dyn ReadSeek>, JsValue> {
    if !blobs_are_readable() {
        let bytes = source.dyn_into().map_err(|_| {
            js_error(
                ErrorCode::InvalidValue,
                "the source is not a Uint8Array, which this host can read",
            )
        })?;
        return Ok(Box::new(BytesSource::new(bytes)));
    }
    let source = BlobSource::open(to_blob(source)?);
    Ok(Box::new(source.map_err(|source| core(ErrorKind::Read { source }.into()))?))
}

/// For `map_err` on the core.
pub(crate) fn core(error: Error) -> JsValue {
    to_js(&error)
}

/// For `map_err` on a sink.
pub(crate) fn write_error(source: std::io::Error) -> JsValue {
    core(ErrorKind::Write { source }.into())
}

/// An object with these properties.
pub(crate) fn object<const N: usize>(properties: [(&str, JsValue); N]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in properties {
        Reflect::set(&object, &name.into(), &value)?;
    }
    Ok(object.into())
}

/// Counts as one of the files being processed, for as long as this lives.
pub(crate) struct UnderWay;

impl UnderWay {
    pub(crate) fn begin() -> enhancer_core::Result<UnderWay> {
        let count = UNDER_WAY.get() + 1;
        if count > MAX_UNDER_WAY {
            let (allowed, actual) = (MAX_UNDER_WAY.into(), count.into());
            let limit = "the number of files in progress";
            return Err(ErrorKind::LimitExceeded { limit, allowed, actual }.into());
        }
        UNDER_WAY.set(count);
        Ok(UnderWay)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.set(UNDER_WAY.get() - 1);
    }
}

thread_local! {
    /// The count of the worker whose event loop runs the jobs.
    static UNDER_WAY: Cell<u32> = const { Cell::new(0) };
}
