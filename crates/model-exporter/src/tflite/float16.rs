//! Stores weights as 16-bit floats, in the standard float16 form of TFLite files.
//!
//! Each large constant becomes a float16 constant followed by a DEQUANTIZE, which runtimes fold
//! when they load the file. The file becomes about half as long.

mod options;

use std::collections::BTreeMap;

use flatbuffers::{FlatBufferBuilder, WIPOffset};
use tract_nnef::internal::*;
use tract_tflite::tflite::{
    Buffer, BufferArgs, BuiltinOperator, BuiltinOptions, DequantizeOptions, DequantizeOptionsArgs,
    Model, ModelArgs, Operator, OperatorArgs, OperatorCode, OperatorCodeArgs, SubGraph,
    SubGraphArgs, Tensor as FileTensor, TensorArgs, TensorType, root_as_model,
};

use crate::ExportError;
use crate::contained::contained;

/// Smaller constants stay unchanged: they would save less than their operators cost.
const FEWEST_ELEMENTS: usize = 1024;

/// The first version of DEQUANTIZE that takes float16.
const DEQUANTIZE_VERSION: i32 = 3;

/// The file `bytes` with its large float32 constants stored as float16.
///
/// `bytes` must come from [`encode`](super::encode): one graph of unquantised tensors. Values are
/// rounded to the nearest float16, so the results are nearly the same. tract cannot read this file.
///
/// # Errors
///
/// [`ExportError::WriterFailed`] if a constant is too large for float16, or if `bytes` contains
/// something that [`encode`](super::encode) does not write.
pub fn store_weights_as_float16(bytes: &[u8]) -> Result<Vec<u8>, ExportError> {
    contained(|| Rewriter::new(root_as_model(bytes)?)?.rewrite())
        .map_err(|reason| ExportError::WriterFailed { reason })
}

struct Rewriter<'f> {
    file: Model<'f>,
    graph: SubGraph<'f>,
    builder: FlatBufferBuilder<'f>,
    /// The float16 form of each large constant, by its tensor.
    halves: BTreeMap<usize, Vec<u8>>,
}

impl<'f> Rewriter<'f> {
    fn new(file: Model<'f>) -> TractResult<Self> {
        let graphs = file.subgraphs().context("no graphs")?;
        ensure!(graphs.len() == 1, "there are {} graphs, expected 1", graphs.len());
        let graph = graphs.get(0);
        let mut halves = BTreeMap::new();
        for (index, tensor) in graph.tensors().context("no tensors")?.iter().enumerate() {
            ensure!(tensor.quantization().is_none(), "tensor {index} is quantised already");
            if let Some(half) = half(&file, &tensor)? {
                halves.insert(index, half);
            }
        }
        Ok(Self { file, graph, builder: FlatBufferBuilder::new(), halves })
    }

    fn rewrite(mut self) -> TractResult<Vec<u8>> {
        let buffers = self.buffers()?;
        let buffers = self.builder.create_vector(&buffers);
        let graph = self.graph()?;
        let graphs = self.builder.create_vector(&[graph]);
        let codes = self.operator_codes()?;
        let codes = self.builder.create_vector(&codes);
        let args = ModelArgs {
            version: self.file.version(),
            operator_codes: Some(codes),
            subgraphs: Some(graphs),
            buffers: Some(buffers),
            ..ModelArgs::default()
        };
        let model = Model::create(&mut self.builder, &args);
        self.builder.finish(model, Some("TFL3"));
        Ok(self.builder.finished_data().to_vec())
    }

