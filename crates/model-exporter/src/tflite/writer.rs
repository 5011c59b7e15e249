//! Writes a model, and finds the operator that makes it fail.

use tract_nnef::internal::*;

use crate::ExportError;
use crate::contained::contained;

pub(super) fn write(model: &TypedModel) -> Result<Vec<u8>, ExportError> {
    try_write(model).map_err(|reason| {
        unsupported_operator(model).unwrap_or(ExportError::WriterFailed { reason })
    })
}

fn try_write(model: &TypedModel) -> Result<Vec<u8>, String> {
    contained(|| {
        let mut bytes = Vec::new();
        tract_tflite::tflite().write(model, &mut bytes)?;
        Ok(bytes)
    })
}

/// The first node that cannot be written even as a separate model.
///
/// The writer does not publish its list of operators, and its errors do not always name the node,
/// so each node is tried.
fn unsupported_operator(model: &TypedModel) -> Option<ExportError> {
    model.nodes.iter().filter(|node| depends_on_input(model, node)).find_map(|node| {
        let reason = contained(|| alone(model, node)).and_then(|alone| try_write(&alone)).err()?;
        let (node, operator) = (node.name.clone(), node.op.name().into_owned());
        Some(ExportError::OperatorUnsupported { node, operator, reason })
    })
}

/// Sources and constants are not operators. A node with only constant inputs is computed when the
/// model is written.
fn depends_on_input(model: &TypedModel, node: &TypedNode) -> bool {
    let varies =
        |outlet: &OutletId| model.outlet_fact(*outlet).is_ok_and(|fact| fact.konst.is_none());
    node.inputs.iter().any(varies)
}

/// A model with only `node`: its constant inputs stay constants, the others become inputs.
fn alone(model: &TypedModel, node: &TypedNode) -> TractResult<TypedModel> {
    let mut alone = TypedModel::default();
    let mut inputs = tvec!();
    for (slot, outlet) in node.inputs.iter().enumerate() {
        let fact = model.outlet_fact(*outlet)?;
        let name = format!("input.{slot}");
        inputs.push(match &fact.konst {
            Some(constant) => alone.add_const(name, Arc::clone(constant))?,
            None => alone.add_source(name, fact.without_value())?,
        });
    }
    let outputs = alone.wire_node(&node.name, node.op.clone(), &inputs)?;
    alone.select_output_outlets(&outputs)?;
    Ok(alone)
}
