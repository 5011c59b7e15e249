//! Reads `.tflite` files into runnable networks.

mod bounds;
mod graph;
mod legalise;
mod relane;

#[cfg(any(test, feature = "fixture"))]
pub mod fixture;

use std::borrow::Cow;
use std::sync::Arc;

use tract_tflite::internal::tract_core::optim::Optimizer;
use tract_tflite::internal::*;

use self::graph::Graph;
use crate::error::{Error, Result};
use crate::panics::contain;

/// A network, optimised and ready to run.
pub(crate) type PreparedNetwork = Arc<TypedRunnableModel>;

/// One run of a network.
pub(crate) type NetworkState = TypedSimpleState;

/// Reads the graph in a `.tflite` file, for this many lanes. The file itself is made for one.
///
/// # Errors
/// `Corrupt` if the bytes are damaged; `Unsupported` if the runtime does not know an operator, or
/// if there is more than one lane and the graph would mix them; `LimitExceeded` if it needs more
/// memory than models do.
pub(crate) fn read(bytes: &[u8], lanes: usize) -> Result<TypedModel> {
    // The identifier of a flatbuffer's format is in bytes 4 to 7.
    if bytes.get(4..8) != Some(b"TFL3") {
        return Err(corrupt("it is neither a .tflite file nor a compiled network"));
    }
    let legal = contain(|| rewritten(bytes, lanes)).map_err(corrupt)??;
    let graph = contained(|| tract_tflite::tflite().model_for_read(&mut &*legal))?;
    bounds::check_read(&graph, lanes)?;
    bounds::check_products(&graph)?;
    Ok(graph)
}

/// The bytes of a file that computes the same for this many lanes, with operators that the runtime
/// supports. Returns the given bytes if they already do that. This is for tests that compare
/// runtimes operator by operator.
///
/// # Errors
/// `Corrupt`, `Unsupported` or `LimitExceeded`.
#[doc(hidden)]
pub fn rewritten(bytes: &[u8], lanes: usize) -> Result<Cow<'_, [u8]>> {
    let mut graph = Graph::read(bytes)?;
    bounds::check_declared(&graph)?;
    let mut changed = legalise::legalise(&mut graph)?;
    if lanes != 1 {
        relane::relane(&mut graph, lanes)?;
        changed = true;
    }
    Ok(if changed { graph.write().into() } else { bytes.into() })
}

/// The passes of tract that a graph goes through before it is compiled, by the beginnings of their
/// names. Most of the other passes move slices. Without them it takes a third of the time. Equal
/// operators are then computed twice, and so is what a slice discards, but that costs less.
const PASSES: [&str; 3] = ["PropConst", "declutter", "ChangeAxes"];

/// Simplifies a graph before it is compiled: folds constants, and finds operators that several
/// others together represent.
pub(crate) fn simplified(mut graph: TypedModel) -> TractResult<TypedModel> {
    let mut optimizer = Optimizer::declutter();
    optimizer.passes.retain(|pass| {
        let name = format!("{pass:?}");
        PASSES.iter().any(|pass| name.starts_with(pass))
    });
    ensure!(optimizer.passes.len() == PASSES.len(), "a pass of the runtime has another name");
    optimizer.optimize(&mut graph)?;
    Ok(graph)
}

/// Optimises a graph, which was read for this many lanes, for this machine.
///
/// # Errors
/// `Corrupt` if that is impossible, `LimitExceeded` if the result needs more memory than models do:
/// a convolution with padding becomes two operators.
pub(crate) fn prepare(graph: TypedModel, lanes: usize) -> Result<PreparedNetwork> {
    let optimized = contained(|| graph.into_optimized())?;
    bounds::check_read(&optimized, lanes)?;
    contained(|| optimized.into_runnable())
}

/// The type and shape of an input or output, for people.
pub(crate) fn fact_text(graph: &TypedModel, outlet: OutletId) -> String {
    let Ok(fact) = graph.outlet_fact(outlet) else { return "unknown".into() };
    let kind = match fact.datum_type {
        DatumType::F32 => "float32".into(),
        kind => format!("{kind:?}").to_lowercase(),
    };
    match fact.shape.as_concrete() {
        Some(shape) => format!("{kind} {shape:?}"),
        None => format!("{kind} {:?}", fact.shape),
    }
}

/// Runs a part of the reader on a file that may be damaged, and turns its panics into errors.
pub(crate) fn contained<T>(read: impl FnOnce() -> TractResult<T>) -> Result<T> {
    match contain(read) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(corrupt(format!("{error:#}"))),
        Err(panic) => Err(corrupt(panic)),
    }
}

/// Runs a network, or a share of a run on another thread. The runtime finds some faults of a graph
/// only then, and panics.
pub(crate) fn contained_run<T>(run: impl FnOnce() -> TractResult<T>) -> TractResult<T> {
    contain(run).unwrap_or_else(|panic| Err(format_err!("it panicked: {panic}")))
}

fn corrupt(reason: impl Into<String>) -> Error {
    // The reader's messages have several lines.
    let words: Vec<String> = reason.into().split_whitespace().map(Into::into).collect();
    Error::Corrupt { reason: words.join(" ") }
}

/// The error of a failed run.
pub(crate) fn inference(error: TractError) -> Error {
    Error::Inference { reason: format!("{error:#}") }
}
