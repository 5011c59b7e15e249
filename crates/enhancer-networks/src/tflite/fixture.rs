//! Small graphs for tests, written table by table, and their runs in the runtime.

use std::fmt;

use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};
#[cfg(test)]
use tract_tflite::internal::{IntoTValue, Tensor as Value};
use tract_tflite::tflite::*;

#[cfg(test)]
use crate::error::Result;

/// Written options: their kind and their position.
pub type Written = (BuiltinOptions, Option<WIPOffset<UnionWIPOffset>>);

/// A file with one graph that is being written.
pub struct Fixture<'f> {
    /// Writes options.
    pub builder: FlatBufferBuilder<'f>,
    tensors: Vec<WIPOffset<Tensor<'f>>>,
    buffers: Vec<WIPOffset<Buffer<'f>>>,
    codes: Vec<WIPOffset<OperatorCode<'f>>>,
    operators: Vec<WIPOffset<Operator<'f>>>,
}

impl Default for Fixture<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Fixture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture").finish_non_exhaustive()
    }
}

impl<'f> Fixture<'f> {
    /// An empty file.
    pub fn new() -> Self {
        let mut builder = FlatBufferBuilder::new();
        let buffers = vec![Buffer::create(&mut builder, &BufferArgs { data: None })];
        Fixture { builder, tensors: vec![], buffers, codes: vec![], operators: vec![] }
    }

    /// A float32 tensor for an input or a result.
    pub fn computed(&mut self, shape: &[i32]) -> i32 {
        self.tensor(shape, TensorType::FLOAT32, None, None)
    }

    /// A float32 constant.
    pub fn float32(&mut self, shape: &[i32], values: &[f32]) -> i32 {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(shape, TensorType::FLOAT32, Some(&data), None)
    }

    /// An int32 constant.
    pub fn int32(&mut self, shape: &[i32], values: &[i32]) -> i32 {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(shape, TensorType::INT32, Some(&data), None)
    }

    #[cfg(test)]
    /// An int8 constant with a scale and a zero point for each entry along `axis`, or for all.
    pub(super) fn int8(
        &mut self,
        shape: &[i32],
        values: &[i8],
        axis: i32,
        scales: &[f32],
        zero_points: &[i64],
    ) -> i32 {
        let scale = Some(self.builder.create_vector(scales));
        let zero_point = Some(self.builder.create_vector(zero_points));
        let args = QuantizationParametersArgs {
            scale,
            zero_point,
            quantized_dimension: axis,
            ..Default::default()
        };
        let parameters = QuantizationParameters::create(&mut self.builder, &args);
        let data: Vec<u8> = values.iter().map(|value| *value as u8).collect();
        self.tensor(shape, TensorType::INT8, Some(&data), Some(parameters))
    }

    pub(super) fn tensor(
        &mut self,
        shape: &[i32],
        type_: TensorType,
        data: Option<&[u8]>,
        quantization: Option<WIPOffset<QuantizationParameters<'f>>>,
    ) -> i32 {
        let buffer = data.map_or(0, |data| {
            let data = Some(self.builder.create_vector(data));
            self.buffers.push(Buffer::create(&mut self.builder, &BufferArgs { data }));
            self.buffers.len() as u32 - 1
        });
        let name = format!("tensor {}", self.tensors.len());
        let args = TensorArgs {
            shape: Some(self.builder.create_vector(shape)),
            name: Some(self.builder.create_string(&name)),
            type_,
            buffer,
            quantization,
            ..Default::default()
        };
        self.tensors.push(Tensor::create(&mut self.builder, &args));
        self.tensors.len() as i32 - 1
    }

