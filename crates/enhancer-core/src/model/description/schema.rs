//! The structure of `model.json` before it is checked. `models/README.md` explains the fields.

use serde::Deserialize;

use super::{FrontEndKind, Layout, WindowFunction, invalid};
use crate::error::Result;

/// The supported version of the schema.
const SCHEMA: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    #[serde(rename = "schema")]
    _schema: u64,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) front_end: FrontEndKind,
    pub(super) sample_rate: u64,
    pub(super) hop: u64,
    pub(super) window: u64,
    pub(super) lookahead: u64,
    pub(super) spectral: Option<Spectral>,
    pub(super) licence: String,
    pub(super) origin: Origin,
    pub(super) parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Origin {
    pub(super) project: String,
    pub(super) registry: String,
    pub(super) package: String,
    pub(super) version: String,
    pub(super) file: String,
    pub(super) sha256: String,
}

/// The options of the front-end `spectral`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spectral {
    pub(super) window_function: WindowFunction,
    pub(super) fft: u64,
    pub(super) scale: f64,
    pub(super) compression: f64,
    pub(super) layout: Layout,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) sha256: String,
    pub(super) inputs: Vec<Tensor>,
    pub(super) outputs: Vec<Tensor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tensor {
    pub(super) index: u64,
    pub(super) role: String,
    pub(super) state: Option<String>,
    pub(super) shape: Vec<u64>,
}

/// The field that all versions of the schema have.
#[derive(Deserialize)]
struct Form {
    schema: u64,
}

impl Description {
    pub(super) fn read(json: &[u8]) -> Result<Description> {
        let form: Form = from_json(json)?;
        if form.schema != SCHEMA {
            return Err(invalid("schema", format!("it is {}, expected {SCHEMA}", form.schema)));
        }
        from_json(json)
    }
}

fn from_json<'d, T: Deserialize<'d>>(json: &'d [u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let position = format!(" at line {} column {}", error.line(), error.column());
        let reason = error.to_string();
        invalid(place, reason.strip_suffix(&position).unwrap_or(&reason))
    })
}
