//! The first subgraph of a `.tflite` file in a form that can be changed and written again.
//!
//! A written file contains the new tables and then the whole old file. The new tables point into
//! the old file for everything that has not changed: weights, options, quantisation, other
//! subgraphs, metadata. So nothing is lost, even if this code does not know it, and no weight is
//! copied more than once.

use std::collections::BTreeMap;
use std::mem::size_of;

use flatbuffers::Vector;
use tract_tflite::tflite as file;

use super::corrupt;
use crate::error::Result;

mod write;

/// The first subgraph, with what it needs of the file around it.
pub(super) struct Graph<'f> {
    bytes: &'f [u8],
    model: file::Model<'f>,
    subgraph: file::SubGraph<'f>,
    /// The inputs, in order.
    pub(super) inputs: Vec<usize>,
    /// The outputs, in order.
    pub(super) outputs: Vec<usize>,
    pub(super) tensors: Vec<Tensor<'f>>,
    /// In the order in which they run.
    pub(super) operators: Vec<Operator<'f>>,
    /// New constants, which several tensors may share.
    constants: Vec<Vec<u8>>,
    /// The float32 values of stored constants, by tensor.
    float32: BTreeMap<usize, Data>,
}

/// A tensor. It is referred to by its index in [`Graph::tensors`].
#[derive(Clone)]
pub(super) struct Tensor<'f> {
    pub(super) name: String,
    pub(super) shape: Vec<i32>,
    /// The shape with -1 for open dimensions, if the file has one.
    pub(super) signature: Option<Vec<i32>>,
    pub(super) kind: file::TensorType,
    pub(super) data: Data,
    pub(super) quantization: Option<file::QuantizationParameters<'f>>,
    /// The tensor in the file, for all other properties.
    origin: Option<file::Tensor<'f>>,
}

/// The position of a tensor's content.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Data {
    /// In a buffer of the file. An empty buffer belongs to a computed tensor.
    File(u32),
    /// A new constant: an index into [`Graph::constants`].
    Made(usize),
}

/// An operator.
pub(super) struct Operator<'f> {
    pub(super) kind: file::BuiltinOperator,
    /// An omitted input is `None`.
    pub(super) inputs: Vec<Option<usize>>,
    pub(super) outputs: Vec<usize>,
    pub(super) options: Options<'f>,
}

/// The options of an operator.
pub(super) enum Options<'f> {
    /// As in the file, together with the operator's code.
    Kept(file::Operator<'f>),
    BatchMatmul {
        adj_x: bool,
        adj_y: bool,
    },
    Concatenation {
        axis: i32,
    },
    ExpandDims,
    FullyConnected {
        activation: file::ActivationFunctionType,
        keep_dims: bool,
    },
    Mul,
    Reduce {
        keep_dims: bool,
    },
    Reshape {
        shape: Vec<i32>,
    },
    Slice,
    Squeeze {
        axis: i32,
    },
    /// Without masks.
    StridedSlice,
    Sub,
}

