//! The models, loaded at their first use, on one engine for all of them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use enhancer_core::{Dnsmos, Limits, Model};
use enhancer_models::{BUILT_IN, BuiltIn, NamedModel};
use metrics::counter;
use serde::Serialize;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use crate::problem::{Problem, Result};
use crate::settings::EnhancementSettings;

/// The largest allowed ratio of result size to source size. Small results are exempt.
const MOST_TIMES: u64 = 1000;
const SMALL_RESULT: u64 = 256 << 20;

/// The models that requests may name, the engine that runs them, and the limits for audio.
#[derive(Debug)]
pub(crate) struct Engine {
    /// The engine of all models, so that priorities and turns apply across them.
    engine: Arc<enhancer_core::Engine>,
    /// The name of the model for requests that name none.
    default: String,
    models: BTreeMap<String, Entry>,
    /// The network that rates recordings.
    dnsmos: OnceCell<Dnsmos>,
    raw_sample_rate: u32,
    limits: Limits,
    /// How much audio was enhanced.
    audio_milliseconds: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    info: ModelInfo,
    model: OnceCell<Model>,
}

/// A model that requests can use.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub(crate) struct ModelInfo {
    /// The name that requests use.
    #[schema(example = "deepfilternet3")]
    name: String,
    /// Whether this is the default model.
    default: bool,
    /// What it is for.
    purpose: &'static str,
    /// The sample rate of the model in Hz, or null if it accepts any rate. Other audio is
    /// converted to this rate and back.
    #[schema(required)]
    sample_rate: Option<u32>,
    /// The licence of the weights as an SPDX expression, or null if it is not known.
    #[schema(required)]
    licence: Option<String>,
}

impl Engine {
    /// Loads the default model; blocks.
    ///
    /// # Errors
    /// If it cannot be used, or its workers cannot be started.
    pub(crate) fn start(settings: &EnhancementSettings) -> anyhow::Result<Engine> {
        let NamedModel { name: default, model, .. } =
            enhancer_models::load(&settings.model).context("--model (TF_MODEL_PATH)")?;
        let engine =
            enhancer_core::Engine::new(settings.workers).context("--workers (ENHANCER_WORKERS)")?;
        let mut models = BTreeMap::new();
        for built_in in BUILT_IN {
            models.insert(built_in.name.to_owned(), Entry::built_in(built_in)?);
        }
        let own = models.entry(default.clone()).or_insert_with(|| Entry::own(&default, &model));
        own.info.default = true;
        own.info.sample_rate = model.sample_rate();
        own.model = OnceCell::new_with(Some(model));
        let limits = Limits::default()
            .with_duration_seconds(settings.max_duration)
            .with_channel_seconds(Some(settings.max_channel_seconds))
            .with_result_bytes(Some(settings.max_result));
        let raw_sample_rate = settings.sample_rate;
        Ok(Engine {
            engine: Arc::new(engine),
            default,
            models,
            dnsmos: OnceCell::new(),
            raw_sample_rate,
            limits,
            audio_milliseconds: AtomicU64::default(),
        })
    }

    /// The limits for a recording of that size in bytes.
    pub(super) fn limits(&self, source_bytes: u64) -> Limits {
        let proportionate = source_bytes.saturating_mul(MOST_TIMES).max(SMALL_RESULT);
        let result_bytes = self.limits.result_bytes.map(|most| most.min(proportionate));
        self.limits.with_result_bytes(result_bytes)
    }

    /// Counts enhanced audio. A counter takes only whole numbers, so it is set from the sum:
    /// otherwise short recordings would be rounded to nothing.
    pub(crate) fn count_audio(&self, seconds: f64) {
        let milliseconds = (seconds * 1e3).round() as u64;
        let before = self.audio_milliseconds.fetch_add(milliseconds, Ordering::Relaxed);
        counter!("enhancer_audio_seconds_total").absolute((before + milliseconds) / 1000);
    }

    /// The sample rate of raw files if the request does not state one, in Hz.
    pub(crate) fn raw_sample_rate(&self) -> u32 {
        self.raw_sample_rate
    }

