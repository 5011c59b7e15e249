//! One file on its way through an enhancer.

use std::cell::{Cell, OnceCell, RefCell};
use std::io::Cursor;
use std::rc::Rc;

use enhancer_core::{
    AudioEnhancer, AudioReader, Canceller, Error, OpenOptions, Progress, Session, SessionOptions,
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

/// The largest file that is taken, and all that are under way together: with
/// their results they must leave room, in a memory of 1 GiB, for models and
/// windows. To run out would end every session.
const MAX_SOURCE_BYTES: u32 = 128 << 20;
const MAX_BYTES_UNDER_WAY: u32 = 192 << 20;

/// What the header of a result may be longer than that of its source.
const HEADER_BYTES: usize = 128;

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
        let _held = Held::claim(self.source.length())?;
        let source = Cursor::new(self.source.to_vec());
        let raw = self.options.raw.take().map(Into::into);
        let mut reader =
            open(source, &OpenOptions { raw, ..OpenOptions::default() }).map_err(core)?;
        let listener = self.on_progress.take().map(|callback| Rc::new(Listener::new(callback)));
        let mut session = self.open(enhancer, &*reader, listener.clone()).map_err(core)?;
        if let Some(listener) = &listener {
            let _ = listener.canceller.set(session.canceller());
        }
        let signal = self.signal.take();
        let _abort = signal.map(|s| AbortListener::new(s, session.canceller())).transpose()?;

        // The result is as large as the input: no growing, which would take twice
        // the memory for a while.
        let len = self.source.length() as usize + HEADER_BYTES;
        let mut bytes = Cursor::new(Vec::with_capacity(len));
        let target = reader.format().writable();
        let mut writer = create(&mut bytes, &target, reader.tags()).map_err(core)?;
        let outcome = enhance_async(&mut *reader, &mut session, &mut *writer, next_turn).await;
        if let Some(thrown) = listener.and_then(|listener| listener.thrown.take()) {
            return Err(thrown);
        }
        outcome.map_err(core)?;
        drop(writer);
        Ok(Uint8Array::from(&bytes.into_inner()[..]).into())
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

/// A part of the memory that files may take, for as long as this lives.
struct Held(u32);

impl Held {
    /// Claims room for a file of that size and its result.
    fn claim(bytes: u32) -> Result<Held, JsValue> {
        let refuse = |what: &str, actual: u64, allowed: u32| {
            let message = format!("{what} is {actual}, the limit is {allowed}");
            Err(js_error("limit_exceeded", &message))
        };
        if bytes > MAX_SOURCE_BYTES {
            return refuse("the file's size in bytes", bytes.into(), MAX_SOURCE_BYTES);
        }
        let under_way = BYTES_UNDER_WAY.get() + bytes;
        if under_way > MAX_BYTES_UNDER_WAY {
            let what = "the size in bytes of all files under way";
            return refuse(what, under_way.into(), MAX_BYTES_UNDER_WAY);
        }
        BYTES_UNDER_WAY.set(under_way);
        Ok(Held(bytes))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        BYTES_UNDER_WAY.set(BYTES_UNDER_WAY.get() - self.0);
    }
}

thread_local! {
    /// Of the one worker whose event loop runs the jobs.
    static BYTES_UNDER_WAY: Cell<u32> = const { Cell::new(0) };
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
