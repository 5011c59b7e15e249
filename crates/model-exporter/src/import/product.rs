//! Matrix products, which convolutions become too.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array2, Array3, ArrayD, Axis};

use super::Lowering;
use super::frame::place;
use super::value::{Computed, Element, Value, floats};

impl Lowering {
    /// `rows` [row, depth] · `weights` [depth, width], and a bias for each column.
    pub(super) fn product(
        &mut self,
        rows: &Computed,
        weights: &Array2<f32>,
        bias: Option<&[f32]>,
    ) -> TractResult<Computed> {
        let (count, depth) = (rows.shape[0], rows.shape[1]);
        ensure!(weights.nrows() == depth, "{depth} columns times {} rows", weights.nrows());
        // The order of a sum does not matter, so neighbouring elements stay neighbours.
        let row = &rows.elements[count / 2 * depth..][..depth];
        let mut order: Vec<usize> = (0..depth).collect();
        order.sort_by_key(|at| place(row[*at]));
        let elements = rows.at(&rows.places().select(Axis(1), &order)).elements;
        let weights = weights.select(Axis(0), &order);
        let width = weights.ncols();
        let dims = if count == 1 { vec![depth] } else { vec![count, depth] };
        let x = self.wire(&elements, &dims)?;
        let name = self.name("matrix");
        let mut x = self.network.matmul(&name, x, weights)?;
        if let Some(bias) = bias {
            let name = self.name("bias");
            let bias = tract_ndarray::arr1(bias);
            let bias = self.network.constant(&format!("{name}.value"), bias, dims.len() + 1)?;
            x = self.network.add(&name, x, bias)?;
        }
        let dims = if count == 1 { vec![width] } else { vec![count, width] };
        Ok(self.whole(x, dims, vec![count, width]))
    }

    /// For each group, `rows` [group, row, depth] · `weights` [group, depth, width], and a bias
    /// [group, width].
    pub(super) fn grouped_product(
        &mut self,
        rows: &Computed,
        weights: Array3<f32>,
        bias: Option<Array2<f32>>,
    ) -> TractResult<Computed> {
        let (groups, depth, width) = weights.dim();
        let count = rows.shape[1];
        ensure!(rows.shape == [groups, count, depth], "{:?} times {groups} groups", rows.shape);
        if groups == 1 {
            let bias = bias.map(|bias| bias.into_iter().collect::<Vec<f32>>());
            let rows = rows.reshaped(&[count, depth]);
            let made = self.product(&rows, &weights.remove_axis(Axis(0)), bias.as_deref())?;
            return Ok(made.reshaped(&[1, count, width]));
        }
        let x = self.wire(&rows.elements, &rows.shape)?;
        let name = self.name("matrices");
        let mut x = self.network.matmul(&name, x, weights)?;
        if let Some(bias) = bias {
            let name = self.name("bias");
            let bias = bias.insert_axis(Axis(1));
            let bias = self.network.constant(&format!("{name}.value"), bias, 4)?;
            x = self.network.add(&name, x, bias)?;
        }
        let shape = vec![groups, count, width];
        Ok(self.whole(x, shape.clone(), shape))
    }

    /// The whole outlet as a tensor, in the order of `shape`.
    pub(super) fn whole(
        &mut self,
        outlet: OutletId,
        dims: Vec<usize>,
        shape: Vec<usize>,
    ) -> Computed {
        let count = dims.iter().product();
        let source = self.source(outlet, dims);
        let elements = (0..count).map(|index| Element::Of { source, index }).collect();
        Computed { shape, elements }
    }

    /// The product of two tensors of two dimensions or more, over the last one and the last but
    /// one.
    pub(super) fn matmul(&mut self, a: &Value, b: &Value) -> TractResult<Computed> {
        let (a_rank, b_rank) = (a.shape().len(), b.shape().len());
        ensure!(a_rank >= 2 && b_rank >= 2, "a factor of one dimension");
        match (a, b) {
            (Value::Computed(a), Value::Constant(b))
                if b.shape()[..b_rank - 2].iter().all(|d| *d == 1) =>
            {
                let (depth, width) = (b.shape()[b_rank - 2], b.shape()[b_rank - 1]);
                let weights = Array2::from_shape_vec((depth, width), floats(b)?)?;
                let made = self.product(&a.reshaped(&rows_of(&a.shape)), &weights, None)?;
                let mut shape = vec![1; b_rank.saturating_sub(a_rank)];
                shape.extend(&a.shape[..a_rank - 1]);
                shape.push(width);
                Ok(made.reshaped(&shape))
            }
            // (a · b)ᵀ = bᵀ · aᵀ: constants come last.
            (Value::Constant(_), Value::Computed(_)) => {
                let turn = |value: &Value| -> TractResult<Value> {
                    let turned = turned(&value.computed()?);
                    Value::of(turned.shape, turned.elements.to_vec())
                };
                let made = self.matmul(&turn(b)?, &turn(a)?)?;
                Ok(turned(&made))
            }
            _ => self.batches(&a.computed()?, b),
        }
    }

    /// A product for each batch; `b` may be constant.
    fn batches(&mut self, a: &Computed, b: &Value) -> TractResult<Computed> {
        let (a_rank, b_shape) = (a.shape.len(), b.shape().to_vec());
        let (a_batch, a_matrix) = a.shape.split_at(a_rank - 2);
        let (b_batch, b_matrix) = b_shape.split_at(b_shape.len() - 2);
        let batch = tract_nnef::tract_core::broadcast::multi_broadcast(&[a_batch, b_batch])?;
        let (rows, depth, width) = (a_matrix[0], a_matrix[1], b_matrix[1]);
        ensure!(depth == b_matrix[0], "{depth} columns times {} rows", b_matrix[0]);
        let groups = batch.iter().product();
        let whole = |matrix: [usize; 2]| [&batch[..], &matrix].concat();
        let a = a.broadcast(&whole([rows, depth]))?.reshaped(&[groups, rows, depth]);
        let b = b.computed()?.broadcast(&whole([depth, width]))?;
        let made = match Value::of(vec![groups, depth, width], b.elements.to_vec())? {
            Value::Constant(b) => {
                let weights = ArrayD::from_shape_vec(b.shape(), floats(&b)?)?;
                self.grouped_product(&a, weights.into_dimensionality()?, None)?
            }
            Value::Computed(b) => {
                let (x, y) = (self.wire(&a.elements, &a.shape)?, self.wire(&b.elements, &b.shape)?);
                let name = self.name("product");
                let made = self.network.product(&name, x, y)?;
                let shape = vec![groups, rows, width];
                self.whole(made, shape.clone(), shape)
            }
        };
        Ok(made.reshaped(&whole([rows, width])))
    }
}

/// The shape as a matrix: all dimensions but the last become one.
fn rows_of(shape: &[usize]) -> [usize; 2] {
    let (last, rows) = shape.split_last().map_or((1, &[][..]), |(last, rows)| (*last, rows));
    [rows.iter().product(), last]
}

/// Swaps the last two axes.
fn turned(x: &Computed) -> Computed {
    let rank = x.shape.len();
    let mut axes: Vec<usize> = (0..rank).collect();
    axes.swap(rank - 1, rank - 2);
    x.transposed(&axes)
}
