//! The order in which nodes are lowered.

use std::collections::{HashMap, HashSet};

use tract_nnef::internal::*;
use tract_onnx::pb::NodeProto;

use super::layers;
use super::lowering::Lowering;
use super::onnx::Onnx;
use super::operators::Call;
use super::strands::Strand;
use super::value::Value;
use crate::ExportError;
use crate::contained::contained;

impl Lowering {
    /// Lowers all nodes. Recurrent layers wait until nothing else can be lowered, so that
    /// independent ones can be computed together.
    pub(super) fn nodes(
        &mut self,
        file: &Onnx,
        values: &mut HashMap<String, Value>,
    ) -> Result<(), ExportError> {
        let mut done = HashSet::new();
        let mut open: Vec<&NodeProto> = file.graph.node.iter().collect();
        while !open.is_empty() {
            let before = open.len();
            let mut waiting = vec![];
            for node in open {
                if is_recurrent(node) || !is_ready(node, values) {
                    waiting.push(node);
                } else {
                    self.one(node, |lowering| lowering.node(file, node, values, &mut done))?;
                }
            }
            let ready = |node: &&NodeProto| is_recurrent(node) && is_ready(node, values);
            let together: Vec<&NodeProto> = waiting.iter().copied().filter(ready).collect();
            if let Some(first) = together.first() {
                let lowered = self.one(first, |l| l.layers(file, &together, values))?;
                waiting.retain(|node| !lowered.iter().any(|done| std::ptr::eq(*done, *node)));
            } else if let Some(first) = waiting.first().filter(|_| waiting.len() == before) {
                let open = first.input.iter().find(|name| !is_there(name, values));
                let name = open.cloned().unwrap_or_default();
                self.one(first, |_| bail!("nothing makes its input `{name}`"))?;
            }
            open = waiting;
        }
        Ok(())
    }

    /// Lowers one node; an error names it.
    fn one<T>(
        &mut self,
        node: &NodeProto,
        lower: impl FnOnce(&mut Self) -> TractResult<T>,
    ) -> Result<T, ExportError> {
        let name = if node.name.is_empty() { node.output.first() } else { Some(&node.name) };
        self.node = name.cloned().unwrap_or_default();
        self.names = 0;
        contained(|| lower(self)).map_err(|reason| {
            let (node, operator) = (self.node.clone(), node.op_type.clone());
            ExportError::OperatorNotImported { node, operator, reason }
        })
    }

    /// Lowers the first of some recurrent layers, together with all others of the same form.
    /// Returns the lowered ones.
    fn layers<'n>(
        &mut self,
        file: &Onnx,
        nodes: &[&'n NodeProto],
        values: &mut HashMap<String, Value>,
    ) -> TractResult<Vec<&'n NodeProto>> {
        let form = |strands: &[Strand]| strands.first().map(Strand::form);
        let (mut together, mut strands): (Vec<&NodeProto>, Vec<Vec<Strand>>) = (vec![], vec![]);
        for node in nodes {
            let own = match layers::strands_of(&call(file, node, values)?) {
                Ok(own) => own,
                Err(error) if together.is_empty() => return Err(error),
                // An error of another layer is reported when it is its turn.
                Err(_) => continue,
            };
            if strands.first().is_none_or(|first| form(first) == form(&own)) {
                together.push(node);
                strands.push(own);
            }
        }
        for (node, made) in together.iter().zip(self.recurrent(strands)?) {
            keep(node, made, values);
        }
        Ok(together)
    }
}

fn is_recurrent(node: &NodeProto) -> bool {
    matches!(&*node.op_type, "GRU" | "LSTM")
}

fn is_there(name: &str, values: &HashMap<String, Value>) -> bool {
    name.is_empty() || values.contains_key(name)
}

fn is_ready(node: &NodeProto, values: &HashMap<String, Value>) -> bool {
    node.input.iter().all(|name| is_there(name, values))
}

/// A node with its inputs, which are all known.
pub(super) fn call<'n>(
    file: &Onnx,
    node: &'n NodeProto,
    values: &HashMap<String, Value>,
) -> TractResult<Call<'n>> {
    ensure!(matches!(&*node.domain, "" | "ai.onnx"), "the domain {:?}", node.domain);
    let inputs = node.input.iter().map(|name| values.get(name).cloned()).collect();
    Ok(Call { node, inputs, opset: file.opset() })
}

/// Stores the results of a node under their names.
pub(super) fn keep(node: &NodeProto, made: Vec<Value>, values: &mut HashMap<String, Value>) {
    let outputs = node.output.iter().zip(made).filter(|(name, _)| !name.is_empty());
    values.extend(outputs.map(|(name, value)| (name.clone(), value)));
}
