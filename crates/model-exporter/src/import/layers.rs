//! Convolutions and recurrent layers as ONNX describes them.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array3, Array4, Axis};

use super::Lowering;
use super::convolution::{Convolution, Geometry, Moves};
use super::operators::Call;
use super::recurrent::{Direction, Recurred};
use super::strands::Strand;
use super::value::{Computed, Value, floats};

impl Lowering {
    pub(super) fn conv(&mut self, call: &Call, is_transposed: bool) -> TractResult<Computed> {
        let x = call.computed(0)?;
        let rank = x.shape.len();
        ensure!((3..=4).contains(&rank), "a tensor of {rank} dimensions, 3 or 4 are supported");
        // Over one axis: as one row.
        let image = match x.shape[..] {
            [batch, channels, width] => x.reshaped(&[batch, channels, 1, width]),
            _ => x,
        };
        let mut convolution = convolution(call, &image, is_transposed)?;
        if let Some((scale, offset)) = self.following_normalisation(call)? {
            convolution.scale(&scale, &offset);
        }
        let made = self.convolve(&image, &convolution)?;
        Ok(if rank == 3 { made.reshaped(&[1, made.shape[1], made.shape[3]]) } else { made })
    }

    /// The results of independent recurrent layers of the same form. They are computed side by
    /// side.
    pub(super) fn recurrent(&mut self, layers: Vec<Vec<Strand>>) -> TractResult<Vec<Vec<Value>>> {
        let counts: Vec<usize> = layers.iter().map(Vec::len).collect();
        let mut made = self.side_by_side(layers.into_iter().flatten().collect())?.into_iter();
        let layer = |count| outputs(&made.by_ref().take(count).collect::<Vec<_>>());
        counts.into_iter().map(layer).collect()
    }
}

/// The layer of a call, with one strand for each direction.
pub(super) fn strands_of(call: &Call) -> TractResult<Vec<Strand>> {
    let is_gru = call.node.op_type == "GRU";
    let layer = Layer::read(call, if is_gru { 3 } else { 4 })?;
    let x = call.computed(0)?;
    ensure!(x.shape.len() == 3, "a sequence of shape {:?}", x.shape);
    let (batch, units) = (x.shape[1], layer.units);
    let first = |slot: usize, at: usize| -> TractResult<Value> {
        let Some(first) = call.inputs.get(slot).and_then(Option::as_ref) else {
            let zeros = Tensor::zero::<f32>(&[batch, units])?;
            return Ok(Value::Constant(zeros.into_arc_tensor()));
        };
        let first = first.computed()?.slice(0, at..at + 1);
        Value::of(vec![batch, units], first.elements.to_vec())
    };
    let linear_before_reset = call.int("linear_before_reset", 0)? != 0;
    let strand = |(at, direction)| {
        let (x, hidden) = (x.clone(), first(5, at)?);
        let cell = if is_gru { None } else { Some(first(6, at)?) };
        Ok(Strand { x, direction, hidden, cell, linear_before_reset })
    };
    layer.directions.into_iter().enumerate().map(strand).collect()
}

/// The sequence [step, direction, batch, unit] and the last states [direction, batch, unit].
fn outputs(directions: &[Recurred]) -> TractResult<Vec<Value>> {
    let (batch, units) = (directions[0].steps[0].shape[0], directions[0].steps[0].shape[1]);
    let sequence = directions.iter().map(|direction| {
        let shape = [1, 1, batch, units];
        let steps: Vec<_> = direction.steps.iter().map(|step| step.reshaped(&shape)).collect();
        Computed::concat(0, &steps)
    });
    let sequence = Computed::concat(1, &sequence.collect::<TractResult<Vec<_>>>()?)?;
    let last = |of: &dyn Fn(&Recurred) -> Option<Value>| -> TractResult<Option<Value>> {
        let Some(all) = directions.iter().map(of).collect::<Option<Vec<Value>>>() else {
            return Ok(None);
        };
        let shape = [1, batch, units];
        let all = all.iter().map(|value| Ok(value.computed()?.reshaped(&shape)));
        let last = Computed::concat(0, &all.collect::<TractResult<Vec<_>>>()?)?;
        Value::of(last.shape, last.elements.to_vec()).map(Some)
    };
    let hidden = last(&|direction| Some(direction.hidden.clone()))?;
    let cell = last(&|direction| direction.cell.clone())?;
    Ok([Some(sequence.into()), hidden, cell].into_iter().flatten().collect())
}

