//! Published weights: the constants of an ONNX file, found by the node that uses them.
//!
//! The graph is not run. Nodes are named after the layers of the published network, while the
//! constants often have only a number.

use std::path::{Path, PathBuf};

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array1, Array2, Array3, Array4, Dimension};
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

use crate::ExportError;
use crate::contained::contained;

/// The weights of one ONNX file.
pub(crate) struct Weights {
    path: PathBuf,
    graph: GraphProto,
}

impl Weights {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, ExportError> {
        if !path.is_file() {
            return Err(ExportError::WeightsMissing { path: path.to_owned() });
        }
        let graph = contained(|| {
            let proto = tract_onnx::onnx().proto_model_for_path(path)?;
            proto.graph.context("it holds no graph")
        })
        .map_err(|reason| {
            let (path, kind) = (path.to_owned(), "an ONNX file");
            ExportError::SourceUnreadable { path, kind, reason }
        })?;
        Ok(Self { path: path.to_owned(), graph })
    }

    /// The constant that `node` takes as its input `slot`, which must have the given shape.
    fn input<D: Dimension>(
        &self,
        node: &str,
        slot: usize,
        shape: &[usize],
    ) -> TractResult<tract_ndarray::Array<f32, D>> {
        let tensor = self
            .constant_of(node, slot)
            .with_context(|| format!("input {slot} of node `{node}` in {}", self.path.display()))?;
        ensure!(
            tensor.shape() == shape,
            "input {slot} of node `{node}` in {} has shape {:?}, expected {shape:?}",
            self.path.display(),
            tensor.shape()
        );
        Ok(tensor.to_plain_array_view::<f32>()?.into_dimensionality()?.to_owned())
    }

    /// As [`Self::input`], of rank 1.
    pub(crate) fn vector(
        &self,
        node: &str,
        slot: usize,
        length: usize,
    ) -> TractResult<Array1<f32>> {
        self.input(node, slot, &[length])
    }

    /// As [`Self::input`], of rank 2.
    pub(crate) fn matrix(
        &self,
        node: &str,
        slot: usize,
        shape: [usize; 2],
    ) -> TractResult<Array2<f32>> {
        self.input(node, slot, &shape)
    }

    /// As [`Self::input`], of rank 3.
    pub(crate) fn cube(
        &self,
        node: &str,
        slot: usize,
        shape: [usize; 3],
    ) -> TractResult<Array3<f32>> {
        self.input(node, slot, &shape)
    }

    /// As [`Self::input`], of rank 4.
    pub(crate) fn kernel(
        &self,
        node: &str,
        slot: usize,
        shape: [usize; 4],
    ) -> TractResult<Array4<f32>> {
        self.input(node, slot, &shape)
    }

    /// As [`Self::input`], of rank 0.
    pub(crate) fn scalar(&self, node: &str, slot: usize) -> TractResult<f32> {
        Ok(self.input::<tract_ndarray::Ix0>(node, slot, &[])?.into_scalar())
    }

    fn constant_of(&self, node: &str, slot: usize) -> TractResult<Tensor> {
        let node =
            self.graph.node.iter().find(|n| n.name == node).context("there is no such node")?;
        let name = node.input.get(slot).context("there is no such input")?;
        let proto = self.constant(name).with_context(|| format!("`{name}` is not a constant"))?;
        self.load(proto)
    }

    fn constant(&self, name: &str) -> Option<&TensorProto> {
        let initializer = self.graph.initializer.iter().find(|tensor| tensor.name == name);
        initializer.or_else(|| {
            let produces = |node: &&NodeProto| node.output.iter().any(|output| output == name);
            let node = self.graph.node.iter().find(produces)?;
            node.attribute
                .iter()
                .find(|a| node.op_type == "Constant" && a.name == "value")?
                .t
                .as_ref()
        })
    }

    fn load(&self, proto: &TensorProto) -> TractResult<Tensor> {
        let provider = tract_onnx::data_resolver::MmapDataResolver;
        tract_onnx::tensor::load_tensor(&provider, proto, None)
    }
}
