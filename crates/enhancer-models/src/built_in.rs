//! The models inside the binary, so that it works anywhere.

use std::ffi::OsStr;

use enhancer_core::{Dnsmos, Model, ModelDescription, Result};

/// Includes a file of the folder `models`. In the repository that is a link to the folder that all
/// crates use.
macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!("../models/", $path))
    };
}

/// All models, and whether each was compiled. Each has a feature of its name.
const FEATURES: [(&str, bool); 3] = [
    (DEFAULT, cfg!(feature = "deepfilternet3")),
    ("gtcrn", cfg!(feature = "gtcrn")),
    ("passthrough", cfg!(feature = "passthrough")),
];

/// The default model. It needs the feature of the same name.
pub const DEFAULT: &str = "deepfilternet3";

/// All built-in models; the first is the best for most recordings. This is not a constant, because
/// each crate that uses a constant would get a copy with all the files.
pub static BUILT_IN: &[BuiltIn] = &[
    #[cfg(feature = "deepfilternet3")]
    BuiltIn {
        name: DEFAULT,
        purpose: "DeepFilterNet 3: full bandwidth, best quality",
        form: Form::Folder {
            description: file!("compiled/deepfilternet3/model.json"),
            files: &[file!("compiled/deepfilternet3/deepfilternet3.network")],
        },
    },
    #[cfg(feature = "gtcrn")]
    BuiltIn {
        name: "gtcrn",
        purpose: "GTCRN: lighter; also removes reverberation, and everything above 8 kHz",
        form: Form::Folder {
            description: file!("compiled/gtcrn/model.json"),
            files: &[file!("compiled/gtcrn/gtcrn.network")],
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
    /// The purpose of the model, in one line.
    pub purpose: &'static str,
    form: Form,
}

/// The description of a built-in model, available without loading it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// The sample rate in Hz that it needs; `None` if it takes any.
    pub sample_rate: Option<u32>,
    /// The licence of its weights, as an SPDX expression.
    pub licence: String,
}

#[derive(Debug)]
enum Form {
    /// A waveform file. The licence is given here because the file does not contain it.
    Bare { file: &'static [u8], licence: &'static str },
    /// A `model.json`, and the files that it names, in the same order.
    Folder { description: &'static [u8], files: &'static [&'static [u8]] },
}

impl BuiltIn {
    /// The model of this name.
    pub fn find(name: &OsStr) -> Option<&'static BuiltIn> {
        BUILT_IN.iter().find(|model| model.name == name)
    }

    /// Whether there is a model of this name that was not compiled.
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

    /// The description of the model. This does not load it.
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
    let description = ModelDescription::parse(file!("compiled/dnsmos/model.json"))?;
    let files: [&[u8]; 2] = [
        file!("compiled/dnsmos/dnsmos_features.network"),
        file!("compiled/dnsmos/dnsmos_scores.network"),
    ];
    Dnsmos::from_folder(description, &files)
}

/// Returns an error, because DNSMOS was not compiled.
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

/// The names of the built-in models, for people.
pub(crate) fn names() -> String {
    match BUILT_IN {
        [] => "none".into(),
        models => models.iter().map(|model| model.name).collect::<Vec<_>>().join(", "),
    }
}
