//! Reading `.tflite` bytes into a runnable network.

use std::sync::Arc;

use tract_tflite::internal::*;

use crate::error::{Error, ErrorKind, Result};
use crate::panics::contain;

/// A network, optimised and ready to run.
pub(super) type Network = Arc<TypedRunnableModel>;

/// One run of a network.
pub(super) type NetworkState = TypedSimpleState;

/// Reads the graph that a `.tflite` file holds.
pub(super) fn read(bytes: &[u8]) -> Result<TypedModel> {
    // A flatbuffer names its kind in its bytes 4 to 7.
    if bytes.get(4..8) != Some(b"TFL3") {
        return Err(corrupt("it does not have the mark TFL3 at byte 4"));
    }
    contained(|| tract_tflite::tflite().model_for_read(&mut &*bytes))
}

/// Optimises a graph for this machine.
pub(super) fn prepare(graph: TypedModel) -> Result<Network> {
    contained(|| graph.into_optimized()?.into_runnable())
}

/// Runs something of the reader on a file that may be damaged, and turns its
/// panics into errors too.
fn contained<T>(read: impl FnOnce() -> TractResult<T>) -> Result<T> {
    match contain(read) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(corrupt(format!("{error:#}"))),
        Err(panic) => Err(corrupt(panic)),
    }
}

fn corrupt(reason: impl Into<String>) -> Error {
    // The reader's messages are drawn over several lines.
    let words: Vec<String> = reason.into().split_whitespace().map(Into::into).collect();
    ErrorKind::CorruptModel { reason: words.join(" ") }.into()
}

/// What the runtime says when a run fails.
pub(super) fn inference(error: TractError) -> Error {
    ErrorKind::Inference { reason: format!("{error:#}") }.into()
}
