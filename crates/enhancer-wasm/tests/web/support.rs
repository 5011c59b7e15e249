//! What the tests share.

use std::cell::Cell;

use enhancer_wasm::{Enhancer, start_workers};
use js_sys::{Array, Function, JSON, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, FileSystemSyncAccessHandle};

pub(crate) const MODEL: &[u8] = include_bytes!("../../../../models/passthrough_model_lite.tflite");
/// Noisy speech: raw samples, mono, at 48 kHz.
pub(crate) const SAMPLE: &[u8] = include_bytes!("../../../../audio_samples/audio_file_48k.raw");
/// The options that say so.
pub(crate) const RAW: &str =
    r#"{"raw": {"sampleFormat": "f32le", "sampleRate": 48000, "channels": 1}}"#;

/// An enhancer of the passthrough model, on the pool of two.
pub(crate) async fn enhancer() -> Enhancer {
    enhancer_of(js(MODEL).into()).await
}

/// An enhancer of that model.
pub(crate) async fn enhancer_of(model: JsValue) -> Enhancer {
    pool().await;
    Enhancer::new(model, JsValue::UNDEFINED).unwrap()
}

/// The pool, which the first test to ask for it starts.
pub(crate) async fn pool() {
    thread_local!(static STARTED: Cell<bool> = const { Cell::new(false) });
    if !STARTED.replace(true) {
        start_workers(2).await.unwrap();
    }
}

