//! Changes the number of lanes that a graph runs in lockstep.
//!
//! A file is made for one lane: the first dimension, 1, of every tensor that depends on the inputs.
//! This dimension becomes the number of lanes everywhere in the graph. An operator that would move
//! it or compute across it is refused, because lanes are independent signals.

mod operator;

use std::mem;

use super::graph::Graph;
use crate::error::{Error, Result};

const SUPPORTED: &str = "several lanes in graphs where the first dimension of every tensor that \
    depends on the inputs is the lane, of size 1, and where no operator changes that dimension";

/// Changes a legal graph for one lane to this many lanes.
///
/// # Errors
/// `Unsupported` if a tensor or an operator does not keep the lanes first and separate, or if a
/// file cannot hold this many lanes.
pub(super) fn relane(graph: &mut Graph, lanes: usize) -> Result<()> {
    let count = i32::try_from(lanes).ok().filter(|lanes| *lanes > 0);
    let count = count.ok_or_else(|| Error::Unsupported {
        found: format!("{lanes} lanes"),
        supported: "1 to 2^31 - 1 lanes",
    })?;
    let laned = laned(graph);
    check(graph, &laned)?;
    for operator in mem::take(&mut graph.operators) {
        let of_lanes = operator.outputs.iter().any(|output| laned[*output]);
        let relaned = match of_lanes {
            true => operator::relane(graph, &laned, operator, count)?,
            false => operator,
        };
        graph.operators.push(relaned);
    }
    for (tensor, _) in graph.tensors.iter_mut().zip(laned).filter(|(_, laned)| *laned) {
        tensor.shape[0] = count;
        // If the number is open, it stays open.
        if let Some(first) = tensor.signature.as_mut().and_then(|signature| signature.first_mut())
            && *first >= 0
        {
            *first = count;
        }
    }
    Ok(())
}

/// Which tensors depend on the inputs, by index.
fn laned(graph: &Graph) -> Vec<bool> {
    let mut laned = vec![false; graph.tensors.len()];
    for input in &graph.inputs {
        laned[*input] = true;
    }
    for operator in &graph.operators {
        if operator.inputs.iter().flatten().any(|input| laned[*input]) {
            for output in &operator.outputs {
                laned[*output] = true;
            }
        }
    }
    laned
}

/// Checks that the first dimension of every laned tensor is 1, and that every output is laned.
fn check(graph: &Graph, laned: &[bool]) -> Result<()> {
    if let Some(output) = graph.outputs.iter().find(|output| !laned[**output]) {
        let name = &graph.tensors[*output].name;
        return Err(unsupported(format!(
            "the output {name:?}, which does not depend on any input"
        )));
    }
    let tensors = graph.tensors.iter().zip(laned);
    let other =
        tensors.filter(|(_, laned)| **laned).find(|(tensor, _)| tensor.shape.first() != Some(&1));
    match other {
        Some((tensor, _)) => Err(unsupported(format!(
            "the tensor {:?} of shape {:?}, whose first dimension is not 1",
            tensor.name, tensor.shape
        ))),
        None => Ok(()),
    }
}

fn unsupported(found: String) -> Error {
    Error::Unsupported { found, supported: SUPPORTED }
}

#[cfg(test)]
mod tests;