fn convolution(call: &Call, x: &Computed, is_transposed: bool) -> TractResult<Convolution> {
    let groups = usize::try_from(call.int("group", 1)?)?;
    let given = call.constant(1)?;
    let weights = given.to_plain_array_view::<f32>()?.to_owned();
    let is_row = weights.ndim() == 3;
    let weights = if is_row { weights.insert_axis(Axis(2)) } else { weights };
    let mut weights: Array4<f32> = weights.into_dimensionality()?;
    if is_transposed {
        weights = outputs_first(&weights, groups);
    }
    let (outputs, _, height, width) = weights.dim();
    let bias = match call.option(2)? {
        Some(bias) => floats(&bias)?,
        None => vec![0.0; outputs],
    };
    // Reads an attribute with one value for each axis of the file.
    let of_axes = |name: &str, default: i64| -> TractResult<Vec<i64>> {
        let count = if is_row { 1 } else { 2 };
        let mut values = call.ints(name)?.unwrap_or_else(|| vec![default; count]);
        ensure!(values.len() == count, "{} {name}", values.len());
        if is_row {
            values.insert(0, default);
        }
        Ok(values)
    };
    let (strides, dilations) = (of_axes("strides", 1)?, of_axes("dilations", 1)?);
    let more = of_axes("output_padding", 0)?;
    let kernel = [height, width];
    let moves = |axis: usize| -> TractResult<Moves> {
        let (stride, dilation) = (strides[axis] as usize, dilations[axis] as usize);
        ensure!(stride > 0 && dilation > 0, "a stride or dilation of 0");
        let (input, kernel) = (x.shape[2 + axis], kernel[axis]);
        let mut along = Geometry { input, kernel, stride, dilation, pads: [0; 2] };
        along.pads = pads(call, axis, is_row, is_transposed, &along)?;
        if is_transposed {
            along.pads[1] -= more[axis] as isize;
            Moves::of_transposed(&along)
        } else {
            Moves::of_convolution(&along)
        }
    };
    let moves = [moves(0)?, moves(1)?];
    Ok(Convolution { weights, bias, groups, moves })
}

/// The padding before and after an axis.
fn pads(
    call: &Call,
    axis: usize,
    is_row: bool,
    is_transposed: bool,
    along: &Geometry,
) -> TractResult<[isize; 2]> {
    if is_row && axis == 0 {
        return Ok([0; 2]);
    }
    let way = call.text("auto_pad", "NOTSET")?;
    match &*way {
        "VALID" => Ok([0; 2]),
        "SAME_UPPER" | "SAME_LOWER" if !is_transposed => {
            let whole = (along.input.div_ceil(along.stride) - 1) * along.stride + along.reach();
            let total = whole.saturating_sub(along.input) as isize;
            let (less, more) = (total / 2, total - total / 2);
            Ok(if way == "SAME_UPPER" { [less, more] } else { [more, less] })
        }
        "NOTSET" => {
            ensure!(call.ints("output_shape")?.is_none(), "an output shape instead of pads");
            let axes = if is_row { 1 } else { 2 };
            let pads = call.ints("pads")?.unwrap_or_else(|| vec![0; 2 * axes]);
            ensure!(pads.len() == 2 * axes, "{} pads", pads.len());
            let at = if is_row { 0 } else { axis };
            Ok([pads[at] as isize, pads[at + axes] as isize])
        }
        _ => bail!("auto_pad {way}"),
    }
}

