//! Loads a model's folder: checks its files against its description.

use std::fmt::Write;
use std::sync::Arc;

use enhancer_networks::TensorInfo;
use sha2::{Digest, Sha256};

use super::Model;
use super::deepfilternet::DeepFilterNet;
use super::description::{FrontEndKind, ModelDescription, PartDescription, Port};
use super::dtln::Dtln;
use super::network::Network;
use super::spectral::Spectral;
use crate::error::{Error, ErrorKind, Result};

pub(super) fn load(description: ModelDescription, files: &[impl AsRef<[u8]>]) -> Result<Model> {
    front_end(&description, networks(&description, files)?)
}

/// The networks of a description's parts.
pub(super) fn networks(
    description: &ModelDescription,
    files: &[impl AsRef<[u8]>],
) -> Result<Vec<Network>> {
    let expected = description.parts.len();
    if files.len() != expected {
        let names: Vec<&str> = description.files().collect();
        let expected = format!("{expected}: {}", names.join(", "));
        return Err(Error::invalid("the number of the model's files", expected, files.len()));
    }
    let parts = description.parts.iter().zip(files);
    parts.map(|(part, bytes)| network(part, bytes.as_ref())).collect()
}

/// The networks of a description's parts in compiled form, in their order.
#[cfg(feature = "tflite")]
pub(super) fn compile(
    description: &ModelDescription,
    files: &[impl AsRef<[u8]>],
) -> Result<Vec<Vec<u8>>> {
    // DNSMOS runs its networks whole, once for each tile or window.
    let whole = matches!(description.front_end, FrontEndKind::Dnsmos);
    networks(description, files)?.iter().map(|network| network.compiled(whole)).collect()
}

/// The only place that knows all front-ends that enhance.
fn front_end(description: &ModelDescription, networks: Vec<Network>) -> Result<Model> {
    let info = description.info();
    let count = networks.len();
    let mut networks = networks.into_iter();
    let spectral = description.spectral;
    Ok(match (description.front_end, spectral, networks.next(), networks.next()) {
        (FrontEndKind::DeepFilterNet, None, Some(step), None) => {
            Model(Arc::new(DeepFilterNet::new(info, step)?))
        }
        (FrontEndKind::Dtln, None, Some(masking), Some(refining)) => {
            Model(Arc::new(Dtln::new(info, masking, refining)?))
        }
        (FrontEndKind::Spectral, Some(spectral), Some(step), None) => {
            Model(Arc::new(Spectral::new(info, spectral, step)?))
        }
        (FrontEndKind::Dnsmos, ..) => {
            let found = format!("{}, a model that rates recordings", info.name);
            let supported =
                "models that enhance, with the front-end deepfilternet, dtln or spectral";
            return Err(ErrorKind::UnsupportedModel { found, supported }.into());
        }
        _ => {
            let found = format!("{count} parts");
            let supported = "one part for deepfilternet and spectral, two for dtln";
            return Err(ErrorKind::UnsupportedModel { found, supported }.into());
        }
    })
}

/// Loads the network of a part. Its file must match the description.
fn network(part: &PartDescription, bytes: &[u8]) -> Result<Network> {
    let actual = hexadecimal(digest(bytes).as_ref());
    if actual != part.sha256 {
        return Err(differs(&part.file, format!("the sha256 {}", part.sha256), actual));
    }
    let network = enhancer_networks::Network::read(bytes)?;
    compare(part, "input", network.inputs(), &part.inputs)?;
    compare(part, "output", network.outputs(), &part.outputs)?;
    Network::new(network, part.inputs.clone(), part.outputs.clone())
}

/// Checks that the file's tensors match the description.
fn compare(part: &PartDescription, side: &str, found: &[TensorInfo], ports: &[Port]) -> Result<()> {
    if found.len() != ports.len() {
        let counted = |count: usize| format!("{count} {side}s");
        return Err(differs(&part.file, counted(ports.len()), counted(found.len())));
    }
    for (index, (found, port)) in found.iter().zip(ports).enumerate() {
        let shape = [&[1], &port.shape[..]].concat();
        if found.shape() != Some(&shape[..]) {
            let expected = format!("{side} {index} ({}) is float32 {shape:?}", port.role);
            return Err(differs(&part.file, expected, found.to_string()));
        }
    }
    Ok(())
}

/// The bytes that are hashed at a time. A browser first runs slow code of a function, and gets to the fast
/// one only between calls: a single call took 0.1 s for DeepFilterNet 3.
const HASHED: usize = 4096;

fn digest(bytes: &[u8]) -> impl AsRef<[u8]> {
    let mut digest = Sha256::new();
    bytes.chunks(HASHED).for_each(|part| digest.update(part));
    digest.finalize()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string never fails.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn differs(file: &str, expected: String, actual: impl Into<String>) -> Error {
    ErrorKind::ModelFileDiffers { file: file.into(), expected, actual: actual.into() }.into()
}

#[cfg(test)]
mod tests;