    /// The buffers, with those of large constants converted to float16.
    fn buffers(&mut self) -> TractResult<Vec<WIPOffset<Buffer<'f>>>> {
        let tensors = self.graph.tensors().context("no tensors")?;
        let halves: BTreeMap<usize, &Vec<u8>> = self
            .halves
            .iter()
            .map(|(index, half)| (tensors.get(*index).buffer() as usize, half))
            .collect();
        let mut written = vec![];
        for (index, buffer) in self.file.buffers().context("no buffers")?.iter().enumerate() {
            let data = match halves.get(&index) {
                Some(half) => Some(self.builder.create_vector::<u8>(half)),
                None => buffer.data().map(|data| self.builder.create_vector(data.bytes())),
            };
            written.push(Buffer::create(&mut self.builder, &BufferArgs { data }));
        }
        Ok(written)
    }

    fn operator_codes(&mut self) -> TractResult<Vec<WIPOffset<OperatorCode<'f>>>> {
        let codes = self.file.operator_codes().context("no operator codes")?;
        let mut args: Vec<_> = codes
            .iter()
            .map(|code| OperatorCodeArgs {
                deprecated_builtin_code: code.deprecated_builtin_code(),
                custom_code: None,
                version: code.version(),
                builtin_code: code.builtin_code(),
            })
            .collect();
        args.push(OperatorCodeArgs {
            deprecated_builtin_code: BuiltinOperator::DEQUANTIZE.0 as i8,
            custom_code: None,
            version: DEQUANTIZE_VERSION,
            builtin_code: BuiltinOperator::DEQUANTIZE,
        });
        Ok(args.iter().map(|args| OperatorCode::create(&mut self.builder, args)).collect())
    }

    fn graph(&mut self) -> TractResult<WIPOffset<SubGraph<'f>>> {
        let tensors = self.tensors()?;
        let operators = self.operators()?;
        let tensors = Some(self.builder.create_vector(&tensors));
        let operators = Some(self.builder.create_vector(&operators));
        let inputs = self.graph.inputs().map(|v| self.builder.create_vector_from_iter(v.iter()));
        let outputs = self.graph.outputs().map(|v| self.builder.create_vector_from_iter(v.iter()));
        let args = SubGraphArgs { tensors, inputs, outputs, operators, name: None };
        Ok(SubGraph::create(&mut self.builder, &args))
    }

    /// The tensors, with large constants as results without a buffer, followed by their float16
    /// forms.
    fn tensors(&mut self) -> TractResult<Vec<WIPOffset<FileTensor<'f>>>> {
        let tensors = self.graph.tensors().context("no tensors")?;
        let mut written = vec![];
        for (index, tensor) in tensors.iter().enumerate() {
            let buffer = if self.halves.contains_key(&index) { 0 } else { tensor.buffer() };
            let name = tensor.name().unwrap_or_default();
            written.push(self.tensor(&tensor, name, tensor.type_(), buffer));
        }
        for index in self.halves.keys().copied().collect::<Vec<_>>() {
            let tensor = tensors.get(index);
            let name = format!("{}.float16", tensor.name().unwrap_or_default());
            written.push(self.tensor(&tensor, &name, TensorType::FLOAT16, tensor.buffer()));
        }
        Ok(written)
    }

    fn tensor(
        &mut self,
        like: &FileTensor,
        name: &str,
        type_: TensorType,
        buffer: u32,
    ) -> WIPOffset<FileTensor<'f>> {
        let shape = like.shape().map(|shape| self.builder.create_vector_from_iter(shape.iter()));
        let name = Some(self.builder.create_string(name));
        let has_rank = like.has_rank();
        let args = TensorArgs { shape, type_, buffer, name, has_rank, ..TensorArgs::default() };
        FileTensor::create(&mut self.builder, &args)
    }

    /// A DEQUANTIZE for each large constant, followed by the unchanged operators.
    fn operators(&mut self) -> TractResult<Vec<WIPOffset<Operator<'f>>>> {
        let tensors = self.graph.tensors().context("no tensors")?.len();
        let dequantize = self.file.operator_codes().context("no operator codes")?.len() as u32;
        let mut written = vec![];
        for (nth, index) in self.halves.keys().copied().collect::<Vec<_>>().into_iter().enumerate()
        {
            let options = DequantizeOptions::create(&mut self.builder, &DequantizeOptionsArgs {});
            let args = OperatorArgs {
                opcode_index: dequantize,
                inputs: Some(self.builder.create_vector(&[(tensors + nth) as i32])),
                outputs: Some(self.builder.create_vector(&[index as i32])),
                builtin_options_type: BuiltinOptions::DequantizeOptions,
                builtin_options: Some(options.as_union_value()),
                ..OperatorArgs::default()
            };
            written.push(Operator::create(&mut self.builder, &args));
        }
        for operator in self.graph.operators().context("no operators")? {
            written.push(self.operator(&operator)?);
        }
        Ok(written)
    }

    fn operator(&mut self, operator: &Operator) -> TractResult<WIPOffset<Operator<'f>>> {
        let args = OperatorArgs {
            opcode_index: operator.opcode_index(),
            inputs: operator.inputs().map(|v| self.builder.create_vector_from_iter(v.iter())),
            outputs: operator.outputs().map(|v| self.builder.create_vector_from_iter(v.iter())),
            builtin_options_type: operator.builtin_options_type(),
            builtin_options: options::copy(&mut self.builder, operator)?,
            ..OperatorArgs::default()
        };
        Ok(Operator::create(&mut self.builder, &args))
    }
}

/// The float16 form of a tensor's constant, if it is a large float32 one.
fn half(file: &Model, tensor: &FileTensor) -> TractResult<Option<Vec<u8>>> {
    let buffers = file.buffers().context("no buffers")?;
    let Some(data) = buffers.get(tensor.buffer() as usize).data() else { return Ok(None) };
    if tensor.type_() != TensorType::FLOAT32 || data.len() < FEWEST_ELEMENTS * size_of::<f32>() {
        return Ok(None);
    }
    let values: Vec<f32> =
        data.bytes().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let halves: Vec<f16> = values.iter().map(|value| f16::from_f32(*value)).collect();
    let too_large =
        values.iter().zip(&halves).find(|(value, half)| value.is_finite() != half.is_finite());
    if let Some((value, _)) = too_large {
        bail!("{value} in `{}` is too large for float16", tensor.name().unwrap_or_default());
    }
    Ok(Some(halves.iter().flat_map(|half| half.to_le_bytes()).collect()))
}
