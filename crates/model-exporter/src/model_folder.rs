//! Folders of models that are ready to run: `model.json`, TFLite parts and licences.
//!
//! The schema of `model.json` is documented in `models/README.md`.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tract_nnef::internal::*;

use crate::compile::COMPILED;
use crate::contained::contained;
use crate::import::Spectral;
use crate::network::{Name, Part, Role};
use crate::staging::{Staging, ensure_folder_replaceable};
use crate::{ExportError, tflite};

/// The file that describes the others.
pub(crate) const DESCRIPTION: &str = "model.json";

/// The version of the format of `model.json`.
const SCHEMA: u32 = 1;

/// How a file stores its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// In 32 bits, as published.
    Float32,
    /// Rounded to 16 bits: [`tflite::store_weights_as_float16`].
    Float16,
}

/// The description of a model without its parts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Card {
    pub(crate) name: Name,
    /// The version of the folder's content.
    pub(crate) version: Name,
    pub(crate) front_end: Name,
    /// In Hz.
    pub(crate) sample_rate: usize,
    /// In samples.
    pub(crate) hop: usize,
    /// In samples.
    pub(crate) window: usize,
    /// In hops.
    pub(crate) lookahead: usize,
    /// The settings of the spectral front-end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spectral: Option<Spectral>,
    /// An SPDX expression.
    pub(crate) licence: Name,
    pub(crate) origin: Origin,
}

/// Where the weights come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    /// The address of the project that published the model.
    pub(crate) project: Name,
    pub(crate) registry: Name,
    pub(crate) package: Name,
    pub(crate) version: Name,
    pub(crate) file: Name,
    pub(crate) sha256: Name,
}

/// A model's folder in memory, while it is made.
pub(crate) struct ModelFolder {
    precision: Precision,
    description: Description,
    files: Vec<(String, Vec<u8>)>,
}

#[derive(Serialize)]
struct Description {
    schema: u32,
    #[serde(flatten)]
    card: Card,
    parts: Vec<PartDescription>,
}

#[derive(Serialize)]
struct PartDescription {
    name: String,
    file: String,
    sha256: String,
    inputs: Vec<TensorDescription>,
    outputs: Vec<TensorDescription>,
}

#[derive(Serialize)]
struct TensorDescription {
    index: usize,
    role: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Name>,
    shape: Vec<usize>,
}

impl ModelFolder {
    pub(crate) fn new(card: Card, precision: Precision) -> Self {
        let description = Description { schema: SCHEMA, card, parts: vec![] };
        Self { precision, description, files: vec![] }
    }

    /// Encodes `part` as `file`.
    pub(crate) fn add_part(
        &mut self,
        name: &str,
        file: &str,
        part: &Part,
    ) -> Result<(), ExportError> {
        let bytes = match self.precision {
            Precision::Float32 => tflite::encode(&part.model)?,
            Precision::Float16 => tflite::store_weights_as_float16(&tflite::encode(&part.model)?)?,
        };
        let model = &part.model;
        self.description.parts.push(PartDescription {
            name: name.to_owned(),
            file: file.to_owned(),
            sha256: format!("{}", HexDigest(&bytes)),
            inputs: contained(|| describe(model, &model.inputs, &part.inputs))
                .map_err(ExportError::weights_unusable)?,
            outputs: contained(|| describe(model, &model.outputs, &part.outputs))
                .map_err(ExportError::weights_unusable)?,
        });
        self.files.push((file.to_owned(), bytes));
        Ok(())
    }

    /// Copies licence texts from the folder of the weights.
    pub(crate) fn add_licences(
        &mut self,
        weights: &Path,
        names: &[&str],
    ) -> Result<(), ExportError> {
        for name in names {
            let path = weights.join(name);
            let text = fs::read(&path).map_err(ExportError::io("read", &path))?;
            self.files.push(((*name).to_owned(), text));
        }
        Ok(())
    }

    /// The current content of `model.json`.
    pub(crate) fn description(&self) -> Vec<u8> {
        self.description.to_json()
    }

    /// The bytes of the parts' files, in order.
    pub(crate) fn parts(&self) -> Vec<&[u8]> {
        let file = |name: &String| self.files.iter().find(|(own, _)| own == name);
        let parts = self.description.parts.iter();
        parts.filter_map(|part| file(&part.file)).map(|(_, bytes)| &bytes[..]).collect()
    }

    /// Writes the folder `destination`. An existing model's folder is replaced.
    pub(crate) fn write(self, destination: &Path) -> Result<(), ExportError> {
        let mut files = self.files;
        files.push((DESCRIPTION.to_owned(), self.description.to_json()));
        write(files, destination)
    }
}

/// Writes files as the folder `destination`. An existing model's folder is replaced.
pub(crate) fn write(files: Vec<(String, Vec<u8>)>, destination: &Path) -> Result<(), ExportError> {
    ensure_folder_replaceable(destination, "a model's folder", DESCRIPTION, belongs)?;
    let staging = Staging::beside(destination)?;
    let folder = staging.path();
    fs::create_dir(&folder).map_err(ExportError::io("create", &folder))?;
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(ExportError::io("write", &path))?;
    }
    staging.publish()
}

impl Description {
    fn to_json(&self) -> Vec<u8> {
        let mut json =
            serde_json::to_vec_pretty(self).expect("texts and numbers alone always have a form");
        json.push(b'\n');
        json
    }
}

fn describe(
    model: &TypedModel,
    outlets: &[OutletId],
    roles: &[Role],
) -> TractResult<Vec<TensorDescription>> {
    let describe = |(index, (outlet, role)): (usize, (&OutletId, &Role))| {
        let shape = model.outlet_fact(*outlet)?.shape.as_concrete().context("symbolic shape")?;
        let (role, state) = match role {
            Role::Named(role) => (role.clone(), None),
            Role::State(state) => ("state".into(), Some(state.clone())),
        };
        Ok(TensorDescription { index, role, state, shape: shape.to_vec() })
    };
    outlets.iter().zip(roles).enumerate().map(describe).collect()
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) struct HexDigest<'a>(pub(crate) &'a [u8]);

impl std::fmt::Display for HexDigest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Sha256::digest(self.0).iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether a file of a model's folder holds the text of a licence.
pub(crate) fn is_licence(name: &str) -> bool {
    name.starts_with("LICENSE")
}

fn belongs(name: &Path) -> bool {
    let text = name.to_string_lossy();
    text == DESCRIPTION
        || is_licence(&text)
        || name.extension().is_some_and(|extension| extension == "tflite" || extension == COMPILED)
}
