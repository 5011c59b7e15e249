//! The description of a model to import: `model.json` without the fields that the import fills in.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::ExportError;
use crate::model_folder::{Card, Origin};

/// The content of the file. The values of its fields are checked when the finished folder is
/// loaded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    pub(super) name: String,
    version: String,
    sample_rate: u64,
    hop: u64,
    window: u64,
    lookahead: u64,
    spectral: Spectral,
    licence: String,
    /// Files beside the ONNX file that are copied into the folder.
    pub(super) licence_files: Vec<String>,
    origin: Origin,
    pub(super) inputs: Vec<Tensor>,
    pub(super) outputs: Vec<Tensor>,
}

/// How spectra are computed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spectral {
    window_function: String,
    fft: u64,
    scale: f64,
    compression: f64,
    layout: String,
}

/// An input or an output of the ONNX file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tensor {
    /// Its name in the file.
    pub(super) name: String,
    pub(super) role: Role,
    /// The name of its state.
    pub(super) state: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    Spectrum,
    State,
}

impl Description {
    pub(super) fn read(path: &Path) -> Result<Description, ExportError> {
        let json = std::fs::read(path).map_err(ExportError::io("read", path))?;
        let unusable =
            |reason: String| ExportError::DescriptionUnusable { path: path.to_owned(), reason };
        let description: Description =
            serde_json::from_slice(&json).map_err(|error| unusable(error.to_string()))?;
        description.check().map_err(unusable)?;
        Ok(description)
    }

    /// Checks that each side has one spectrum and the same states.
    fn check(&self) -> Result<(), String> {
        let is_licence =
            |name: &&String| name.starts_with("LICENSE") && !name.contains(['/', '\\']);
        if let Some(name) = self.licence_files.iter().find(|name| !is_licence(name)) {
            return Err(format!(
                "at licence_files: {name:?}, expected names without a path that begin with LICENSE"
            ));
        }
        for (side, tensors) in [("inputs", &self.inputs), ("outputs", &self.outputs)] {
            let spectra = tensors.iter().filter(|tensor| tensor.role == Role::Spectrum).count();
            if spectra != 1 {
                return Err(format!("at {side}: {spectra} have the role \"spectrum\", expected 1"));
            }
            for (at, tensor) in tensors.iter().enumerate() {
                let place = format!("at {side}[{at}] (`{}`)", tensor.name);
                if (tensor.role == Role::State) != tensor.state.is_some() {
                    return Err(format!(
                        "{place}: expected a field \"state\" for the role \"state\", and no other"
                    ));
                }
                let others = &tensors[..at];
                if others.iter().any(|o| o.name == tensor.name) {
                    return Err(format!("{place}: the name is repeated"));
                }
                if tensor.state.is_some() && others.iter().any(|o| o.state == tensor.state) {
                    return Err(format!("{place}: the state is repeated"));
                }
            }
        }
        self.check_states()
    }

    fn check_states(&self) -> Result<(), String> {
        let sides =
            [("inputs", &self.inputs, &self.outputs), ("outputs", &self.outputs, &self.inputs)];
        for (side, tensors, others) in sides {
            let alone = tensors.iter().find(|tensor| {
                tensor.state.is_some() && others.iter().all(|other| other.state != tensor.state)
            });
            if let Some(alone) = alone {
                return Err(format!(
                    "at {side}: the state of `{}` is on that side only, expected on both",
                    alone.name
                ));
            }
        }
        Ok(())
    }

    /// The description for the finished folder.
    pub(super) fn card(&self) -> Card {
        Card {
            name: self.name.clone().into(),
            version: self.version.clone().into(),
            front_end: "spectral".into(),
            sample_rate: self.sample_rate as usize,
            hop: self.hop as usize,
            window: self.window as usize,
            lookahead: self.lookahead as usize,
            spectral: Some(self.spectral.clone()),
            licence: self.licence.clone().into(),
            origin: self.origin.clone(),
        }
    }
}
