//! Assembles elements into one tensor, with as few slices, paddings and concatenations as possible.

use std::ops::Range;

use tract_nnef::internal::*;
use tract_nnef::tract_core::ops::math;

use super::Lowering;
use super::value::{Element, numbers};
use super::view::{Regular, View};

/// A slab of a tensor: all elements at one place of an axis.
#[derive(Debug, PartialEq)]
enum Slab {
    /// The same number everywhere.
    Number(f32),
    Regular(Regular),
    /// Anything else: the runs of elements from the same source, or from none, with their lengths.
    Mixed(Vec<(Option<usize>, usize)>),
}

/// Adjacent slabs that are made together.
struct Part {
    range: Range<usize>,
    number: Option<f32>,
    /// The approximate number of operators.
    cost: usize,
}

/// A tensor with the numbers around it, and how many of each.
struct Padded {
    outlet: OutletId,
    before: Vec<(f32, usize)>,
    after: Vec<(f32, usize)>,
}

impl Lowering {
    /// A tensor [lane, dims…] of those elements.
    pub(super) fn wire(&mut self, elements: &[Element], dims: &[usize]) -> TractResult<OutletId> {
        ensure!(!dims.is_empty() && elements.len() == dims.iter().product::<usize>());
        ensure!(!elements.is_empty(), "a tensor without elements");
        self.note_use(elements);
        self.assemble(elements, dims)
    }

    fn assemble(&mut self, elements: &[Element], dims: &[usize]) -> TractResult<OutletId> {
        let regular = Regular::of(elements, dims);
        if let Some(view) = regular.and_then(|r| r.view(self.sources[r.source].len())) {
            return self.look(&view, dims);
        }
        if let Some(numbers) = numbers(elements) {
            let array = tract_ndarray::ArrayD::from_shape_vec(dims.to_vec(), numbers)?;
            let name = self.name("constant");
            return self.network.constant(&name, array, dims.len() + 1);
        }
        let (axis, parts) = self.split(elements, dims);
        self.join(elements, dims, axis, &parts)
    }

    /// Slices, reads and turns a source.
    fn look(&mut self, view: &View, dims: &[usize]) -> TractResult<OutletId> {
        let key = (view.clone(), dims.to_vec());
        if let Some(seen) = self.looks.get(&key) {
            return Ok(*seen);
        }
        let made = self.look_anew(view, dims)?;
        self.looks.insert(key, made);
        Ok(made)
    }

    fn look_anew(&mut self, view: &View, dims: &[usize]) -> TractResult<OutletId> {
        let source = self.sources[view.source].clone();
        let (mut x, mut shape) = (source.outlet, source.dims.clone());
        if (view.start, view.span) != (0, source.len()) {
            x = self.read_as(view.source, &mut shape, &[source.len()])?;
            let name = self.name("part");
            x = self.network.slice(&name, x, 1, view.start..view.start + view.span)?;
            shape = vec![view.span];
        }
        let radices: Vec<usize> = view.axes.iter().map(|axis| axis.radix).collect();
        if !radices.is_empty() {
            x = match (view.start, view.span) == (0, source.len()) {
                true => self.read_as(view.source, &mut shape, &radices)?,
                false => self.reshape(x, &mut shape, &radices)?,
            };
        }
        for (at, axis) in view.axes.iter().enumerate() {
            if axis.len != axis.radix {
                let name = self.name("slice");
                x = self.network.slice(&name, x, at + 1, axis.digit..axis.digit + axis.len)?;
                shape[at] = axis.len;
            }
        }
        let mut order: Vec<usize> = view.axes.iter().filter_map(|axis| axis.of).collect();
        if order.len() < view.axes.len() {
            shape.pop();
            let flat = shape.clone();
            shape.push(1);
            x = self.reshape(x, &mut shape, &flat)?;
        }
        for to in 0..order.len() {
            let from = (to..order.len()).min_by_key(|at| order[*at]).unwrap_or(to);
            if from != to {
                let name = self.name("turned");
                x = self.network.wire(&name, AxisOp::Move(from + 1, to + 1), &[x])?;
                let (moved, length) = (order.remove(from), shape.remove(from));
                order.insert(to, moved);
                shape.insert(to, length);
            }
        }
        self.reshape(x, &mut shape, dims)
    }

