//! Wires networks with explicit states. A run computes one step.
//!
//! Tensors are channels-last. Their first dimension is the lane, which is 1 in a file: a program
//! that loads the file can run several lanes in lockstep by changing that dimension.

use std::borrow::Cow;

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array, Array2, ArrayView2, Axis, Dimension};
use tract_nnef::tract_core::ops::array::{Pad, PadMode, Slice, TypedConcat};
use tract_nnef::tract_core::ops::binary::TypedBinOp;
use tract_nnef::tract_core::ops::einsum::prefix_matmul::PrefixMatMul;
use tract_nnef::tract_core::ops::{math, nn};

/// The number of lanes in a written file.
pub(crate) const LANES: usize = 1;

pub(crate) type Name = Cow<'static, str>;

/// The meaning of an input or output for the program that runs the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// A tensor of the front-end, by name.
    Named(Name),
    /// A state: the output of one step is the input of the next one, zeros at first.
    State(Name),
}

/// A finished network with the roles of its inputs and outputs, in order.
pub(crate) struct Part {
    pub(crate) model: TypedModel,
    pub(crate) inputs: Vec<Role>,
    pub(crate) outputs: Vec<Role>,
}

/// A network being wired.
#[derive(Default)]
pub(crate) struct Network {
    model: TypedModel,
    inputs: Vec<Role>,
    outputs: Vec<(Role, OutletId)>,
}

impl Network {
    /// Adds an input with `shape` for each lane.
    pub(crate) fn input(
        &mut self,
        name: impl Into<Name>,
        shape: &[usize],
    ) -> TractResult<OutletId> {
        let name = name.into();
        self.inputs.push(Role::Named(name.clone()));
        self.source(&name, shape)
    }

    /// Adds a state with `shape` for each lane. [`Self::next_state`] gives its next value.
    pub(crate) fn state(
        &mut self,
        name: impl Into<Name>,
        shape: &[usize],
    ) -> TractResult<OutletId> {
        let name = name.into();
        self.inputs.push(Role::State(name.clone()));
        self.source(&name, shape)
    }

    fn source(&mut self, name: &str, shape: &[usize]) -> TractResult<OutletId> {
        let shape: TVec<usize> = std::iter::once(LANES).chain(shape.iter().copied()).collect();
        self.model.add_source(name, f32::fact(shape))
    }

    /// Makes `outlet` the next output.
    pub(crate) fn output(&mut self, name: impl Into<Name>, outlet: OutletId) -> TractResult<()> {
        let name = name.into();
        self.outputs.push((Role::Named(name.clone()), outlet));
        self.model.set_outlet_label(outlet, format!("{name}.output"))
    }

    /// Makes `outlet` the next output: the value of the state `name` after this step.
    pub(crate) fn next_state(
        &mut self,
        name: impl Into<Name>,
        outlet: OutletId,
    ) -> TractResult<()> {
        let name = name.into();
        self.outputs.push((Role::State(name.clone()), outlet));
        self.model.set_outlet_label(outlet, format!("{name}.next"))
    }

    /// Whether the outlet is already an output.
    pub(crate) fn is_output(&self, outlet: OutletId) -> bool {
        self.outputs.iter().any(|(_, output)| *output == outlet)
    }

    /// The network with its inputs and outputs: first those of the front-end, in the order in which
    /// they were added, then the states, in the order of the inputs.
    pub(crate) fn finish(mut self) -> TractResult<Part> {
        self.outputs.sort_by_key(|(role, _)| match role {
            Role::Named(_) => None,
            Role::State(_) => self.inputs.iter().position(|input| input == role),
        });
        let (outputs, outlets): (Vec<_>, Vec<_>) = self.outputs.into_iter().unzip();
        self.model.select_output_outlets(&outlets)?;
        Ok(Part { model: self.model, inputs: self.inputs, outputs })
    }

    /// The dimensions of a tensor, lanes first.
    pub(crate) fn shape(&self, outlet: OutletId) -> TractResult<TVec<usize>> {
        let shape = self.model.outlet_fact(outlet)?.shape.as_concrete();
        Ok(shape.context("a dimension is not a number")?.into())
    }

