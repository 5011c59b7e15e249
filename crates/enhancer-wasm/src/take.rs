//! Takes: the input and the enhanced audio side by side, and what is rendered from them.

use std::cell::RefCell;
use std::rc::Rc;

use enhancer_core::{
    AudioEnhancer, AudioWriter, CancelToken, Container, Controls, InputGain, Limits, Peaks,
    Priority, RawFormat, create, enhance_async, result_format, take_format,
};
use js_sys::{Float32Array, Object};
use send_wrapper::SendWrapper;
use serde::Deserialize;
use wasm_bindgen::prelude::*;
use web_sys::FileSystemSyncAccessHandle;

use crate::abort::AbortListener;
use crate::job::{
    Caller, Reading, Run, UnderWay, core, object, open_bytes, open_source, write_error,
};
use crate::listener::Listener;
use crate::options::read_options;
use crate::pool::next_turn;
use crate::sink::Sink;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What decides the model's run; all else is a matter of `render`. As in `EnhanceOptions` and its `controls`. */
export interface TakeOptions {
  raw?: EnhanceOptions["raw"];
  strict?: boolean;
  limits?: EnhanceOptions["limits"];
  priority?: EnhanceOptions["priority"];
  inputGain?: number | "auto";
  postFilter?: boolean;
  exact?: boolean;
}

/** The largest magnitude over all channels in each block of `1 / perSecond` s; the last may be shorter. */
export interface Peaks {
  original: Float32Array;
  enhanced: Float32Array;
  perSecond: number;
}

/** How far a take is. `peaks` are those that are new since the call before. */
export interface TakeProgress extends Progress {
  peaks?: Peaks;
}

/**
 * A file's original and enhanced audio, aligned: raw interleaved 32-bit floats, little-endian,
 * of each frame first the original's channels, then the enhanced ones.
 */
export interface Taken {
  summary: Enhanced["summary"];
  peaks: Peaks;
  /** The container of the video that `render` makes with `audioOnly: false`, if it makes one. */
  video?: "mp4" | "mov" | "mkv" | "webm";
  /** Only if no file was given for it. */
  blob?: Blob;
}
"#;

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

/// Enhances a file and gives the take of it.
pub(crate) async fn take(
    enhancer: &AudioEnhancer,
    caller: Caller,
    options: JsValue,
    handle: Option<FileSystemSyncAccessHandle>,
) -> Result<JsValue, JsValue> {
    let Caller { source, number, on_progress, signal } = caller;
    // First of all: whatever fails, the file holds nothing of what was there.
    let mut sink = Sink::new(handle).map_err(write_error)?;
    let options: TakeOptions = read_options(options)?;
    let _under_way = UnderWay::begin().map_err(core)?;
    let cancel = CancelToken::new();
    let _abort = signal.map(|s| AbortListener::new(s, cancel.clone())).transpose()?;
    let TakeOptions { raw, strict, track, limits, input_gain, post_filter, exact, .. } = options;
    let reading = Reading { raw, limits, strict, track };
    let mut reader = open_source(source.clone(), &reading, &cancel)?;
    let video = if reader.has_video() { video_container(source, &reading) } else { None };
    let format = take_format(reader.format()).map_err(core)?;
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
    let video = video.map(|container| container.to_string());
    object([
        ("summary", summary),
        ("peaks", peaks.into()),
        ("video", video.into()),
        ("blob", blob.into()),
    ])
}

/// The container of the video that a job makes of a source; none if it makes its sound alone.
fn video_container(source: JsValue, reading: &Reading) -> Option<Container> {
    let mut options = enhancer_core::EnhanceOptions::default();
    options.raw = reading.raw;
    options.strict = reading.strict;
    options.track = reading.track;
    options.limits = reading.limits;
    // What fails here fails in the reader too, which says why.
    let format = result_format(open_bytes(source).ok()?, &options).ok()?;
    Some(format.container).filter(|container| container.is_video())
}

/// The peaks of both parts of a take.
struct BothPeaks {
    original: Peaks,
    enhanced: Peaks,
    /// How many were reported.
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

    /// Those that are complete and were not reported, if there are any.
    fn complete(&mut self) -> Option<Object> {
        self.tell(self.original.complete().len())
    }

    /// All that were not reported, if there are any.
    fn rest(&mut self) -> Option<Object> {
        self.tell(self.original.all().len())
    }

    fn tell(&mut self, to: usize) -> Option<Object> {
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

/// A writer of a take, its peaks watched.
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
