//! Brings a model into the form that the TFLite writer needs.

use tract_nnef::internal::*;
use tract_nnef::tract_core::model::Rewriter;
use tract_nnef::tract_core::ops::identity::Identity;
use tract_nnef::tract_core::ops::source::TypedSource;

use crate::ExportError;
use crate::contained::contained;

/// A model equal to `model`, with concrete shapes, without operators that do nothing, with an
/// operator behind every output, and with a label on every tensor.
pub(super) fn prepare(model: &TypedModel) -> Result<TypedModel, ExportError> {
    ensure_shapes_concrete(model)?;
    let mut model = model.clone();
    contained(|| {
        drop_identities(&mut model)?;
        copy_inputs_that_are_outputs(&mut model)?;
        label_tensors(&mut model)
    })
    .map_err(|reason| ExportError::WriterFailed { reason })?;
    Ok(model)
}

/// The writer panics on a symbolic dimension.
fn ensure_shapes_concrete(model: &TypedModel) -> Result<(), ExportError> {
    let inputs = model.inputs.iter().map(|outlet| outlet.node);
    for id in inputs.chain(0..model.nodes.len()) {
        let node = model.node(id);
        if let Some(output) = node.outputs.iter().find(|o| o.fact.shape.as_concrete().is_none()) {
            let dims: Vec<_> = output.fact.shape.iter().map(ToString::to_string).collect();
            let (tensor, shape) = (node.name.clone(), dims.join(","));
            return Err(ExportError::ShapeUnknown { tensor, shape });
        }
    }
    Ok(())
}

fn drop_identities(model: &mut TypedModel) -> TractResult<()> {
    Rewriter::default()
        .with_rule_for("drop-identity", |_: &(), model, node, _, _: &Identity| {
            TypedModelPatch::shunt_one_op(model, node)
        })
        .rewrite(&(), model)
}

/// In TFLite, an operator must compute each output. RESHAPE to the same shape copies
/// every bit, which no arithmetic does: x + 0 loses the sign of -0, and x × 1 may quiet a NaN or
/// flush a denormal.
fn copy_inputs_that_are_outputs(model: &mut TypedModel) -> TractResult<()> {
    for slot in 0..model.outputs.len() {
        let outlet = model.outputs[slot];
        if !model.node(outlet.node).op_is::<TypedSource>() {
            continue;
        }
        let shape = model.outlet_fact(outlet)?.shape.to_tvec();
        let same_shape = AxisOp::Reshape(0, shape.clone(), shape);
        let name = format!("{}.copy", model.node(outlet.node).name);
        let copy = model.wire_node(name, same_shape, &[outlet])?[0];
        if let Some(label) = model.outlet_labels.remove(&outlet) {
            model.set_outlet_label(copy, label)?;
        }
        model.outputs[slot] = copy;
    }
    Ok(())
}

/// The writer names tensors only after outlet labels, never after nodes.
fn label_tensors(model: &mut TypedModel) -> TractResult<()> {
    for id in 0..model.nodes.len() {
        for slot in 0..model.node(id).outputs.len() {
            let outlet = OutletId::new(id, slot);
            if model.outlet_label(outlet).is_none() {
                let name = &model.node(id).name;
                let label = if slot == 0 { name.clone() } else { format!("{name}.{slot}") };
                model.set_outlet_label(outlet, label)?;
            }
        }
    }
    Ok(())
}
