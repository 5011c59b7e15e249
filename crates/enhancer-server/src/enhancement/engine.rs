//! The models, each with its workers, loaded when they are first asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use enhancer_core::{AudioEnhancer, Limits};
use enhancer_models::{BUILT_IN, NamedModel};
use metrics::counter;
use serde::Serialize;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use crate::problem::{Problem, Result};
use crate::settings::EnhancementSettings;

/// The models that requests may name, and what is accepted of audio.
#[derive(Debug)]
pub(crate) struct Engine {
    /// The name of the model for requests that name none.
    default: String,
    models: BTreeMap<String, Entry>,
    workers: Option<usize>,
    raw_sample_rate: u32,
    limits: Limits,
    /// How much audio was enhanced.
    audio_milliseconds: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    purpose: &'static str,
    enhancer: OnceCell<Arc<AudioEnhancer>>,
}

/// A model that requests can use.
#[derive(Debug, Serialize, ToSchema)]
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
    sample_rate: Option<u32>,
    /// The licence of the weights as an SPDX expression, if known.
    licence: Option<String>,
}

impl Engine {
    /// Loads the default model; blocks.
    ///
    /// # Errors
    /// If it cannot be used, or its workers cannot be started.
    pub(crate) fn start(settings: &EnhancementSettings) -> anyhow::Result<Engine> {
        let NamedModel { name: default, model } =
            enhancer_models::load(&settings.model).context("--model (TF_MODEL_PATH)")?;
        let enhancer =
            AudioEnhancer::new(model, settings.workers).context("--workers (ENHANCER_WORKERS)")?;
        let enhancer = Arc::new(enhancer);
        let built_in = BUILT_IN.iter().map(|model| {
            (model.name.to_owned(), Entry { purpose: model.purpose, enhancer: OnceCell::new() })
        });
        let mut models: BTreeMap<_, _> = built_in.collect();
        let own = Entry {
            purpose: "the model that this server was started with",
            enhancer: OnceCell::new(),
        };
        let entry = models.entry(default.clone()).or_insert(own);
        entry.enhancer = OnceCell::new_with(Some(enhancer));
        let limits = Limits { duration_seconds: settings.max_duration, ..Limits::default() };
        let raw_sample_rate = settings.sample_rate;
        let (workers, audio_milliseconds) = (settings.workers, AtomicU64::default());
        Ok(Engine { default, models, workers, raw_sample_rate, limits, audio_milliseconds })
    }

    /// What is accepted of audio.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Counts audio that was enhanced. Counters know whole numbers only: they are set
    /// from the sum, so that short recordings are not rounded away.
    pub(super) fn count_audio(&self, seconds: f64) {
        let milliseconds = (seconds * 1e3).round() as u64;
        let before = self.audio_milliseconds.fetch_add(milliseconds, Ordering::Relaxed);
        counter!("enhancer_audio_seconds_total").absolute((before + milliseconds) / 1000);
    }

    /// The rate of raw files whose request tells none, in Hz.
    pub(crate) fn raw_sample_rate(&self) -> u32 {
        self.raw_sample_rate
    }

    /// The name of the model that a request means.
    ///
    /// # Errors
    /// What is wrong with the name, and which there are.
    pub(crate) fn name<'a>(&'a self, asked: Option<&'a str>) -> Result<&'a str, String> {
        let name = asked.unwrap_or(&self.default);
        if self.models.contains_key(name) {
            return Ok(name);
        }
        let names: Vec<_> = self.models.keys().map(String::as_str).collect();
        Err(format!("is {name:?}, expected one of {}", names.join(", ")))
    }

    /// What runs the model that a request means.
    ///
    /// # Errors
    /// 422 if there is none of that name, 500 if it cannot be loaded.
    pub(crate) async fn enhancer(&self, asked: Option<&str>) -> Result<Arc<AudioEnhancer>> {
        let wrong = |detail| Problem::field("model", detail);
        let name = self.name(asked).map_err(wrong)?.to_owned();
        let workers = self.workers;
        let load = {
            let name = name.clone();
            move || -> anyhow::Result<_> {
                let model = enhancer_models::load(name.as_ref())?.model;
                Ok(Arc::new(AudioEnhancer::new(model, workers)?))
            }
        };
        let load = async || match spawn_blocking(load).await {
            Ok(loaded) => loaded.map_err(Problem::internal),
            Err(panic) => Err(Problem::internal(panic)),
        };
        self.models[&name].enhancer.get_or_try_init(load).await.cloned()
    }

    /// All models that requests may name.
    pub(crate) async fn models(&self) -> Result<Vec<ModelInfo>> {
        let mut infos = Vec::new();
        for (name, entry) in &self.models {
            let enhancer = self.enhancer(Some(name)).await?;
            let model = enhancer.model();
            let built_in = BUILT_IN.iter().find(|built_in| built_in.name == name);
            let licence = match built_in {
                Some(built_in) => built_in.licence(model),
                None => model.licence(),
            };
            infos.push(ModelInfo {
                name: name.clone(),
                default: *name == self.default,
                purpose: entry.purpose,
                sample_rate: model.sample_rate(),
                licence: licence.map(Into::into),
            });
        }
        Ok(infos)
    }
}
