//! Takes: the input and the enhanced audio side by side.

use std::cell::RefCell;
use std::rc::Rc;

use enhancer_core::{
    AudioEnhancer, AudioWriter, CancelToken, Controls, EnhanceOptions, InputGain, Limits, Peaks,
    Priority, RawFormat, create, enhance_async,
};
use js_sys::{Float32Array, Object};
use send_wrapper::SendWrapper;
use serde::Deserialize;
use wasm_bindgen::prelude::*;
use web_sys::FileSystemSyncAccessHandle;

use crate::abort::AbortListener;
use crate::job::{Caller, Run, UnderWay, core, object, open_bytes, write_error};
use crate::listener::Listener;
use crate::options::read_options;
use crate::pool::next_turn;
use crate::render::Take;
use crate::sink::Sink;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TakeOptions {
    raw: Option<RawFormat>,
    strict: bool,
    track: Option<u32>,
    limits: Limits,
    priority: Priority,
    input_gain: Option<InputGain>,
    post_filter: bool,
    exact: bool,
}

impl TakeOptions {
    /// The options for reading the source.
    fn reading(&self) -> EnhanceOptions {
        let mut options = EnhanceOptions::default();
        options.raw = self.raw;
        options.strict = self.strict;
        options.track = self.track;
        options.limits = self.limits;
        options
    }
}

/// Enhances a file and returns its take.
pub(crate) async fn take(
    enhancer: &AudioEnhancer,
    caller: Caller,
    options: JsValue,
    handle: Option<FileSystemSyncAccessHandle>,
) -> Result<JsValue, JsValue> {
    let Caller { source, number, on_progress, signal } = caller;
    // This comes first, so that after any failure the file contains nothing of its old content.
    let mut sink = Sink::new(handle).map_err(write_error)?;
    let options: TakeOptions = read_options(options)?;
    let _under_way = UnderWay::begin().map_err(core)?;
    let cancel = CancelToken::new();
    let _abort = signal.map(|s| AbortListener::new(s, cancel.clone())).transpose()?;
    let source = open_bytes(source)?;
    let (mut reader, take) =
        enhancer_core::Take::open(source, &options.reading(), &cancel).map_err(core)?;
    let format = take.format().map_err(core)?;
    let TakeOptions { input_gain, post_filter, exact, .. } = options;
    let run = Run {
        id: format!("take {number}"),
        priority: options.priority,
        controls: Controls::default()
            .with_input_gain(input_gain)
            .with_post_filter(post_filter)
            .with_exact(exact),
        with_input: true,
        cancel: cancel.clone(),
    };
    let listener = Rc::new(Listener::new(on_progress, cancel));
    let peaks = Rc::new(RefCell::new(BothPeaks::new(format.sample_rate).map_err(core)?));
    let on_progress = {
        let (listener, peaks) = (listener.clone(), peaks.clone());
        move |progress| {
            let new = peaks.borrow_mut().complete();
            listener.report(progress, new);
        }
    };
    let mut session = run.open(enhancer, &*reader, on_progress).map_err(core)?;

    let writer = create(&mut sink, &format, reader.tags()).map_err(core)?;
    let mut writer = Watched { writer, peaks: SendWrapper::new(peaks.clone()) };
    let outcome = enhance_async(&mut *reader, &mut session, &mut writer, next_turn).await;
    drop(writer);
    let rest = peaks.borrow_mut().rest();
    if outcome.is_ok() && rest.is_some() {
        listener.report(session.progress(), rest);
    }
    listener.check()?;
    let summary = serde_wasm_bindgen::to_value(&outcome.map_err(core)?)?;
    let blob = sink.finish(format.container.media_type()).map_err(write_error)?;
    let peaks = peaks.borrow().since(0, usize::MAX);
    let video = take.video().map(|container| container.to_string());
    object([
        ("take", Take::of(take).into()),
        ("summary", summary),
        ("peaks", peaks.into()),
        ("video", video.into()),
        ("blob", blob.into()),
    ])
}

/// The peaks of both parts of a take.
struct BothPeaks {
    original: Peaks,
    enhanced: Peaks,
    /// The number of reported peaks.
    reported: usize,
}

impl BothPeaks {
    fn new(sample_rate: u32) -> enhancer_core::Result<BothPeaks> {
        let (original, enhanced) = (Peaks::new(sample_rate)?, Peaks::new(sample_rate)?);
        Ok(BothPeaks { original, enhanced, reported: 0 })
    }

    fn push(&mut self, planes: &[Vec<f32>]) -> enhancer_core::Result<()> {
        let (original, enhanced) = planes.split_at(planes.len() / 2);
        self.original.push(original)?;
        self.enhanced.push(enhanced)
    }

    /// The complete peaks that were not reported yet, if any.
    fn complete(&mut self) -> Option<Object> {
        self.report(self.original.complete().len())
    }

    /// All peaks that were not reported yet, if any.
    fn rest(&mut self) -> Option<Object> {
        self.report(self.original.all().len())
    }

    fn report(&mut self, to: usize) -> Option<Object> {
        let from = std::mem::replace(&mut self.reported, to);
        (from < to).then(|| self.since(from, to))
    }

    fn since(&self, from: usize, to: usize) -> Object {
        let peaks = Object::new();
        for (name, all) in [("original", self.original.all()), ("enhanced", self.enhanced.all())] {
            let part = Float32Array::from(&all[from..to.min(all.len())]);
            // Setting a property of a new ordinary object cannot fail.
            let _ = js_sys::Reflect::set(&peaks, &name.into(), &part);
        }
        let _ = js_sys::Reflect::set(&peaks, &"perSecond".into(), &Peaks::PER_SECOND.into());
        peaks
    }
}

/// Writes a take and computes its peaks.
struct Watched<'a> {
    writer: Box<dyn AudioWriter + 'a>,
    peaks: SendWrapper<Rc<RefCell<BothPeaks>>>,
}

impl AudioWriter for Watched<'_> {
    fn write(&mut self, planes: &[Vec<f32>]) -> enhancer_core::Result<()> {
        self.peaks.borrow_mut().push(planes)?;
        self.writer.write(planes)
    }

    fn finish(&mut self) -> enhancer_core::Result<()> {
        self.writer.finish()
    }
}