    /// Adds an operator with one output.
    pub(crate) fn wire(
        &mut self,
        name: &str,
        op: impl Into<Box<dyn TypedOp>>,
        inputs: &[OutletId],
    ) -> TractResult<OutletId> {
        Ok(self.model.wire_node(name, op, inputs)?[0])
    }

    /// A constant with the values of `array`, and axes of length 1 in front up to `rank`.
    pub(crate) fn constant<D: Dimension>(
        &mut self,
        name: &str,
        array: Array<f32, D>,
        rank: usize,
    ) -> TractResult<OutletId> {
        let mut array = array.into_dyn();
        while array.ndim() < rank {
            array.insert_axis_inplace(Axis(0));
        }
        // Bytes are written in memory order, so a permuted view must be copied into standard order
        // first.
        self.model.add_const(name, Tensor::from(array.as_standard_layout().into_owned()))
    }

    fn scalar(&mut self, name: &str, value: f32, like: OutletId) -> TractResult<OutletId> {
        let rank = self.shape(like)?.len();
        self.constant(name, tract_ndarray::arr0(value), rank)
    }

    fn binary(
        &mut self,
        name: &str,
        op: TypedBinOp,
        a: OutletId,
        b: OutletId,
    ) -> TractResult<OutletId> {
        self.wire(name, op, &[a, b])
    }

    pub(crate) fn add(&mut self, name: &str, a: OutletId, b: OutletId) -> TractResult<OutletId> {
        self.binary(name, math::add(), a, b)
    }

    pub(crate) fn sub(&mut self, name: &str, a: OutletId, b: OutletId) -> TractResult<OutletId> {
        self.binary(name, math::sub(), a, b)
    }

    pub(crate) fn mul(&mut self, name: &str, a: OutletId, b: OutletId) -> TractResult<OutletId> {
        self.binary(name, math::mul(), a, b)
    }

    pub(crate) fn div(&mut self, name: &str, a: OutletId, b: OutletId) -> TractResult<OutletId> {
        self.binary(name, math::div(), a, b)
    }

    /// `x + value`.
    pub(crate) fn offset(&mut self, name: &str, x: OutletId, value: f32) -> TractResult<OutletId> {
        let value = self.scalar(&format!("{name}.value"), value, x)?;
        self.add(name, x, value)
    }

    /// `x · factor`.
    pub(crate) fn scale(&mut self, name: &str, x: OutletId, factor: f32) -> TractResult<OutletId> {
        let factor = self.scalar(&format!("{name}.factor"), factor, x)?;
        self.mul(name, x, factor)
    }

    pub(crate) fn relu(&mut self, name: &str, x: OutletId) -> TractResult<OutletId> {
        let zero = self.scalar(&format!("{name}.zero"), 0.0, x)?;
        self.binary(name, math::max(), x, zero)
    }

    pub(crate) fn sigmoid(&mut self, name: &str, x: OutletId) -> TractResult<OutletId> {
        self.wire(name, nn::sigmoid(), &[x])
    }

    pub(crate) fn tanh(&mut self, name: &str, x: OutletId) -> TractResult<OutletId> {
        self.wire(name, math::tanh(), &[x])
    }

    pub(crate) fn sqrt(&mut self, name: &str, x: OutletId) -> TractResult<OutletId> {
        self.wire(name, math::sqrt(), &[x])
    }

    /// The mean over `axis`, which stays, with length 1.
    pub(crate) fn mean(&mut self, name: &str, x: OutletId, axis: usize) -> TractResult<OutletId> {
        let length = self.shape(x)?[axis];
        let sum = nn::Reduce::new(tvec!(axis), nn::Reducer::Sum);
        let sum = self.wire(&format!("{name}.sum"), sum, &[x])?;
        self.scale(name, sum, 1.0 / length as f32)
    }

    /// Elements `range` of `axis`.
    pub(crate) fn slice(
        &mut self,
        name: &str,
        x: OutletId,
        axis: usize,
        range: std::ops::Range<usize>,
    ) -> TractResult<OutletId> {
        self.wire(name, Slice::new(axis, range.start, range.end), &[x])
    }

