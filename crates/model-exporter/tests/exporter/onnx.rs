use std::fs;
use std::path::Path;

use prost::Message;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto, tensor_proto::DataType, type_proto,
};

/// A dimension of the input `x`.
pub(crate) enum Dim {
    Number(i64),
    Symbol(&'static str),
    Unknown,
}

/// Operator `op_type`, its inputs, its output; the node is named after its output with `_node`.
pub(crate) fn node(op_type: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        name: format!("{output}_node"),
        op_type: op_type.to_owned(),
        input: inputs.iter().map(ToString::to_string).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    }
}

/// A constant float32 tensor.
pub(crate) fn constant(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

/// A constant tensor of whole numbers.
pub(crate) fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: vec![values.len() as i64],
        data_type: DataType::Int64 as i32,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

/// A graph from the float32 input `x` to the output `y`.
pub(crate) struct Graph {
    pub(crate) input: Vec<Dim>,
    pub(crate) constants: Vec<TensorProto>,
    pub(crate) nodes: Vec<NodeProto>,
}

impl Graph {
    pub(crate) fn write(self, path: &Path) {
        let graph = GraphProto {
            name: "test".to_owned(),
            node: self.nodes,
            initializer: self.constants,
            input: vec![value("x", Some(self.input))],
            output: vec![value("y", None)],
            ..GraphProto::default()
        };
        let model = ModelProto {
            ir_version: 8,
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
            graph: Some(graph),
            ..ModelProto::default()
        };
        fs::write(path, model.encode_to_vec()).unwrap();
    }
}

fn value(name: &str, dims: Option<Vec<Dim>>) -> ValueInfoProto {
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: dims.map(|dims| TensorShapeProto { dim: dims.into_iter().map(dimension).collect() }),
    };
    let r#type =
        TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.to_owned(), r#type: Some(r#type), ..ValueInfoProto::default() }
}

fn dimension(dim: Dim) -> Dimension {
    let value = match dim {
        Dim::Number(number) => Some(dimension::Value::DimValue(number)),
        Dim::Symbol(name) => Some(dimension::Value::DimParam(name.to_owned())),
        Dim::Unknown => None,
    };
    Dimension { value, ..Dimension::default() }
}