    /// A source in another shape. It is made only once.
    fn read_as(
        &mut self,
        source: usize,
        shape: &mut Vec<usize>,
        dims: &[usize],
    ) -> TractResult<OutletId> {
        let key = (source, dims.to_vec());
        if let Some(seen) = self.shapes.get(&key) {
            *shape = dims.to_vec();
            return Ok(*seen);
        }
        let made = self.reshape(self.sources[source].outlet, shape, dims)?;
        self.shapes.insert(key, made);
        Ok(made)
    }

    /// Reshapes `x` from `shape`, if the new shape differs.
    pub(super) fn reshape(
        &mut self,
        x: OutletId,
        shape: &mut Vec<usize>,
        dims: &[usize],
    ) -> TractResult<OutletId> {
        if shape == dims {
            return Ok(x);
        }
        *shape = dims.to_vec();
        let name = self.name("shape");
        self.network.reshape(&name, x, dims)
    }

    /// The axis along which the tensor needs the fewest operators, and the parts along it.
    fn split(&self, elements: &[Element], dims: &[usize]) -> (usize, Vec<Part>) {
        let axes = (0..dims.len()).filter(|axis| dims[*axis] > 1);
        let splits = axes.clone().map(|axis| (axis, self.parts(elements, dims, axis)));
        let useful = splits.filter(|(_, parts)| parts.len() > 1);
        let cost = |parts: &[Part]| parts.iter().map(|part| part.cost).sum::<usize>();
        useful.min_by_key(|(_, parts)| cost(parts)).unwrap_or_else(|| {
            let axis = axes.min_by_key(|axis| dims[*axis]).unwrap_or(0);
            let part = |at| Part { range: at..at + 1, number: None, cost: 1 };
            (axis, (0..dims[axis]).map(part).collect())
        })
    }

    fn parts(&self, elements: &[Element], dims: &[usize], axis: usize) -> Vec<Part> {
        let mut of_slab = dims.to_vec();
        of_slab[axis] = 1;
        let slab = |at| slab(&block(elements, dims, axis, at..at + 1), &of_slab);
        let mut parts: Vec<Part> = vec![];
        let mut first = Slab::Mixed(vec![]);
        for at in 0..dims[axis] {
            let slab = slab(at);
            let (number, cost) = match &slab {
                Slab::Number(number) => (Some(*number), 1),
                Slab::Regular(_) => (None, 1),
                Slab::Mixed(runs) => (None, runs.len()),
            };
            match parts.last_mut() {
                Some(part) if self.goes_on(&first, &slab, axis, at - part.range.start) => {
                    part.range.end = at + 1;
                }
                _ => {
                    parts.push(Part { range: at..at + 1, number, cost });
                    first = slab;
                }
            }
        }
        parts
    }

    /// Whether the slab at `distance` after the first can be made together with it and the slabs
    /// between them.
    fn goes_on(&self, first: &Slab, slab: &Slab, axis: usize, distance: usize) -> bool {
        match (first, slab) {
            (Slab::Number(first), Slab::Number(number)) => first.to_bits() == number.to_bits(),
            (Slab::Mixed(first), Slab::Mixed(mixed)) => first == mixed,
            (Slab::Regular(first), Slab::Regular(slab)) => {
                let step = slab.base.checked_sub(first.base).map(|total| total / distance);
                let Some(step) = step.filter(|step| *step > 0) else { return false };
                let mut whole = first.clone();
                whole.axes[axis] = (distance + 1, step);
                first.source == slab.source
                    && first.axes == slab.axes
                    && first.base + step * distance == slab.base
                    && whole.view(self.sources[first.source].len()).is_some()
            }
            _ => false,
        }
    }