impl<'f> Graph<'f> {
    /// Reads a file and checks that every index in its first subgraph is valid.
    pub(super) fn read(bytes: &'f [u8]) -> Result<Graph<'f>> {
        let model = file::root_as_model(bytes).map_err(|error| corrupt(error.to_string()))?;
        let subgraph = model
            .subgraphs()
            .filter(|subgraphs| !subgraphs.is_empty())
            .ok_or_else(|| corrupt("it contains no graph"))?
            .get(0);
        let mut graph = Graph {
            bytes,
            model,
            subgraph,
            inputs: vec![],
            outputs: vec![],
            tensors: vec![],
            operators: vec![],
            constants: vec![],
            float32: BTreeMap::new(),
        };
        for tensor in subgraph.tensors().into_iter().flatten() {
            let tensor = graph.read_tensor(tensor)?;
            graph.tensors.push(tensor);
        }
        for operator in subgraph.operators().into_iter().flatten() {
            let operator = graph.read_operator(operator)?;
            graph.operators.push(operator);
        }
        graph.inputs = graph.border(subgraph.inputs())?;
        graph.outputs = graph.border(subgraph.outputs())?;
        Ok(graph)
    }

    fn read_tensor(&self, tensor: file::Tensor<'f>) -> Result<Tensor<'f>> {
        let name = tensor.name().unwrap_or_default();
        let buffers = self.model.buffers().map_or(0, |buffers| buffers.len());
        if tensor.buffer() as usize >= buffers {
            return Err(corrupt(format!(
                "the tensor {name:?} is in buffer {} of {buffers}",
                tensor.buffer()
            )));
        }
        let shape: Vec<i32> = tensor.shape().into_iter().flatten().collect();
        if shape.iter().any(|dim| *dim < 0) {
            return Err(corrupt(format!("the tensor {name:?} has the shape {shape:?}")));
        }
        Ok(Tensor {
            name: name.into(),
            shape,
            signature: tensor.shape_signature().map(|signature| signature.iter().collect()),
            kind: tensor.type_(),
            data: Data::File(tensor.buffer()),
            quantization: tensor.quantization(),
            origin: Some(tensor),
        })
    }

    fn read_operator(&self, operator: file::Operator<'f>) -> Result<Operator<'f>> {
        let code = operator.opcode_index();
        let codes = self.model.operator_codes();
        let code = codes
            .filter(|codes| (code as usize) < codes.len())
            .ok_or_else(|| corrupt(format!("the operator code {code} does not exist")))?
            .get(code as usize);
        // Codes that fit are in the old field. All others are only in the new one.
        let old = i32::from(code.deprecated_builtin_code());
        let kind = file::BuiltinOperator(old.max(code.builtin_code().0));
        let inputs = operator.inputs().into_iter().flatten();
        let outputs = operator.outputs().into_iter().flatten();
        Ok(Operator {
            kind,
            inputs: inputs
                .map(|index| if index == -1 { Ok(None) } else { self.checked(index).map(Some) })
                .collect::<Result<_>>()?,
            outputs: outputs.map(|index| self.checked(index)).collect::<Result<_>>()?,
            options: Options::Kept(operator),
        })
    }

    fn border(&self, indices: Option<Vector<'f, i32>>) -> Result<Vec<usize>> {
        indices.into_iter().flatten().map(|index| self.checked(index)).collect()
    }

    fn checked(&self, index: i32) -> Result<usize> {
        let tensors = self.tensors.len();
        usize::try_from(index)
            .ok()
            .filter(|index| *index < tensors)
            .ok_or_else(|| corrupt(format!("the graph names tensor {index} of {tensors}")))
    }

    /// The name of an operator for people.
    pub(super) fn operator_name(&self, operator: &Operator) -> String {
        let custom = match &operator.options {
            Options::Kept(kept) if operator.kind == file::BuiltinOperator::CUSTOM => {
                let codes = self.model.operator_codes();
                codes.and_then(|codes| codes.get(kept.opcode_index() as usize).custom_code())
            }
            _ => None,
        };
        match (custom, operator.kind.variant_name()) {
            (Some(custom), _) => format!("CUSTOM/{custom}"),
            (None, Some(name)) => name.into(),
            (None, None) => format!("of code {}", operator.kind.0),
        }
    }

    /// The content of a tensor, if it is a constant.
    pub(super) fn data(&self, tensor: usize) -> Option<&[u8]> {
        match self.tensors[tensor].data {
            // By the rules of the format, buffer 0 is empty.
            Data::File(0) => None,
            Data::File(buffer) => Some(self.model.buffers()?.get(buffer as usize).data()?.bytes()),
            Data::Made(index) => Some(&self.constants[index]),
        }
    }

    /// The numbers of an int32 constant.
    pub(super) fn int32(&self, tensor: usize) -> Option<Vec<i32>> {
        let data = self.data(tensor)?;
        let (numbers, rest) = data.as_chunks::<{ size_of::<i32>() }>();
        let is_int32 = self.tensors[tensor].kind == file::TensorType::INT32 && rest.is_empty();
        is_int32.then(|| numbers.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect())
    }

    /// The content of a constant tensor as float32. `fold` converts it the first time.
    pub(super) fn float32(
        &mut self,
        tensor: usize,
        fold: impl FnOnce(&Self) -> Result<Vec<f32>>,
    ) -> Result<Data> {
        if let Some(data) = self.float32.get(&tensor) {
            return Ok(*data);
        }
        let values = fold(self)?;
        let data = self.made(bytes_of(&values, |value| value.to_le_bytes()));
        self.float32.insert(tensor, data);
        Ok(data)
    }

    /// Adds a one-dimensional int32 constant.
    pub(super) fn add_int32(&mut self, name: &str, values: &[i32]) -> usize {
        let data = self.made(bytes_of(values, |value| value.to_le_bytes()));
        let shape = vec![values.len() as i32];
        self.add_tensor(name, shape, file::TensorType::INT32, data)
    }

    /// Adds a float32 constant.
    pub(super) fn add_float32(&mut self, name: &str, shape: &[i32], values: &[f32]) -> usize {
        let data = self.made(bytes_of(values, |value| value.to_le_bytes()));
        self.add_tensor(name, shape.to_vec(), file::TensorType::FLOAT32, data)
    }

    /// Adds a tensor without quantisation. A number makes its name unique.
    pub(super) fn add_tensor(
        &mut self,
        name: &str,
        shape: Vec<i32>,
        kind: file::TensorType,
        data: Data,
    ) -> usize {
        let name = format!("{name}.{}", self.tensors.len());
        self.tensors.push(Tensor {
            name,
            shape,
            signature: None,
            kind,
            data,
            quantization: None,
            origin: None,
        });
        self.tensors.len() - 1
    }

    /// Adds a computed tensor of `shape` that otherwise equals another one.
    pub(super) fn add_like(&mut self, like: usize, name: &str, shape: Vec<i32>) -> usize {
        let Tensor { name: of, kind, quantization, .. } = self.tensors[like].clone();
        let added = self.add_tensor(&format!("{of}.{name}"), shape, kind, Data::File(0));
        self.tensors[added].quantization = quantization;
        added
    }

    fn made(&mut self, bytes: Vec<u8>) -> Data {
        self.constants.push(bytes);
        Data::Made(self.constants.len() - 1)
    }
}

/// The bytes of consecutive numbers.
fn bytes_of<T: Copy>(values: &[T], bytes_of_one: impl Fn(T) -> [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 * values.len());
    values.iter().for_each(|value| bytes.extend_from_slice(&bytes_of_one(*value)));
    bytes
}

impl<'f> Operator<'f> {
    pub(super) fn new(
        kind: file::BuiltinOperator,
        inputs: &[usize],
        output: usize,
        options: Options<'f>,
    ) -> Operator<'f> {
        let inputs = inputs.iter().copied().map(Some).collect();
        Operator { kind, inputs, outputs: vec![output], options }
    }

    /// The operator in the file, unless its options were replaced.
    pub(super) fn kept(&self) -> Option<file::Operator<'f>> {
        match self.options {
            Options::Kept(kept) => Some(kept),
            _ => None,
        }
    }

    /// A required input, by its position.
    pub(super) fn input(&self, position: usize) -> Result<usize> {
        let input = self.inputs.get(position).copied().flatten();
        input.ok_or_else(|| corrupt(format!("{:?} has no input {position}", self.kind)))
    }

    /// The only output.
    pub(super) fn output(&self) -> Result<usize> {
        match self.outputs[..] {
            [output] => Ok(output),
            _ => Err(corrupt(format!("{:?} has {} outputs", self.kind, self.outputs.len()))),
        }
    }
}
