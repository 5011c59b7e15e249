//! From a graph to the plan of a program.
//!
//! Nodes are visited in the order in which they run. A node that only arranges numbers in
//! another way (a slice, a reshape) becomes a view. A node that can be merged into the kernel
//! before it (a bias, an activation) changes that kernel. Any other node becomes a kernel of
//! its own. At the end, tensors that are not needed at the same time share a buffer.

mod buffers;
mod chains;
mod convolution;
mod copies;
mod elementwise;
mod layout;
mod maxima;
mod moves;
mod origins;
mod parts;
mod product;
mod rectifiers;
mod uses;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use tract_tflite::internal::tract_core::ops::array::{Pad, Slice, TypedConcat};
use tract_tflite::internal::tract_core::ops::binary::TypedBinOp;
use tract_tflite::internal::tract_core::ops::change_axes::AxisOp;
use tract_tflite::internal::tract_core::ops::cnn::{Conv, MaxPool};
use tract_tflite::internal::tract_core::ops::einsum::EinSum;
use tract_tflite::internal::tract_core::ops::element_wise::ElementWiseOp;
use tract_tflite::internal::tract_core::ops::identity::Identity;
use tract_tflite::internal::tract_core::ops::konst::Const;
use tract_tflite::internal::tract_core::ops::nn::{Reduce, Reducer, RmsNorm};
use tract_tflite::internal::tract_core::ops::source::TypedSource;
use tract_tflite::internal::*;

use crate::plan::{Plan, ProgramPlan};
use crate::view::View;

/// How a program will be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Many rows at once.
    Rows,
    /// One row at a time. Weights are laid out for this.
    OneRow,
}

/// A node that no kernel can compute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsupported {
    /// The node's name in the graph.
    pub node: String,
    /// The operator and its operands.
    pub operator: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no kernel does {} of the node {:?}", self.operator, self.node)
    }
}

impl std::error::Error for Unsupported {}

/// Compiles a graph. Its constants must be folded. The first dimension of all its tensors must be
/// that of the rows, with a length of 2 or more, to differ from dimensions of length 1. The
/// program runs any number of rows.
///
/// # Errors
/// The first node that no kernel can compute.
pub(crate) fn compile(graph: &TypedModel, usage: Use) -> Result<ProgramPlan, Unsupported> {
    let unsupported = |node: String, operator: String| Unsupported { node, operator };
    let order = graph.eval_order().map_err(|error| unsupported("".into(), format!("{error:#}")))?;
    let mut compiler = Compiler::new(graph);
    // Inputs that nothing reads are inputs too.
    let sources = graph.inputs.iter().map(|input| input.node);
    let others = order.into_iter().filter(|node| !graph.inputs.iter().any(|i| i.node == *node));
    for id in sources.chain(others) {
        let node = graph.node(id);
        if compiler.node(node).is_none() {
            let facts = graph.node_input_facts(id).unwrap_or_default();
            return Err(unsupported(node.name.clone(), format!("{} of {facts:?}", node.op.name())));
        }
    }
    let mut outputs = vec![];
    for &output in &graph.outputs {
        let tensor = compiler.output(output, &outputs);
        outputs.push(tensor.ok_or_else(|| unsupported("".into(), "an output".into()))?);
    }
    Ok(compiler.program(usage, outputs))
}

/// A tensor of the graph as the program has it.
#[derive(Clone, Debug)]
enum Value {
    /// In a buffer.
    Rows(Rows),
    /// The same for all rows.
    Constant(Arc<Tensor>),
    /// In a buffer, with a 1 after the numbers of the last dimension. A product that reads it
    /// uses the last row of its weights as a bias.
    WithOne(Rows),
}

#[derive(Clone, Debug)]
struct Rows {
    buffer: usize,
    view: View,
    /// Whether nothing else needs the numbers in the buffer.
    is_sole: bool,
}

/// A tensor's buffer, before tensors share them.
#[derive(Clone, Debug)]
struct Tensors {
    row: usize,
    /// The value of the numbers that no kernel writes, if there are any.
    fill: Option<f32>,
}

struct Compiler<'g> {
    graph: &'g TypedModel,
    /// The length of the first dimension in the graph.
    rows: usize,
    values: HashMap<OutletId, Value>,
    /// How many readers each tensor has.
    needed: HashMap<OutletId, usize>,
    inputs: HashMap<usize, usize>,
    buffers: Vec<Tensors>,
    constants: Vec<Vec<f32>>,
    plans: Vec<Plan>,
}

impl<'g> Compiler<'g> {
    fn new(graph: &'g TypedModel) -> Self {
        let mut needed: HashMap<OutletId, usize> = HashMap::new();
        let taken = graph.nodes().iter().flat_map(|node| &node.inputs);
        for outlet in taken.chain(&graph.outputs) {
            *needed.entry(*outlet).or_default() += 1;
        }
        let first = graph.inputs.first().and_then(|&input| graph.outlet_fact(input).ok());
        let rows = first.and_then(|fact| fact.shape.as_concrete()?.first().copied());
        Compiler {
            graph,
            rows: rows.unwrap_or(0),
            values: HashMap::new(),
            needed,
            inputs: HashMap::new(),
            buffers: vec![],
            constants: vec![],
            plans: vec![],
        }
    }