/// Converts the weights [input, output of the group, …] of a transposed convolution to those of an
/// ordinary one.
fn outputs_first(weights: &Array4<f32>, groups: usize) -> Array4<f32> {
    let (inputs, of_output, height, width) = weights.dim();
    let of_input = inputs / groups;
    Array4::from_shape_fn((of_output * groups, of_input, height, width), |(output, input, y, x)| {
        let group = output / of_output;
        weights[(group * of_input + input, output % of_output, y, x)]
    })
}

impl Convolution {
    /// Scales each output channel and adds an offset to it.
    fn scale(&mut self, scale: &[f32], offset: &[f32]) {
        for (output, mut weights) in self.weights.axis_iter_mut(Axis(0)).enumerate() {
            weights *= scale[output];
            self.bias[output] = self.bias[output] * scale[output] + offset[output];
        }
    }
}

/// A recurrent layer.
struct Layer {
    units: usize,
    directions: Vec<Direction>,
}

impl Layer {
    fn read(call: &Call, gates: usize) -> TractResult<Layer> {
        ensure!(call.int("layout", 0)? == 0, "a layout with the batch in front");
        ensure!(call.node.get_attr_opt::<f32>("clip")?.is_none(), "clipped gates");
        ensure!(call.int("input_forget", 0)? == 0, "gates that share weights");
        ensure!(call.inputs.get(4).is_none_or(Option::is_none), "lengths of sequences");
        ensure!(call.inputs.get(7).is_none_or(Option::is_none), "weights of peepholes");
        ensure!(has_usual_activations(call)?, "other activations than the usual ones");
        let input: Array3<f32> = cube(&*call.constant(1)?)?;
        let recurrent: Array3<f32> = cube(&*call.constant(2)?)?;
        let (count, units) = (recurrent.dim().0, recurrent.dim().2);
        let expected = gates * units;
        ensure!(
            input.dim().1 == expected && recurrent.dim().1 == expected && input.dim().0 == count,
            "weights of shapes {:?} and {:?}",
            input.dim(),
            recurrent.dim()
        );
        let backward = match &*call.text("direction", "forward")? {
            "forward" => vec![false],
            "reverse" => vec![true],
            "bidirectional" => vec![false, true],
            other => bail!("the direction {other:?}"),
        };
        ensure!(backward.len() == count, "weights of {count} directions");
        let bias = match call.option(3)? {
            Some(bias) => floats(&bias)?,
            None => vec![0.0; count * 2 * expected],
        };
        ensure!(bias.len() == count * 2 * expected, "{} biases", bias.len());
        let direction = |(at, backward): (usize, bool)| {
            let bias = &bias[at * 2 * expected..][..2 * expected];
            Direction {
                input: input.index_axis(Axis(0), at).t().to_owned(),
                recurrent: recurrent.index_axis(Axis(0), at).t().to_owned(),
                input_bias: bias[..expected].to_vec(),
                recurrent_bias: bias[expected..].to_vec(),
                backward,
            }
        };
        let directions = backward.into_iter().enumerate().map(direction).collect();
        Ok(Layer { units, directions })
    }
}

fn has_usual_activations(call: &Call) -> TractResult<bool> {
    let usual = if call.node.op_type == "GRU" {
        &["Sigmoid", "Tanh"][..]
    } else {
        &["Sigmoid", "Tanh", "Tanh"]
    };
    let names = call.node.attribute.iter().find(|attribute| attribute.name == "activations");
    Ok(names.is_none_or(|names| {
        names.strings.chunks(usual.len()).all(|names| {
            names.iter().zip(usual).all(|(name, usual)| name.eq_ignore_ascii_case(usual.as_bytes()))
        })
    }))
}

fn cube(tensor: &Tensor) -> TractResult<Array3<f32>> {
    Ok(tensor.to_plain_array_view::<f32>()?.into_dimensionality()?.to_owned())
}