    pub(crate) fn concat(
        &mut self,
        name: &str,
        axis: usize,
        parts: &[OutletId],
    ) -> TractResult<OutletId> {
        self.wire(name, TypedConcat::new(axis), parts)
    }

    /// Pads `axis` with `before` and `after` elements of `value`.
    pub(crate) fn pad(
        &mut self,
        name: &str,
        x: OutletId,
        axis: usize,
        (before, after): (usize, usize),
        value: f32,
    ) -> TractResult<OutletId> {
        let mut pads = vec![(0, 0); self.shape(x)?.len()];
        pads[axis] = (before, after);
        let mode = PadMode::Constant(tensor0(value).into_arc_tensor());
        self.wire(name, Pad { pads, mode }, &[x])
    }

    /// Gives each lane of `x` the shape `shape`.
    pub(crate) fn reshape(
        &mut self,
        name: &str,
        x: OutletId,
        shape: &[usize],
    ) -> TractResult<OutletId> {
        let dims = |shape: &[usize]| shape.iter().map(ToDim::to_dim).collect();
        let old = self.shape(x)?;
        self.wire(name, AxisOp::Reshape(1, dims(&old[1..]), dims(shape)), &[x])
    }

    pub(crate) fn add_axis(
        &mut self,
        name: &str,
        x: OutletId,
        axis: usize,
    ) -> TractResult<OutletId> {
        self.wire(name, AxisOp::Add(axis), &[x])
    }

    pub(crate) fn remove_axis(
        &mut self,
        name: &str,
        x: OutletId,
        axis: usize,
    ) -> TractResult<OutletId> {
        self.wire(name, AxisOp::Rm(axis), &[x])
    }

    /// `x · weights` over the last axis of `x` and the last but one of `weights`. The weights get
    /// axes of length 1 in front.
    pub(crate) fn matmul<D: Dimension>(
        &mut self,
        name: &str,
        x: OutletId,
        weights: Array<f32, D>,
    ) -> TractResult<OutletId> {
        let rank = self.shape(x)?.len();
        let weights = self.constant(&format!("{name}.weights"), weights, rank)?;
        self.product(name, x, weights)
    }

    /// `x · y` over the last axis of `x` and the last but one of `y`, for each of the axes in
    /// front.
    pub(crate) fn product(
        &mut self,
        name: &str,
        x: OutletId,
        y: OutletId,
    ) -> TractResult<OutletId> {
        let product = PrefixMatMul {
            transpose_a: false,
            transpose_b: false,
            transpose_c: false,
            quantize_output: None,
            operating_dt: Some(f32::datum_type()),
        };
        self.wire(name, product, &[x, y])
    }

    /// `x · weights + bias` on one vector for each lane; `weights` is [input, output].
    pub(crate) fn dense(
        &mut self,
        name: &str,
        x: OutletId,
        weights: ArrayView2<f32>,
        bias: tract_ndarray::ArrayView1<f32>,
    ) -> TractResult<OutletId> {
        let rank = self.shape(x)?.len();
        let product = self.matmul(&format!("{name}.product"), x, weights.to_owned())?;
        let bias = self.constant(&format!("{name}.bias"), bias.to_owned(), rank)?;
        self.add(name, product, bias)
    }

    /// `x · weights + bias` at each frequency of `x` [lane, frequency, channel].
    ///
    /// The bias is one more row of the weights and `x` gets a channel of ones for it: adding it
    /// afterwards would be a broadcast over a short axis, which is slow in tract.
    pub(crate) fn pointwise(
        &mut self,
        name: &str,
        x: OutletId,
        weights: ArrayView2<f32>,
        bias: tract_ndarray::ArrayView1<f32>,
    ) -> TractResult<OutletId> {
        let x = self.pad(&format!("{name}.ones"), x, 2, (0, 1), 1.0)?;
        let rows: Array2<f32> =
            tract_ndarray::concatenate(Axis(0), &[weights, bias.insert_axis(Axis(0))])?;
        self.matmul(name, x, rows)
    }
}
