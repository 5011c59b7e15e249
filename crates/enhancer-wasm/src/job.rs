//! One file on its way through an enhancer.

use std::cell::{OnceCell, RefCell};
use std::io::Cursor;
use std::rc::Rc;

use enhancer_core::{
    AudioEnhancer, AudioReader, Canceller, Error, Limits, Progress, Session, SessionOptions,
    create, enhance_async, open,
};
use js_sys::{Function, Promise, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, WorkerGlobalScope};

use crate::abort::AbortListener;
use crate::error::{js_error, to_js};
use crate::options::EnhanceOptions;

/// The largest file that is taken: with its result it must leave room, in a
/// memory of 1 GiB, for models and other sessions. To run out would end them all.
const MAX_SOURCE_BYTES: u64 = 128 << 20;

pub(crate) struct Job {
    pub(crate) source: Uint8Array,
    pub(crate) options: EnhanceOptions,
    /// Tells it apart from the others of its enhancer.
    pub(crate) number: u32,
    pub(crate) on_progress: Option<Function>,
    pub(crate) signal: Option<AbortSignal>,
}

impl Job {
    /// Runs it and gives the bytes of the result.
    pub(crate) async fn run(mut self, enhancer: &AudioEnhancer) -> Result<JsValue, JsValue> {
        let core = |error: Error| to_js(&error);
        let source = Cursor::new(self.read_source()?);
        let raw = self.options.raw.take().map(Into::into);
        let mut reader = open(source, raw, &Limits::default()).map_err(core)?;
        let listener = self.on_progress.take().map(|callback| Rc::new(Listener::new(callback)));
        let mut session = self.open(enhancer, &*reader, listener.clone()).map_err(core)?;
        if let Some(listener) = &listener {
            let _ = listener.canceller.set(session.canceller());
        }
        let signal = self.signal.take();
        let _abort = signal.map(|s| AbortListener::new(s, session.canceller())).transpose()?;

        // The result is as large as the input: no growing, which would take twice
        // the memory for a while.
        let mut bytes = Cursor::new(Vec::with_capacity(self.source.length() as usize));
        let mut writer = create(&mut bytes, reader.format()).map_err(core)?;
        let outcome = enhance_async(&mut *reader, &mut session, &mut *writer, next_turn).await;
        if let Some(thrown) = listener.and_then(|listener| listener.thrown.take()) {
            return Err(thrown);
        }
        outcome.map_err(core)?;
        drop(writer);
        Ok(Uint8Array::from(&bytes.into_inner()[..]).into())
    }

    /// The bytes of the file, copied into this memory if they may come.
    fn read_source(&self) -> Result<Vec<u8>, JsValue> {
        let (actual, allowed) = (u64::from(self.source.length()), MAX_SOURCE_BYTES);
        if actual > allowed {
            let message = format!("the file's size in bytes is {actual}, the limit is {allowed}");
            return Err(js_error("limit_exceeded", &message));
        }
        Ok(self.source.to_vec())
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
            on_progress: listener.map(Listener::into_callback),
        };
        enhancer.open(&id, format.sample_rate, format.channels.into(), options)
    }
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