    /// Compiles a node; `None` if that is impossible.
    fn node(&mut self, node: &TypedNode) -> Option<()> {
        let outlet = OutletId::new(node.id, 0);
        if node.outputs.len() != 1 || self.rows < 2 {
            return None;
        }
        let value = if let Some(constant) = node.op_as::<Const>() {
            Value::Constant(constant.val().clone())
        } else if node.op_is::<TypedSource>() {
            let view = View::whole(&self.shape(outlet)?);
            let rows = self.rows_of(view);
            self.inputs.insert(node.id, rows.buffer);
            Value::Rows(Rows { is_sole: false, ..rows })
        } else if node.op_is::<Identity>() {
            Value::Rows(self.rows(node.inputs[0])?)
        } else if let Some(op) = node.op_as::<AxisOp>() {
            Value::Rows(self.axes(node, op)?)
        } else if let Some(op) = node.op_as::<Slice>() {
            Value::Rows(self.slice(node, op)?)
        } else if let Some(op) = node.op_as::<TypedConcat>() {
            Value::Rows(self.concat(node, op)?)
        } else if let Some(op) = node.op_as::<Pad>() {
            self.pad(node, op)?
        } else if let Some(op) = node.op_as::<EinSum>() {
            Value::Rows(self.product(node, op)?)
        } else if let Some(op) = node.op_as::<Conv>() {
            Value::Rows(self.convolution(node, op)?)
        } else if let Some(op) = node.op_as::<TypedBinOp>() {
            Value::Rows(self.binary(node, op)?)
        } else if let Some(op) = node.op_as::<ElementWiseOp>() {
            Value::Rows(self.unary(node, op)?)
        } else if let Some(op) = node.op_as::<MaxPool>() {
            Value::Rows(self.max_pool(node, op)?)
        } else if let Some(op) = node.op_as::<Reduce>().filter(|op| op.reducer == Reducer::Max) {
            Value::Rows(self.max(node, op)?)
        } else if let Some(op) = node.op_as::<Reduce>() {
            Value::Rows(self.sum(node, op)?)
        } else {
            Value::Rows(self.root_mean_square(node, node.op_as::<RmsNorm>()?)?)
        };
        let is_needed_once = self.needed.get(&outlet) == Some(&1);
        let sole = |rows: Rows| Rows { is_sole: rows.is_sole && is_needed_once, ..rows };
        let value = match value {
            Value::Rows(rows) => Value::Rows(sole(rows)),
            Value::WithOne(rows) => Value::WithOne(sole(rows)),
            constant => constant,
        };
        self.values.insert(outlet, value);
        Some(())
    }

    /// The shape of a row of a tensor of float32.
    fn shape(&self, outlet: OutletId) -> Option<TVec<usize>> {
        let fact = self.graph.outlet_fact(outlet).ok()?;
        let shape = fact.shape.as_concrete()?;
        let fits = fact.datum_type == f32::datum_type() && shape.first() == Some(&self.rows);
        fits.then(|| shape[1..].into())
    }

    /// A buffer for a tensor with the layout `view`.
    fn rows_of(&mut self, view: View) -> Rows {
        self.buffers.push(Tensors { row: view.reach(), fill: None });
        Rows { buffer: self.buffers.len() - 1, view, is_sole: true }
    }

    /// A node's operand that is not constant.
    fn rows(&mut self, outlet: OutletId) -> Option<Rows> {
        match self.values.get(&outlet)?.clone() {
            Value::Rows(rows) => Some(rows),
            Value::Constant(_) => None,
            Value::WithOne(rows) => {
                let rows = self.with_one(rows);
                self.values.insert(outlet, Value::Rows(rows.clone()));
                Some(rows)
            }
        }
    }

    /// A node's operand, if it is a constant of float32.
    fn constant(&self, outlet: OutletId) -> Option<&Tensor> {
        match self.values.get(&outlet)? {
            Value::Constant(tensor) if tensor.datum_type() == f32::datum_type() => Some(tensor),
            _ => None,
        }
    }

    /// A tensor that is only this output of the graph: not an input, and none of the other
    /// outputs.
    fn output(&mut self, outlet: OutletId, others: &[usize]) -> Option<usize> {
        let rows = self.rows(outlet)?;
        let Tensors { row, fill } = self.buffers[rows.buffer];
        let is_own = rows.view.is_whole()
            && row == rows.view.len()
            && fill.is_none()
            && !others.contains(&rows.buffer)
            && !self.inputs.values().any(|&input| input == rows.buffer);
        Some(if is_own { rows.buffer } else { self.copied(&rows).buffer })
    }
}

/// The numbers of a constant.
fn floats(tensor: &Tensor) -> Option<&[f32]> {
    tensor.as_plain_ram()?.as_slice().ok()
}
