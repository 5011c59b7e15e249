//! Predicts how listeners would rate recordings.

use std::panic::AssertUnwindSafe;

use enhancer_core::{
    AudioFormat, CancelToken, Dnsmos, Limits, Meter, RawFormat, SampleFormat, compare_take_async,
    measure_async,
};
use js_sys::Promise;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use crate::abort::AbortListener;
use crate::download;
use crate::job::{Reading, UnderWay, core, object, open_bytes, open_source};
use crate::model::{dnsmos_from_folder, read_dnsmos};
use crate::options::read_options;
use crate::pool::{self, next_turn};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct MeasureOptions {
    raw: Option<RawFormat>,
    strict: bool,
    track: Option<u32>,
    limits: Limits,
    windows: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CompareOptions {
    sample_rate: u32,
    channels: u16,
    windows: Option<usize>,
}

/// Rates recordings with the network DNSMOS P.835.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Rater(AssertUnwindSafe<Dnsmos>);

#[wasm_bindgen]
impl Rater {
    /// Creates a rater from the folder of the network, as for an `Enhancer`.
    ///
    /// # Errors
    /// The errors of an `Enhancer`; `unsupported_model` if the network is one that enhances.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "ModelFolder")] folder: JsValue,
    ) -> Result<Rater, JsValue> {
        read_dnsmos(&folder).map(Rater::of)
    }

    /// Creates a rater with the network at this address, as for an `Enhancer`.
    ///
    /// # Errors
    /// Rejects with the errors of the constructor, or with `read` if the network cannot be fetched.
    #[wasm_bindgen(unchecked_return_type = "Promise<Rater>")]
    pub fn load(
        #[wasm_bindgen(unchecked_param_type = "string | Record<string, string | Uint8Array>")]
        address: JsValue,
    ) -> Promise {
        pool::promise(async move {
            let dnsmos = download::load(&address, dnsmos_from_folder).await?;
            Ok(Rater::of(dnsmos).into())
        })
    }

    /// Measures a file. Memory stays bounded however long the file is. `signal` cancels it.
    ///
    /// # Errors
    /// Rejects with an `Error` that has a `code`: `unsupported_audio`, `corrupt_audio`,
    /// `limit_exceeded`, `invalid_value`, `resampling`, `cancelled`, `read`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Measures>")]
    pub fn measure(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] source: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "MeasureOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "AbortSignal")] signal: Option<AbortSignal>,
    ) -> Promise {
        let dnsmos = self.0.clone();
        pool::promise(async move {
            let options: MeasureOptions = read_options(options)?;
            let _under_way = UnderWay::begin().map_err(core)?;
            let MeasureOptions { raw, strict, track, limits, windows } = options;
            let cancel = CancelToken::new();
            let _abort = signal.map(|s| AbortListener::new(s, cancel.clone())).transpose()?;
            let reading = Reading { raw, limits, strict, track };
            let mut reader = open_source(source, &reading, &cancel)?;
            let windows = windows.unwrap_or(Meter::WINDOWS);
            let measured = measure_async(&mut *reader, &dnsmos, windows, &cancel, next_turn).await;
            to_value(&measured.map_err(core)?)
        })
    }

    /// Compares the two parts of a take: the original and the model's whole output. The take is a
    /// Blob or the bytes that `Enhancer.take` wrote. `signal` cancels it.
    ///
    /// # Errors
    /// Rejects with an `Error` that has a `code`: `corrupt_audio` if the take is cut off,
    /// `limit_exceeded`, `invalid_value`, `resampling`, `cancelled`, `read`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Comparison>")]
    pub fn compare(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] take: JsValue,
        #[wasm_bindgen(unchecked_param_type = "CompareOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "AbortSignal")] signal: Option<AbortSignal>,
    ) -> Promise {
        let dnsmos = self.0.clone();
        pool::promise(async move {
            let options: CompareOptions = read_options(options)?;
            let _under_way = UnderWay::begin().map_err(core)?;
            let cancel = CancelToken::new();
            let _abort = signal.map(|s| AbortListener::new(s, cancel.clone())).transpose()?;
            let CompareOptions { sample_rate, channels, windows } = options;
            let format = AudioFormat::raw(SampleFormat::F32le, sample_rate, channels);
            let windows = windows.unwrap_or(Meter::WINDOWS);
            let take = open_bytes(take)?;
            let compared =
                compare_take_async(take, &format, &dnsmos, windows, &cancel, next_turn).await;
            let compared = compared.map_err(core)?;
            object([
                ("before", to_value(&compared.before)?),
                ("after", to_value(&compared.after)?),
                ("findings", to_value(&compared.findings())?),
            ])
        })
    }
}

impl Rater {
    fn of(dnsmos: Dnsmos) -> Rater {
        Rater(AssertUnwindSafe(dnsmos))
    }
}

fn to_value(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(serde_wasm_bindgen::to_value(value)?)
}