pub(crate) fn js(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

/// A source of these bytes.
pub(crate) fn file(bytes: &[u8]) -> JsValue {
    js(bytes).into()
}

pub(crate) fn object(json: &str) -> JsValue {
    JSON::parse(json).unwrap()
}

/// A callback that passes on how many samples were enhanced.
pub(crate) fn on_progress(
    mut report: impl FnMut(f64) -> Result<(), JsValue> + 'static,
) -> Option<Function> {
    let callback = Closure::wrap_assert_unwind_safe(Box::new(move |progress: JsValue| {
        report(Reflect::get(&progress, &"enhanced".into()).unwrap().as_f64().unwrap())
    })
        as Box<dyn FnMut(JsValue) -> Result<(), JsValue>>);
    Some(callback.into_js_value().unchecked_into())
}

/// The bytes of a result.
pub(crate) async fn bytes(promise: Promise) -> Vec<u8> {
    content(JsFuture::from(promise).await.unwrap()).await
}

/// The Blob of a result.
pub(crate) fn blob(result: &JsValue) -> Blob {
    Reflect::get(result, &"blob".into()).unwrap().dyn_into().expect("no Blob")
}

/// The bytes of a result that was awaited.
pub(crate) async fn content(result: JsValue) -> Vec<u8> {
    let buffer = blob(&result).array_buffer();
    Uint8Array::new(&JsFuture::from(buffer).await.unwrap()).to_vec()
}

/// The code and the message that a promise is rejected with.
pub(crate) async fn rejection(promise: Promise) -> (String, String) {
    details(&JsFuture::from(promise).await.unwrap_err())
}

pub(crate) fn details(error: &JsValue) -> (String, String) {
    let error: &js_sys::Error = error.dyn_ref().expect("not an Error");
    let code = Reflect::get(error, &"code".into()).unwrap();
    (code.as_string().expect("an Error without a code"), error.message().into())
}

pub(crate) fn wav(samples: &[i16]) -> Vec<u8> {
    let data = samples.len() as u32 * 2;
    let mut wav = b"RIFF\0\0\0\0WAVEJUNK\x1c\0\0\0".to_vec();
    wav[4..8].copy_from_slice(&(72 + data).to_le_bytes());
    wav.extend([0; 28]);
    wav.extend(b"fmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(16_000u32.to_le_bytes());
    wav.extend(32_000u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(data.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}

/// The samples in raw bytes.
pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|x| f32::from_le_bytes([x[0], x[1], x[2], x[3]])).collect()
}

/// How much louder the signal is than what differs from it in `other`, in dB.
pub(crate) fn snr(signal: &[f32], other: &[f32]) -> f32 {
    assert_eq!(signal.len(), other.len());
    let energy = |samples: &mut dyn Iterator<Item = f32>| samples.map(|x| x * x).sum::<f32>();
    let difference = energy(&mut signal.iter().zip(other).map(|(a, b)| a - b));
    10.0 * (energy(&mut signal.iter().copied()) / difference).log10()
}

/// The options of [`RAW`] and these controls.
pub(crate) fn raw_with(controls: &str) -> JsValue {
    object(&RAW.replacen('{', &format!(r#"{{"controls": {controls}, "#), 1))
}

/// A model of the repository: its `model.json`, and its files by name.
pub(crate) struct ModelFiles {
    pub(crate) description: &'static [u8],
    pub(crate) files: &'static [(&'static str, &'static [u8])],
}

macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!("../../../../models/", $path))
    };
}

pub(crate) const DEEPFILTERNET3: ModelFiles = ModelFiles {
    description: file!("deepfilternet3/model.json"),
    files: &[("deepfilternet3.tflite", file!("deepfilternet3/deepfilternet3.tflite"))],
};

pub(crate) const DTLN: ModelFiles = ModelFiles {
    description: file!("dtln/model.json"),
    files: &[
        ("dtln_1.tflite", file!("dtln/dtln_1.tflite")),
        ("dtln_2.tflite", file!("dtln/dtln_2.tflite")),
    ],
};

impl ModelFiles {
    /// What the constructor takes.
    pub(crate) fn to_js(&self) -> JsValue {
        let files: Array = self.files.iter().map(|(_, bytes)| js(bytes)).collect();
        folder(&js(self.description), &files)
    }
}

pub(crate) fn folder(description: &JsValue, files: &JsValue) -> JsValue {
    let folder = Object::new();
    Reflect::set(&folder, &"description".into(), description).unwrap();
    Reflect::set(&folder, &"files".into(), files).unwrap();
    folder.into()
}

pub(crate) fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}

/// What the `render` of a take gives, whose samples are in `audio`.
pub(crate) fn render_of(
    taken: &JsValue,
    audio: &Blob,
    options: JsValue,
    sink: Option<FileSystemSyncAccessHandle>,
    on_progress: Option<Function>,
    signal: Option<AbortSignal>,
) -> Promise {
    let take = property(taken, "take");
    let render: Function = property(&take, "render").unchecked_into();
    // Sound alone is made without it.
    let source = file(b"not the source");
    let arguments = Array::of3(&source, audio, &options);
    for argument in [sink.into(), on_progress.into(), signal.into()] {
        arguments.push(&argument);
    }
    render.apply(&take, &arguments).unwrap().unchecked_into()
}

/// A file of the browser's private file system, opened.
pub(crate) struct OpenFile {
    handle: JsValue,
    pub(crate) access: FileSystemSyncAccessHandle,
}

impl OpenFile {
    /// A file with something in it.
    pub(crate) async fn new(name: &str) -> OpenFile {
        let open = "return (async () => {
            const folder = await navigator.storage.getDirectory();
            const handle = await folder.getFileHandle(name, { create: true });
            const access = await handle.createSyncAccessHandle();
            access.write(new Uint8Array(1000).fill(7));
            return { handle, access };
        })()";
        let opened = Function::new_with_args("name", open).call1(&JsValue::UNDEFINED, &name.into());
        let opened = JsFuture::from(opened.unwrap().unchecked_into::<Promise>()).await.unwrap();
        let property = |name: &str| Reflect::get(&opened, &name.into()).unwrap();
        OpenFile { handle: property("handle"), access: property("access").unchecked_into() }
    }

    pub(crate) fn sink(&self) -> Option<FileSystemSyncAccessHandle> {
        Some(self.access.clone())
    }

    /// The whole file, closed.
    pub(crate) async fn close(self) -> Blob {
        self.access.close();
        let get = Function::new_with_args("handle", "return handle.getFile()");
        let file = get.call1(&JsValue::UNDEFINED, &self.handle).unwrap();
        JsFuture::from(file.unchecked_into::<Promise>()).await.unwrap().unchecked_into()
    }
}
