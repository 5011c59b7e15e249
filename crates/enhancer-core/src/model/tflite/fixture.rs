//! Small graphs for tests, written table by table, and their run in the runtime.

use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};
use tract_tflite::internal::{IntoTValue, Tensor as Value};
use tract_tflite::tflite::*;

use crate::error::Result;

/// Options, written: their kind and where they are.
pub(in crate::model) type Written = (BuiltinOptions, Option<WIPOffset<UnionWIPOffset>>);

/// A file of one graph that is being written.
pub(in crate::model) struct Fixture<'f> {
    pub(in crate::model) builder: FlatBufferBuilder<'f>,
    tensors: Vec<WIPOffset<Tensor<'f>>>,
    buffers: Vec<WIPOffset<Buffer<'f>>>,
    codes: Vec<WIPOffset<OperatorCode<'f>>>,
    operators: Vec<WIPOffset<Operator<'f>>>,
}

impl<'f> Fixture<'f> {
    pub(in crate::model) fn new() -> Self {
        let mut builder = FlatBufferBuilder::new();
        let buffers = vec![Buffer::create(&mut builder, &BufferArgs { data: None })];
        Fixture { builder, tensors: vec![], buffers, codes: vec![], operators: vec![] }
    }

    /// A float32 tensor that is given or computed.
    pub(in crate::model) fn computed(&mut self, shape: &[i32]) -> i32 {
        self.tensor(shape, TensorType::FLOAT32, None, None)
    }

    pub(in crate::model) fn float32(&mut self, shape: &[i32], values: &[f32]) -> i32 {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(shape, TensorType::FLOAT32, Some(&data), None)
    }

    pub(in crate::model) fn int32(&mut self, shape: &[i32], values: &[i32]) -> i32 {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(shape, TensorType::INT32, Some(&data), None)
    }

    /// An int8 constant with a scale and zero point for each entry along `axis`, or for all.
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

    pub(in crate::model) fn operator(
        &mut self,
        kind: BuiltinOperator,
        inputs: &[i32],
        outputs: &[i32],
        options: Written,
    ) {
        let custom = (kind == BuiltinOperator::CUSTOM).then_some("Mystery");
        let args = OperatorCodeArgs {
            // Codes that do not fit stand in the new field alone.
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

    pub(in crate::model) fn file(mut self, inputs: &[i32], outputs: &[i32]) -> Vec<u8> {
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
pub(in crate::model) const NONE: Written = (BuiltinOptions::NONE, None);

/// The outputs of a file's graph for float32 inputs of the given shapes.
pub(super) fn run(file: &[u8], inputs: &[(&[usize], &[f32])]) -> Result<Vec<Vec<f32>>> {
    run_lanes(file, 1, inputs)
}

/// As [`run`], on so many lanes.
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
