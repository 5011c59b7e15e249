//! FULLY_CONNECTED → the same with float32 weights and a bias, on a matrix.

use tract_tflite::tflite::{FullyConnectedOptionsWeightsFormat, TensorType};

use super::super::corrupt;
use super::super::graph::{Graph, Operator, Options};
use super::{elements, reshape, unsupported, weights};
use crate::error::Result;

pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    mut operator: Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let kept = operator.kept().and_then(|kept| kept.builtin_options_as_fully_connected_options());
    let kept = kept.ok_or_else(|| corrupt("FULLY_CONNECTED has no options"))?;
    if kept.weights_format() != FullyConnectedOptionsWeightsFormat::DEFAULT {
        return Err(unsupported(graph, &operator, "with shuffled weights"));
    }
    let input = operator.input(0)?;
    let shape = graph.tensors[operator.input(1)?].shape.clone();
    let &[channels, depth] = &shape[..] else {
        return Err(corrupt(format!("FULLY_CONNECTED with weights of shape {shape:?}")));
    };
    let mut changed = kept.asymmetric_quantize_inputs();
    changed |= weights::make_float32(graph, &mut operator)?;
    changed |= weights::add_missing_bias(graph, &mut operator, channels)?;
    if changed {
        let activation = kept.fused_activation_function();
        operator.options = Options::FullyConnected { activation, keep_dims: kept.keep_num_dims() };
    }
    if graph.tensors[input].shape.len() == 2 || graph.tensors[input].kind != TensorType::FLOAT32 {
        return Ok(vec![operator]);
    }
    on_a_matrix(graph, operator, [channels, depth], kept.keep_num_dims())
}

/// Merges all axes of the input except the last, and splits those of the output again.
fn on_a_matrix<'f>(
    graph: &mut Graph<'f>,
    mut operator: Operator<'f>,
    [channels, depth]: [i32; 2],
    keep_dims: bool,
) -> Result<Vec<Operator<'f>>> {
    let (input, output) = (operator.input(0)?, operator.output()?);
    let mut shape = graph.tensors[input].shape.clone();
    let rows = elements(&shape)
        .and_then(|elements| {
            let depth = usize::try_from(depth).ok().filter(|depth| *depth > 0)?;
            i32::try_from(elements / depth).ok().filter(|_| elements.is_multiple_of(depth))
        })
        .ok_or_else(|| corrupt(format!("FULLY_CONNECTED of {shape:?} with rows of {depth}")))?;
    let matrix = graph.add_like(input, "matrix", vec![rows, depth]);
    let before = reshape(graph, input, matrix);
    operator.inputs[0] = Some(matrix);
    let mut operators = vec![before, operator];
    if let (true, Some(last)) = (keep_dims, shape.last_mut()) {
        *last = channels;
        graph.tensors[output].shape = shape;
        let product = graph.add_like(output, "matrix", vec![rows, channels]);
        operators[1].outputs = vec![product];
        operators.push(reshape(graph, product, output));
    }
    Ok(operators)
}