    /// The name of the model that a request means.
    ///
    /// # Errors
    /// A text that says what is wrong with the name, and lists the models.
    pub(crate) fn name<'a>(&'a self, asked: Option<&'a str>) -> Result<&'a str, String> {
        let name = asked.unwrap_or(&self.default);
        if self.models.contains_key(name) {
            return Ok(name);
        }
        let names: Vec<_> = self.models.keys().map(String::as_str).collect();
        Err(format!("is {name:?}, expected one of {}", names.join(", ")))
    }

    /// The core's engine, which runs the models.
    pub(super) fn core(&self) -> &Arc<enhancer_core::Engine> {
        &self.engine
    }

    /// The model of a name that [`name`](Self::name) returned.
    ///
    /// # Errors
    /// 500 if there is none or it cannot be loaded.
    pub(super) async fn model(&self, name: &str) -> Result<Model> {
        let Some(entry) = self.models.get(name) else {
            return Err(Problem::internal(format!("there is no model {name:?}")));
        };
        let name = name.to_owned();
        let load = move || enhancer_models::load(name.as_ref()).map(|loaded| loaded.model);
        entry.model.get_or_try_init(|| loaded(load)).await.cloned()
    }

    /// The network that rates recordings.
    ///
    /// # Errors
    /// 500 if it cannot be loaded.
    pub(super) async fn dnsmos(&self) -> Result<Dnsmos> {
        let load = enhancer_models::load_dnsmos;
        self.dnsmos.get_or_try_init(|| loaded(load)).await.cloned()
    }

    /// All models that requests may name. This loads none of them.
    pub(crate) fn models(&self) -> Vec<ModelInfo> {
        self.models.values().map(|entry| entry.info.clone()).collect()
    }
}

/// Runs `load` on a thread that may block.
async fn loaded<T, E>(load: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T>
where
    T: Send + 'static,
    E: Display + Send + 'static,
{
    match spawn_blocking(load).await {
        Ok(loaded) => loaded.map_err(Problem::internal),
        Err(panic) => Err(Problem::internal(panic)),
    }
}

impl Entry {
    fn built_in(built_in: &BuiltIn) -> anyhow::Result<Entry> {
        let about = built_in.about()?;
        let info = ModelInfo {
            name: built_in.name.into(),
            default: false,
            purpose: built_in.purpose,
            sample_rate: about.sample_rate,
            licence: Some(about.licence),
        };
        Ok(Entry { info, model: OnceCell::new() })
    }

    /// The entry of a model that is not built in.
    fn own(name: &str, model: &Model) -> Entry {
        let info = ModelInfo {
            name: name.into(),
            default: true,
            purpose: "the model that this server was started with",
            sample_rate: model.sample_rate(),
            licence: model.licence().map(Into::into),
        };
        Entry { info, model: OnceCell::new() }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        enhancement: EnhancementSettings,
    }

    fn engine(arguments: &[&str]) -> Engine {
        let all = ["server"].iter().chain(arguments);
        Engine::start(&Command::parse_from(all).enhancement).unwrap()
    }

    #[test]
    fn listing_the_models_loads_none() {
        let engine = engine(&["--model", "passthrough", "--workers", "1"]);
        let models = engine.models();
        let rates: Vec<_> = models.iter().map(|info| (&*info.name, info.sample_rate)).collect();
        let expected =
            [("deepfilternet3", Some(48_000)), ("gtcrn", Some(16_000)), ("passthrough", None)];
        assert_eq!(rates, expected);
        assert!(models.iter().all(|info| info.licence.is_some()));
        let loaded: Vec<_> =
            engine.models.values().map(|entry| entry.model.get().is_some()).collect();
        assert_eq!(loaded, [false, false, true]);
    }

    #[test]
    fn results_are_limited_by_the_size_of_their_source() {
        let engine =
            engine(&["--model", "passthrough", "--workers", "1", "--max-result", "1000000000"]);
        let limit = |bytes| engine.limits(bytes).result_bytes;
        assert_eq!(limit(57_780), Some(SMALL_RESULT));
        assert_eq!(limit(500_000), Some(500_000_000));
        assert_eq!(limit(u64::MAX), Some(1_000_000_000));
    }

    #[tokio::test]
    async fn a_model_is_loaded_at_its_first_use() {
        let engine = engine(&["--model", "passthrough", "--workers", "1"]);
        assert_eq!(engine.model("gtcrn").await.unwrap().name(), "gtcrn");
        assert!(engine.models["gtcrn"].model.get().is_some());
        assert!(engine.model("nothing").await.is_err());
    }
}
