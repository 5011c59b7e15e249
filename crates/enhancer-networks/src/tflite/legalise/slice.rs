//! SLICE → the same with all sizes stated. STRIDED_SLICE → SLICE, or if it skips elements the same
//! with all bounds stated; plus RESHAPE for removed axes.

use tract_tflite::tflite::{BuiltinOperator, StridedSliceOptions};

use super::super::corrupt;
use super::super::graph::{Graph, Operator, Options};
use super::{reshape, unsupported};
use crate::error::Result;

pub(super) fn slice<'f>(graph: &mut Graph<'f>, mut operator: Operator<'f>) -> Result<Operator<'f>> {
    let bounds = [graph.int32(operator.input(1)?), graph.int32(operator.input(2)?)];
    // The runtime would return the whole tensor.
    let [Some(begins), Some(sizes)] = bounds else {
        return Err(unsupported(graph, &operator, "with bounds that are not int32 constants"));
    };
    let shape = graph.tensors[operator.input(0)?].shape.clone();
    let wrong = || corrupt(format!("SLICE of {shape:?} from {begins:?} of {sizes:?}"));
    if begins.len() != shape.len() || sizes.len() != shape.len() {
        return Err(wrong());
    }
    let mut filled = vec![];
    for ((begin, size), dim) in begins.iter().zip(&sizes).zip(&shape) {
        let rest = (0..=*dim).contains(begin).then(|| dim - begin).ok_or_else(wrong)?;
        let size = if *size == -1 { rest } else { *size };
        filled.push((0..=rest).contains(&size).then_some(size).ok_or_else(wrong)?);
    }
    if filled != sizes {
        let name = format!("{}.sizes", graph.tensors[operator.output()?].name);
        operator.inputs[2] = Some(graph.add_int32(&name, &filled));
    }
    Ok(operator)
}

/// What a STRIDED_SLICE takes of one axis.
struct Taken {
    begin: i32,
    end: i32,
    stride: i32,
    /// Whether the axis is removed.
    shrinks: bool,
}

impl Taken {
    fn len(&self) -> i32 {
        let len = self.end - self.begin;
        len / self.stride + i32::from(len % self.stride > 0)
    }
}

pub(super) fn strided_slice<'f>(
    graph: &mut Graph<'f>,
    operator: &Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let options = operator.kept().and_then(|kept| kept.builtin_options_as_strided_slice_options());
    let options = options.ok_or_else(|| corrupt("STRIDED_SLICE has no options"))?;
    let axes = taken(graph, operator, &options)?;
    let (input, output) = (operator.input(0)?, operator.output()?);
    let name = graph.tensors[output].name.clone();
    let lens: Vec<i32> = axes.iter().map(Taken::len).collect();
    let rest: Vec<i32> = axes.iter().filter(|axis| !axis.shrinks).map(Taken::len).collect();
    graph.tensors[output].shape = rest;
    let shrinks = axes.iter().any(|axis| axis.shrinks);
    let part = if shrinks { graph.add_like(output, "part", lens.clone()) } else { output };
    let mut constant = |what: &str, of: fn(&Taken) -> i32| {
        graph.add_int32(&format!("{name}.{what}"), &axes.iter().map(of).collect::<Vec<_>>())
    };
    let begins = constant("begins", |axis| axis.begin);
    let mut operators = vec![if axes.iter().all(|axis| axis.stride == 1) {
        let sizes = constant("sizes", Taken::len);
        Operator::new(BuiltinOperator::SLICE, &[input, begins, sizes], part, Options::Slice)
    } else {
        let ends = constant("ends", |axis| axis.end);
        let strides = constant("strides", |axis| axis.stride);
        let inputs = [input, begins, ends, strides];
        Operator::new(BuiltinOperator::STRIDED_SLICE, &inputs, part, Options::StridedSlice)
    }];
    if shrinks {
        operators.push(reshape(graph, part, output));
    }
    Ok(operators)
}

fn taken(graph: &Graph, operator: &Operator, options: &StridedSliceOptions) -> Result<Vec<Taken>> {
    if options.ellipsis_mask() != 0 || options.new_axis_mask() != 0 {
        return Err(unsupported(graph, operator, "with an ellipsis or a new axis"));
    }
    let mut bounds = [vec![], vec![], vec![]];
    for (position, bound) in bounds.iter_mut().enumerate() {
        let given = graph.int32(operator.input(position + 1)?);
        *bound = given.ok_or_else(|| {
            unsupported(graph, operator, "with bounds that are not int32 constants")
        })?;
    }
    let [begins, ends, strides] = bounds;
    if strides.iter().any(|stride| *stride < 1) {
        return Err(unsupported(graph, operator, "with a stride below 1"));
    }
    let shape = &graph.tensors[operator.input(0)?].shape;
    let wrong = || {
        corrupt(format!("STRIDED_SLICE of {shape:?} from {begins:?} to {ends:?} by {strides:?}"))
    };
    if begins.len() > shape.len() || [ends.len(), strides.len()] != [begins.len(); 2] {
        return Err(wrong());
    }
    let axis = |(axis, dim): (usize, &i32)| {
        let Some(begin) = begins.get(axis) else {
            return Ok(Taken { begin: 0, end: *dim, stride: 1, shrinks: false });
        };
        let bit = 1i32.checked_shl(axis as u32).unwrap_or(0);
        let has = |mask: i32| mask & bit != 0;
        let place = |bound: i32| if bound < 0 { bound.saturating_add(*dim) } else { bound };
        let begin = if has(options.begin_mask()) { 0 } else { place(*begin) };
        if has(options.shrink_axis_mask()) {
            let inside = (0..*dim).contains(&begin);
            let one = Taken { begin, end: begin + 1, stride: 1, shrinks: true };
            return inside.then_some(one).ok_or_else(wrong);
        }
        let begin = begin.clamp(0, *dim);
        let end = if has(options.end_mask()) { *dim } else { place(ends[axis]).clamp(begin, *dim) };
        Ok(Taken { begin, end, stride: strides[axis], shrinks: false })
    };
    shape.iter().enumerate().map(axis).collect()
}
