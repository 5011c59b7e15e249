//! The ONNX file: its nodes, its constants, and single nodes run by tract.

use std::collections::HashMap;
use std::path::Path;

use tract_nnef::internal::*;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension;
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto, type_proto,
};
use tract_onnx::prelude::InferenceModelExt;

use crate::ExportError;
use crate::contained::contained;

/// The oldest supported version. Before it, operators have other attributes and other rules for
/// broadcasting.
const LEAST_OPSET: i64 = 9;

/// The content of a file.
pub(super) struct Onnx {
    pub(super) graph: GraphProto,
    opsets: Vec<OperatorSetIdProto>,
}

impl Onnx {
    pub(super) fn read(path: &Path) -> Result<Onnx, ExportError> {
        if !path.is_file() {
            return Err(ExportError::SourceMissing { path: path.to_owned() });
        }
        contained(|| {
            let model = tract_onnx::onnx().proto_model_for_path(path)?;
            let graph = model.graph.context("it holds no graph")?;
            ensure!(!graph.node.is_empty(), "it holds no node");
            let onnx = Onnx { graph, opsets: model.opset_import };
            let opset = onnx.opset();
            ensure!(
                opset >= LEAST_OPSET,
                "its operators are of version {opset}, expected {LEAST_OPSET} or newer"
            );
            Ok(onnx)
        })
        .map_err(|reason| {
            let (path, kind) = (path.to_owned(), "an ONNX file");
            ExportError::SourceUnreadable { path, kind, reason }
        })
    }

    /// The stored constants, by name. Constants that nodes make are not included.
    pub(super) fn constants(&self) -> TractResult<HashMap<String, Arc<Tensor>>> {
        let provider = tract_onnx::data_resolver::MmapDataResolver;
        let load = |proto: &TensorProto| {
            let tensor = tract_onnx::tensor::load_tensor(&provider, proto, None)
                .with_context(|| format!("the constant `{}`", proto.name))?;
            Ok((proto.name.clone(), tensor.into_arc_tensor()))
        };
        self.graph.initializer.iter().map(load).collect()
    }

    /// The names and shapes of the inputs that are not constants. An open dimension is 1: a file
    /// processes one frame of one signal.
    pub(super) fn inputs(&self) -> TractResult<Vec<(String, Vec<usize>)>> {
        let is_constant =
            |name: &str| self.graph.initializer.iter().any(|constant| constant.name == name);
        let inputs = self.graph.input.iter().filter(|input| !is_constant(&input.name));
        inputs.map(|input| Ok((input.name.clone(), shape(input)?))).collect()
    }

    /// How many nodes and outputs of the graph use a tensor.
    pub(super) fn takers(&self, name: &str) -> usize {
        let nodes = self.graph.node.iter().flat_map(|node| &node.input);
        let outputs = self.graph.output.iter().map(|output| &output.name);
        nodes.chain(outputs).filter(|taken| *taken == name).count()
    }

    pub(super) fn opset(&self) -> i64 {
        let own = |opset: &&OperatorSetIdProto| matches!(&*opset.domain, "" | "ai.onnx");
        self.opsets.iter().find(own).map_or(1, |opset| opset.version)
    }

    /// The result of a node for constant inputs, computed by tract.
    pub(super) fn evaluate(
        &self,
        node: &NodeProto,
        inputs: &[Option<Arc<Tensor>>],
    ) -> TractResult<Vec<Tensor>> {
        let (mut node, mut graph) = (node.clone(), GraphProto::default());
        for (slot, input) in inputs.iter().enumerate() {
            node.input[slot] = input.as_ref().map_or(String::new(), |_| format!("input.{slot}"));
            if let Some(input) = input {
                graph.initializer.push(proto(&node.input[slot], input)?);
            }
        }
        let outputs = node.output.iter().filter(|output| !output.is_empty());
        graph.output = outputs
            .map(|name| ValueInfoProto { name: name.clone(), ..ValueInfoProto::default() })
            .collect();
        graph.node = vec![node];
        let (opset_import, graph) = (self.opsets.clone(), Some(graph));
        let model = ModelProto { ir_version: 8, opset_import, graph, ..ModelProto::default() };
        let model = tract_onnx::onnx().model_for_proto_model(&model)?.into_typed()?;
        let outputs = model.into_runnable()?.run(tvec!())?;
        Ok(outputs.into_iter().map(TValue::into_tensor).collect())
    }
}

fn shape(value: &ValueInfoProto) -> TractResult<Vec<usize>> {
    let context = || format!("the input `{}` has no type", value.name);
    let type_ = value.r#type.as_ref().and_then(|t| t.value.as_ref()).with_context(context)?;
    let type_proto::Value::TensorType(tensor) = type_;
    ensure!(
        tensor.elem_type == DataType::Float as i32,
        "the input `{}` is not of float32",
        value.name
    );
    let dims = &tensor.shape.as_ref().with_context(context)?.dim;
    let dim = |dim: &tract_onnx::pb::tensor_shape_proto::Dimension| match dim.value {
        Some(dimension::Value::DimValue(length)) if length > 0 => length as usize,
        _ => 1,
    };
    Ok(dims.iter().map(dim).collect())
}

fn proto(name: &str, tensor: &Tensor) -> TractResult<TensorProto> {
    let data_type = match tensor.datum_type() {
        DatumType::F32 => DataType::Float,
        DatumType::F64 => DataType::Double,
        DatumType::I32 => DataType::Int32,
        DatumType::I64 => DataType::Int64,
        DatumType::Bool => DataType::Bool,
        DatumType::TDim => {
            let numbers = tensor.cast_to::<i64>()?;
            return proto(name, &numbers);
        }
        other => bail!("a tensor of {other:?}"),
    };
    Ok(TensorProto {
        name: name.to_owned(),
        dims: tensor.shape().iter().map(|dim| *dim as i64).collect(),
        data_type: data_type as i32,
        raw_data: tensor.try_as_plain_ram()?.as_bytes().to_vec(),
        ..TensorProto::default()
    })
}