    /// An operator on existing tensors.
    pub fn operator(
        &mut self,
        kind: BuiltinOperator,
        inputs: &[i32],
        outputs: &[i32],
        options: Written,
    ) {
        let custom = (kind == BuiltinOperator::CUSTOM).then_some("Mystery");
        let args = OperatorCodeArgs {
            // Codes that do not fit are only in the new field.
            deprecated_builtin_code: kind.0.min(127) as i8,
            custom_code: custom.map(|name| self.builder.create_string(name)),
            builtin_code: kind,
            version: 1,
        };
        self.codes.push(OperatorCode::create(&mut self.builder, &args));
        let args = OperatorArgs {
            opcode_index: self.codes.len() as u32 - 1,
            inputs: Some(self.builder.create_vector(inputs)),
            outputs: Some(self.builder.create_vector(outputs)),
            builtin_options_type: options.0,
            builtin_options: options.1,
            ..Default::default()
        };
        self.operators.push(Operator::create(&mut self.builder, &args));
    }

    /// `a + b`, element by element.
    pub fn add(&mut self, a: i32, b: i32, sum: i32) {
        let options = AddOptions::create(&mut self.builder, &AddOptionsArgs::default());
        let options = (BuiltinOptions::AddOptions, Some(options.as_union_value()));
        self.operator(BuiltinOperator::ADD, &[a, b], &[sum], options);
    }

    /// `a * b`, element by element.
    pub fn multiply(&mut self, a: i32, b: i32, product: i32) {
        let options = MulOptions::create(&mut self.builder, &MulOptionsArgs::default());
        let options = (BuiltinOptions::MulOptions, Some(options.as_union_value()));
        self.operator(BuiltinOperator::MUL, &[a, b], &[product], options);
    }

    /// A reshape, possibly to the same shape.
    pub fn reshape(&mut self, given: i32, shape: &[i32], made: i32) {
        let shape = self.int32(&[shape.len() as i32], shape);
        let options = ReshapeOptions::create(&mut self.builder, &ReshapeOptionsArgs::default());
        let options = (BuiltinOptions::ReshapeOptions, Some(options.as_union_value()));
        self.operator(BuiltinOperator::RESHAPE, &[given, shape], &[made], options);
    }

    /// The bytes of the file. Its graph has these inputs and outputs.
    pub fn file(mut self, inputs: &[i32], outputs: &[i32]) -> Vec<u8> {
        let builder = &mut self.builder;
        let args = SubGraphArgs {
            tensors: Some(builder.create_vector(&self.tensors)),
            inputs: Some(builder.create_vector(inputs)),
            outputs: Some(builder.create_vector(outputs)),
            operators: Some(builder.create_vector(&self.operators)),
            name: None,
        };
        let subgraph = SubGraph::create(builder, &args);
        let args = ModelArgs {
            version: 3,
            operator_codes: Some(builder.create_vector(&self.codes)),
            subgraphs: Some(builder.create_vector(&[subgraph])),
            description: Some(builder.create_string("of a test")),
            buffers: Some(builder.create_vector(&self.buffers)),
            ..Default::default()
        };
        let model = Model::create(builder, &args);
        finish_model_buffer(builder, model);
        builder.finished_data().to_vec()
    }
}

/// No options.
pub const NONE: Written = (BuiltinOptions::NONE, None);

#[cfg(test)]
/// The outputs of a file's graph for float32 inputs with the given shapes.
pub(super) fn run(file: &[u8], inputs: &[(&[usize], &[f32])]) -> Result<Vec<Vec<f32>>> {
    run_lanes(file, 1, inputs)
}

#[cfg(test)]
/// Like [`run`], with this many lanes.
pub(super) fn run_lanes(
    file: &[u8],
    lanes: usize,
    inputs: &[(&[usize], &[f32])],
) -> Result<Vec<Vec<f32>>> {
    let network = super::prepare(super::read(file, lanes)?, lanes)?;
    let inputs = inputs
        .iter()
        .map(|(shape, values)| Value::from_shape(shape, values).unwrap().into_tvalue())
        .collect();
    let outputs = network.run(inputs).unwrap();
    Ok(outputs
        .iter()
        .map(|output| output.try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec())
        .collect())
}
