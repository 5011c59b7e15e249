//! Operators that only move numbers: tract runs them once, on labels instead of numbers.

use tract_nnef::internal::*;

use super::onnx::Onnx;
use super::operators::Call;
use super::value::{Element, Value};

const MOVES: [&str; 21] = [
    "Concat",
    "DepthToSpace",
    "Expand",
    "Flatten",
    "Gather",
    "GatherElements",
    "GatherND",
    "Identity",
    "Pad",
    "Reshape",
    "ScatterElements",
    "ScatterND",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Tile",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Where",
];

/// Labels are whole numbers of float32, which are exact up to here.
const MOST_LABELS: usize = 1 << 24;

pub(super) fn is_movement(operator: &str) -> bool {
    MOVES.contains(&operator)
}

/// The result of such a node.
pub(super) fn moved(onnx: &Onnx, call: &Call) -> TractResult<Vec<Value>> {
    let reduces = call.text("reduction", "none")? != "none";
    ensure!(!reduces, "a reduction while scattering");
    let filling: Option<f32> = call.node.get_attr_opt("value")?;
    ensure!(filling.is_none_or(|filling| filling == 0.0), "pads that are not 0");
    // The label 0 is the number 0, which is what operators fill with.
    let mut elements = vec![Element::Is(0.0)];
    let mut inputs = vec![];
    for input in &call.inputs {
        inputs.push(match input {
            Some(Value::Constant(tensor)) if tensor.datum_type() != f32::datum_type() => {
                Some(tensor.clone())
            }
            Some(value) => {
                let computed = value.computed()?;
                let first = elements.len();
                elements.extend_from_slice(&computed.elements);
                ensure!(elements.len() <= MOST_LABELS, "more than {MOST_LABELS} numbers");
                let labels: Vec<f32> = (first..elements.len()).map(|label| label as f32).collect();
                Some(Tensor::from_shape(&computed.shape, &labels)?.into_arc_tensor())
            }
            None => None,
        });
    }
    // A number to pad with is only valid in this mode, but tract would use it in others too.
    if call.node.op_type == "Pad"
        && call.text("mode", "constant")? != "constant"
        && let Some(number) = inputs.get_mut(2)
    {
        *number = None;
    }
    let outputs = onnx.evaluate(call.node, &inputs)?;
    let value = |labels: Tensor| {
        let made = labels.try_as_plain_ram()?.as_slice::<f32>()?.iter();
        let made = made.map(|label| elements.get(*label as usize).copied());
        let made: Option<Vec<Element>> = made.collect();
        Value::of(labels.shape().to_vec(), made.context("an unknown label")?)
    };
    outputs.into_iter().map(value).collect()
}