    fn join(
        &mut self,
        elements: &[Element],
        dims: &[usize],
        axis: usize,
        parts: &[Part],
    ) -> TractResult<OutletId> {
        let mut joined: Vec<Padded> = vec![];
        // Numbers before the first part.
        let mut before: Vec<(f32, usize)> = vec![];
        for part in parts {
            match (part.number, joined.last_mut()) {
                (Some(number), Some(last)) => last.after.push((number, part.range.len())),
                (Some(number), None) => before.push((number, part.range.len())),
                (None, _) => {
                    let block = block(elements, dims, axis, part.range.clone());
                    let mut dims = dims.to_vec();
                    dims[axis] = part.range.len();
                    let outlet = match numbers(&block) {
                        Some(numbers) => self.numbers_of_lanes(numbers, &dims)?,
                        None => self.assemble(&block, &dims)?,
                    };
                    let before = std::mem::take(&mut before);
                    joined.push(Padded { outlet, before, after: vec![] });
                }
            }
        }
        let parts: Vec<OutletId> =
            joined.into_iter().map(|part| self.padded(part, axis)).collect::<TractResult<_>>()?;
        match parts[..] {
            [part] => Ok(part),
            _ => {
                let name = self.name("joined");
                self.network.concat(&name, axis + 1, &parts)
            }
        }
    }

    /// Numbers as a tensor with lanes. A constant has no lanes, so it cannot be joined with tensors
    /// that have them.
    fn numbers_of_lanes(&mut self, numbers: Vec<f32>, dims: &[usize]) -> TractResult<OutletId> {
        // A zero, made from a number of the first input.
        let any = Element::Of { source: 0, index: 0 };
        let x = self.assemble(&[any], &vec![1; dims.len()])?;
        let zero = tract_ndarray::arr0(0.0);
        let name = self.name("nothing");
        let zero = self.network.constant(&format!("{name}.zero"), zero, dims.len() + 1)?;
        let x = self.network.wire(&format!("{name}.below"), math::min(), &[x, zero])?;
        let nothing = self.network.wire(&name, math::max(), &[x, zero])?;
        let name = self.name("numbers");
        let array = tract_ndarray::ArrayD::from_shape_vec(dims.to_vec(), numbers)?;
        let array = self.network.constant(&format!("{name}.value"), array, dims.len() + 1)?;
        self.network.add(&name, nothing, array)
    }

    fn padded(&mut self, part: Padded, axis: usize) -> TractResult<OutletId> {
        let mut x = part.outlet;
        // From the inside out. The same number on both sides is added in one step.
        let (mut before, mut after) = (part.before, part.after);
        after.reverse();
        while let Some(number) = before.last().or(after.last()).map(|pad| pad.0) {
            let is_it = |pad: &mut (f32, usize)| pad.0.to_bits() == number.to_bits();
            let pads = [&mut before, &mut after].map(|pads| pads.pop_if(is_it));
            let [before, after] = pads.map(|pad| pad.map_or(0, |pad| pad.1));
            let name = self.name("padded");
            x = self.network.pad(&name, x, axis + 1, (before, after), number)?;
        }
        Ok(x)
    }
}

/// The elements in a range of an axis.
fn block(elements: &[Element], dims: &[usize], axis: usize, range: Range<usize>) -> Vec<Element> {
    let inner: usize = dims[axis + 1..].iter().product();
    let rows = elements.chunks_exact(inner * dims[axis]);
    rows.flat_map(|row| &row[range.start * inner..range.end * inner]).copied().collect()
}

fn slab(elements: &[Element], dims: &[usize]) -> Slab {
    if let Some(regular) = Regular::of(elements, dims) {
        return Slab::Regular(regular);
    }
    if let Some(numbers) = numbers(elements)
        && numbers.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits())
    {
        return Slab::Number(numbers[0]);
    }
    let mut runs: Vec<(Option<usize>, usize)> = vec![];
    for element in elements {
        let source = match element {
            Element::Is(_) => None,
            Element::Of { source, .. } => Some(*source),
        };
        match runs.last_mut() {
            Some((own, len)) if *own == source => *len += 1,
            _ => runs.push((source, 1)),
        }
    }
    Slab::Mixed(runs)
}
