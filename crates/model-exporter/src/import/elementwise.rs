//! Element-wise operators.

use tract_nnef::internal::*;
use tract_nnef::tract_core::ops::binary::TypedBinOp;
use tract_nnef::tract_core::ops::math;

use super::Lowering;
use super::frame::Frame;
use super::value::{Computed, Element, Value};

impl Lowering {
    pub(super) fn unary(
        &mut self,
        what: &str,
        op: Box<dyn TypedOp>,
        x: &Computed,
    ) -> TractResult<Computed> {
        let (outlet, frame) = self.framed(x)?;
        let name = self.name(what);
        let outlet = self.network.wire(&name, op, &[outlet])?;
        Ok(self.made(outlet, frame, x.shape.clone()))
    }

    /// A function of two tensors with compatible shapes. At least one is not constant.
    pub(super) fn binary(
        &mut self,
        what: &str,
        op: TypedBinOp,
        a: &Value,
        b: &Value,
    ) -> TractResult<Computed> {
        let shape = tract_nnef::tract_core::broadcast::multi_broadcast(&[a.shape(), b.shape()])?;
        let sides = [a.computed()?.broadcast(&shape)?, b.computed()?.broadcast(&shape)?];
        let [a, b] = &sides;
        let frame = self.native(a).or_else(|| self.native(b)).unwrap_or_else(|| {
            let variety = |side: &Computed| side.elements.iter().filter(is_computed).count();
            self.frame(if variety(b) > variety(a) { b } else { a })
        });
        let mut operands = tvec![];
        for side in &sides {
            let elements = frame.order.iter().map(|at| side.elements[*at]).collect();
            let (elements, dims) = collapsed(elements, &frame.dims);
            operands.push(self.wire(&elements, &dims)?);
        }
        let name = self.name(what);
        let outlet = self.network.wire(&name, op, &operands)?;
        Ok(self.made(outlet, frame, shape.to_vec()))
    }

    /// An outlet that was wired in a frame, as a tensor in the order of the ONNX file.
    pub(super) fn made(&mut self, outlet: OutletId, frame: Frame, shape: Vec<usize>) -> Computed {
        let source = self.source(outlet, frame.dims);
        let mut elements = vec![Element::Is(0.0); frame.order.len()];
        for (index, at) in frame.order.into_iter().enumerate() {
            elements[at] = Element::Of { source, index };
        }
        Computed { shape, elements: elements.into() }
    }

    pub(super) fn add(&mut self, a: &Value, b: &Value) -> TractResult<Computed> {
        self.binary("sum", math::add(), a, b)
    }

    pub(super) fn sub(&mut self, a: &Value, b: &Value) -> TractResult<Computed> {
        self.binary("difference", math::sub(), a, b)
    }

    pub(super) fn mul(&mut self, a: &Value, b: &Value) -> TractResult<Computed> {
        self.binary("product", math::mul(), a, b)
    }

    pub(super) fn div(&mut self, a: &Value, b: &Value) -> TractResult<Computed> {
        self.binary("quotient", math::div(), a, b)
    }

    pub(super) fn max(&mut self, a: &Value, b: &Value) -> TractResult<Computed> {
        self.binary("larger", math::max(), a, b)
    }

    pub(super) fn min(&mut self, a: &Value, b: &Value) -> TractResult<Computed> {
        self.binary("smaller", math::min(), a, b)
    }

    /// A number as an operand for `x`.
    pub(super) fn number(&self, number: f32) -> Value {
        Value::Constant(tensor0(number).into_arc_tensor())
    }
}

fn is_computed(element: &&Element) -> bool {
    matches!(element, Element::Of { .. })
}

/// Reduces an axis to length 1 if all elements along it are equal.
fn collapsed(mut elements: Vec<Element>, dims: &[usize]) -> (Vec<Element>, Vec<usize>) {
    let mut dims = dims.to_vec();
    for axis in 0..dims.len() {
        let inner: usize = dims[axis + 1..].iter().product();
        let rows = || elements.chunks_exact(inner * dims[axis]);
        let is_same = rows().all(|row| row.chunks_exact(inner).all(|slab| slab == &row[..inner]));
        if is_same {
            elements = rows().flat_map(|row| row[..inner].to_vec()).collect();
            dims[axis] = 1;
        }
    }
    (elements, dims)
}
