//! The models inside the binary, so that it works anywhere.

use std::ffi::OsStr;

use enhancer_core::{Dnsmos, Model, ModelDescription, Result};

/// A file of the folder of models, which in the repository is a link to the one that all crates use.
macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!("../models/", $path))
    };
}

/// The models that there are, each with a feature of its name, and whether that was compiled.
const FEATURES: [(&str, bool); 3] = [
    (DEFAULT, cfg!(feature = "deepfilternet3")),
    ("gtcrn", cfg!(feature = "gtcrn")),
    ("passthrough", cfg!(feature = "passthrough")),
];

/// The model that is used by default. It needs the feature of that name.
pub const DEFAULT: &str = "deepfilternet3";

/// All of them; the first is the best for most recordings. Not a constant: of that, each crate
/// that uses it would get a copy, the files of the models included.
pub static BUILT_IN: &[BuiltIn] = &[
    #[cfg(feature = "deepfilternet3")]
    BuiltIn {
        name: DEFAULT,
        purpose: "DeepFilterNet 3: full bandwidth, best quality",
        form: Form::Folder {
            description: file!("deepfilternet3/model.json"),
            files: &[file!("deepfilternet3/deepfilternet3.tflite")],
        },
    },
    #[cfg(feature = "gtcrn")]
    BuiltIn {
        name: "gtcrn",
        purpose: "GTCRN: lighter; also removes reverberation, and everything above 8 kHz",
        form: Form::Folder {
            description: file!("gtcrn/model.json"),
            files: &[file!("gtcrn/gtcrn.tflite")],
        },
    },
    #[cfg(feature = "passthrough")]
    BuiltIn {
        name: "passthrough",
        purpose: "returns its input; for tests",
        form: Form::Bare {
            file: file!("passthrough_model_lite.tflite"),
            licence: "MIT OR Apache-2.0",
        },
    },
];

/// A model inside the binary.
#[derive(Debug)]
#[non_exhaustive]
pub struct BuiltIn {
    /// The name that selects it. Not a path.
    pub name: &'static str,
    /// One line that says what it is for.
    pub purpose: &'static str,
    form: Form,
}

/// What is known of a built-in model without loading it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// The one sample rate in Hz that it works at; none if it takes any.
    pub sample_rate: Option<u32>,
    /// The licence of its weights, as an SPDX expression.
    pub licence: String,
}

#[derive(Debug)]
enum Form {
    /// A waveform file, which does not contain its licence.
    Bare { file: &'static [u8], licence: &'static str },
    /// A `model.json`, and the files that it names, in that order.
    Folder { description: &'static [u8], files: &'static [&'static [u8]] },
}

impl BuiltIn {
    /// The model of this name.
    pub fn find(name: &OsStr) -> Option<&'static BuiltIn> {
        BUILT_IN.iter().find(|model| model.name == name)
    }

    /// Whether there is a model of this name, which was not compiled.
    pub(crate) fn is_left_out(name: &OsStr) -> bool {
        FEATURES.iter().any(|(known, is_built)| *known == name && !is_built)
    }

    /// Loads the model.
    ///
    /// # Errors
    /// Those of [`Model::from_folder`], if the files do not fit this version of the core.
    pub fn load(&self) -> Result<Model> {
        match self.form {
            Form::Bare { file, .. } => Model::from_tflite(file),
            Form::Folder { description, files } => {
                Model::from_folder(ModelDescription::parse(description)?, files)
            }
        }
    }

    /// What is known of it without loading it.
    ///
    /// # Errors
    /// Those of [`ModelDescription::parse`], if its description does not fit this version
    /// of the core.
    pub fn about(&self) -> Result<About> {
        match self.form {
            Form::Bare { licence, .. } => Ok(About { sample_rate: None, licence: licence.into() }),
            Form::Folder { description, .. } => {
                let description = ModelDescription::parse(description)?;
                let sample_rate = Some(description.sample_rate());
                Ok(About { sample_rate, licence: description.licence().into() })
            }
        }
    }

    /// The size of its files, in bytes.
    pub fn bytes(&self) -> usize {
        match self.form {
            Form::Bare { file, .. } => file.len(),
            Form::Folder { description, files } => {
                description.len() + files.iter().map(|file| file.len()).sum::<usize>()
            }
        }
    }
}

/// Loads DNSMOS, the built-in network that rates recordings.
///
/// # Errors
/// Those of [`Dnsmos::from_folder`], if its files do not fit this version of the core;
/// `InvalidValue` if it was compiled without the feature `dnsmos`.
#[cfg(feature = "dnsmos")]
pub fn load_dnsmos() -> Result<Dnsmos> {
    let description = ModelDescription::parse(file!("dnsmos/model.json"))?;
    let files: [&[u8]; 2] =
        [file!("dnsmos/dnsmos_features.tflite"), file!("dnsmos/dnsmos_scores.tflite")];
    Dnsmos::from_folder(description, &files)
}

/// Refuses to load DNSMOS, which was not compiled.
///
/// # Errors
/// `InvalidValue`.
#[cfg(not(feature = "dnsmos"))]
pub fn load_dnsmos() -> Result<Dnsmos> {
    let expected = "another one, since this program was compiled without the feature `dnsmos` of \
                    enhancer-models";
    let (expected, actual) = (expected.into(), "DNSMOS".into());
    let name = "the network that rates recordings";
    Err(enhancer_core::ErrorKind::InvalidValue { name, expected, actual }.into())
}

/// Their names, for people.
pub(crate) fn names() -> String {
    match BUILT_IN {
        [] => "none".into(),
        models => models.iter().map(|model| model.name).collect::<Vec<_>>().join(", "),
    }
}
