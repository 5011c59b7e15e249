//! One file on its way through an enhancer.

use std::cell::{Cell, OnceCell, RefCell};
use std::mem;
use std::rc::Rc;

use enhancer_core::{
    AudioEnhancer, AudioReader, Canceller, Error, ErrorKind, OpenOptions, Progress, Session,
    SessionOptions, create, enhance_async, open,
};
use js_sys::{Function, Object, Promise, Reflect};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, WorkerGlobalScope};

use crate::abort::AbortListener;
use crate::blob::{BlobSink, BlobSource, to_blob};
use crate::error::to_js;
use crate::options::EnhanceOptions;

/// The most files that are under way at once. Each session has a state of the model
/// prepared for it; the benchmark `memory` shows what so many take of the memory, and
/// to run out of that would end all of them.
const MAX_UNDER_WAY: u32 = 16;

pub(crate) struct Job {
    /// A Blob, or bytes.
    pub(crate) source: JsValue,
    pub(crate) options: EnhanceOptions,
    /// Tells it apart from the others of its enhancer.
    pub(crate) number: u32,
    pub(crate) on_progress: Option<Function>,
    pub(crate) signal: Option<AbortSignal>,
}

impl Job {
    /// Runs it and gives the result as a Blob, with its summary.
    pub(crate) async fn run(mut self, enhancer: &AudioEnhancer) -> Result<JsValue, JsValue> {
        let core = |error: Error| to_js(&error);
        let _under_way = UnderWay::begin().map_err(core)?;
        let blob = to_blob(mem::take(&mut self.source))?;
        let source =
            BlobSource::open(blob).map_err(|source| core(ErrorKind::Read { source }.into()))?;
        let raw = self.options.raw.take().map(Into::into);
        let limits = self.options.limits;
        let options = OpenOptions { raw, limits, strict: self.options.strict };
        let mut reader = open(source, &options).map_err(core)?;
        let format = self.options.destination.format(*reader.format());
        let listener = self.on_progress.take().map(|callback| Rc::new(Listener::new(callback)));
        let mut session = self.open(enhancer, &*reader, listener.clone()).map_err(core)?;
        if let Some(listener) = &listener {
            let _ = listener.canceller.set(session.canceller());
        }
        let signal = self.signal.take();
        let _abort = signal.map(|s| AbortListener::new(s, session.canceller())).transpose()?;

        let mut sink = BlobSink::new();
        let mut writer = create(&mut sink, &format, reader.tags()).map_err(core)?;
        let outcome = enhance_async(&mut *reader, &mut session, &mut *writer, next_turn).await;
        if let Some(thrown) = listener.and_then(|listener| listener.thrown.take()) {
            return Err(thrown);
        }
        let summary = outcome.map_err(core)?;
        drop(writer);
        let blob = sink.into_blob(format.container.media_type());
        let blob = blob.map_err(|source| core(ErrorKind::Write { source }.into()))?;
        let result = Object::new();
        for (name, value) in
            [("blob", blob.into()), ("summary", serde_wasm_bindgen::to_value(&summary)?)]
        {
            Reflect::set(&result, &name.into(), &value)?;
        }
        Ok(result.into())
    }

    fn open(
        &self,
        enhancer: &AudioEnhancer,
        reader: &dyn AudioReader,
        listener: Option<Rc<Listener>>,
    ) -> enhancer_core::Result<Session> {
        let made_up = || format!("session {}", self.number);
        let id = self.options.session_id.clone().unwrap_or_else(made_up);
        let format = reader.format();
        let options = SessionOptions {
            priority: self.options.priority,
            expected_len: reader.len(),
            controls: self.options.controls,
            on_progress: listener.map(Listener::into_callback),
        };
        enhancer.open(&id, format.sample_rate, format.channels.into(), options)
    }
}

/// One of the files under way, for as long as this lives.
struct UnderWay;

impl UnderWay {
    fn begin() -> enhancer_core::Result<UnderWay> {
        let count = UNDER_WAY.get() + 1;
        if count > MAX_UNDER_WAY {
            let (allowed, actual) = (MAX_UNDER_WAY.into(), count.into());
            let limit = "the number of files under way";
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
    /// Of the one worker whose event loop runs the jobs.
    static UNDER_WAY: Cell<u32> = const { Cell::new(0) };
}

/// Lets the worker's event loop turn: other sessions, messages, signals. A
/// promise that is resolved already would not do, for its turn comes first.
async fn next_turn() {
    let worker: WorkerGlobalScope = js_sys::global().unchecked_into();
    let mut set_timeout = |resolve: Function, reject: Function| {
        if let Err(error) = worker.set_timeout_with_callback(&resolve) {
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    };
    // Without timers there is no turn to wait for, and the work goes on.
    let _ = JsFuture::from(Promise::new(&mut set_timeout)).await;
}

/// The caller's progress callback. What it throws cancels the session.
struct Listener {
    callback: Function,
    canceller: OnceCell<Canceller>,
    thrown: RefCell<Option<JsValue>>,
}

impl Listener {
    fn new(callback: Function) -> Listener {
        Listener { callback, canceller: OnceCell::new(), thrown: RefCell::new(None) }
    }

    fn into_callback(self: Rc<Self>) -> Box<dyn FnMut(Progress) + Send> {
        // The core calls it on the thread that pulls, which is this one.
        let listener = SendWrapper::new(self);
        Box::new(move |progress| listener.tell(progress))
    }

    fn tell(&self, progress: Progress) {
        let progress = serde_wasm_bindgen::to_value(&progress).unwrap_or(JsValue::UNDEFINED);
        if let Err(thrown) = self.callback.call1(&JsValue::UNDEFINED, &progress) {
            self.thrown.replace(Some(thrown));
            if let Some(canceller) = self.canceller.get() {
                canceller.cancel();
            }
        }
    }
}
