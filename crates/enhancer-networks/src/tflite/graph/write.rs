//! Writes a graph as a file.

use std::collections::BTreeMap;

use flatbuffers::{FlatBufferBuilder, Table, UnionWIPOffset, Vector, WIPOffset};
use tract_tflite::tflite as file;

use super::{Data, Graph, Operator, Options, Tensor};

/// The size in bytes of the new tables of most graphs.
const FOR_TABLES: usize = 1 << 18;

/// The maximum alignment of flatbuffer scalars.
const ALIGNMENT: usize = 8;

impl<'f> Graph<'f> {
    /// The bytes of a file with this graph.
    pub(crate) fn write(&self) -> Vec<u8> {
        Writer::new(self).write()
    }
}

struct Writer<'g, 'f> {
    graph: &'g Graph<'f>,
    builder: FlatBufferBuilder<'f>,
    /// The distance from the start of the old file to the end of the new one.
    old: usize,
    /// Operator codes that the old file lacks, in order.
    codes: Vec<file::BuiltinOperator>,
    /// The indices of these codes.
    code_of: BTreeMap<i32, u32>,
}

impl<'g, 'f> Writer<'g, 'f> {
    fn new(graph: &'g Graph<'f>) -> Self {
        let constants: usize = graph.constants.iter().map(Vec::len).sum();
        // A builder that has to grow copies its content.
        let mut builder =
            FlatBufferBuilder::with_capacity(graph.bytes.len() + constants + FOR_TABLES);
        // A builder writes from the end to the beginning, and pointers only lead forwards. So the
        // old file is written first and ends up last.
        builder.push(0u64);
        // Including the zero at the end of a string.
        let len = graph.bytes.len() + 1;
        let padding = len.next_multiple_of(ALIGNMENT) - len;
        for _ in 0..padding {
            builder.push(0u8);
        }
        bytes(&mut builder, graph.bytes);
        let old = size_of::<u64>() + padding + len;
        Writer { graph, builder, old, codes: vec![], code_of: BTreeMap::new() }
    }

    /// A pointer to a table of the old file.
    fn old<T>(&self, table: Table) -> WIPOffset<T> {
        WIPOffset::new((self.old - table.loc()) as u32)
    }

    fn write(mut self) -> Vec<u8> {
        let model = self.graph.model;
        let subgraphs = self.subgraphs();
        let subgraphs = Some(self.builder.create_vector(&subgraphs));
        let codes = self.operator_codes();
        let operator_codes = Some(self.builder.create_vector(&codes));
        let buffers = self.buffers();
        let buffers = Some(self.builder.create_vector(&buffers));
        let description = model.description().map(|text| self.builder.create_string(text));
        let metadata_buffer =
            model.metadata_buffer().map(|v| self.builder.create_vector_from_iter(v.iter()));
        let metadata: Option<Vec<_>> =
            model.metadata().map(|v| v.iter().map(|entry| self.old(entry._tab)).collect());
        let metadata = metadata.map(|metadata| self.builder.create_vector(&metadata));
        let signatures: Option<Vec<_>> =
            model.signature_defs().map(|v| v.iter().map(|entry| self.old(entry._tab)).collect());
        let signature_defs = signatures.map(|defs| self.builder.create_vector(&defs));
        let args = file::ModelArgs {
            version: model.version(),
            operator_codes,
            subgraphs,
            description,
            buffers,
            metadata_buffer,
            metadata,
            signature_defs,
        };
        let root = file::Model::create(&mut self.builder, &args);
        file::finish_model_buffer(&mut self.builder, root);
        let (mut bytes, start) = self.builder.collapse();
        bytes.drain(..start);
        bytes
    }

    /// This graph, and the others unchanged: the indices that they use stay valid.
    fn subgraphs(&mut self) -> Vec<WIPOffset<file::SubGraph<'f>>> {
        let mut written = vec![self.subgraph()];
        let others = self.graph.model.subgraphs().into_iter().flatten().skip(1);
        written.extend(others.map(|subgraph| self.old(subgraph._tab)));
        written
    }

    fn subgraph(&mut self) -> WIPOffset<file::SubGraph<'f>> {
        let graph = self.graph;
        let tensors: Vec<_> = graph.tensors.iter().map(|tensor| self.tensor(tensor)).collect();
        let operators: Vec<_> =
            graph.operators.iter().map(|operator| self.operator(operator)).collect();
        let old = graph.subgraph;
        let args = file::SubGraphArgs {
            tensors: Some(self.builder.create_vector(&tensors)),
            inputs: old.inputs().map(|v| self.builder.create_vector_from_iter(v.iter())),
            outputs: old.outputs().map(|v| self.builder.create_vector_from_iter(v.iter())),
            operators: Some(self.builder.create_vector(&operators)),
            name: old.name().map(|name| self.builder.create_string(name)),
        };
        file::SubGraph::create(&mut self.builder, &args)
    }

    fn tensor(&mut self, tensor: &Tensor<'f>) -> WIPOffset<file::Tensor<'f>> {
        let origin = tensor.origin;
        let variants = origin.and_then(|origin| origin.variant_tensors());
        let variants: Option<Vec<_>> =
            variants.map(|v| v.iter().map(|variant| self.old(variant._tab)).collect());
        let sparsity = origin.and_then(|origin| origin.sparsity());
        let args = file::TensorArgs {
            shape: Some(self.builder.create_vector(&tensor.shape)),
            type_: tensor.kind,
            buffer: self.buffer(tensor.data),
            name: Some(self.builder.create_string(&tensor.name)),
            quantization: tensor.quantization.map(|parameters| self.old(parameters._tab)),
            is_variable: origin.is_some_and(|origin| origin.is_variable()),
            sparsity: sparsity.map(|sparsity| self.old(sparsity._tab)),
            shape_signature: tensor.signature.as_ref().map(|v| self.builder.create_vector(v)),
            has_rank: origin.is_none_or(|origin| origin.has_rank()),
            variant_tensors: variants.map(|variants| self.builder.create_vector(&variants)),
        };
        file::Tensor::create(&mut self.builder, &args)
    }

    fn buffer(&self, data: Data) -> u32 {
        match data {
            Data::File(buffer) => buffer,
            Data::Made(index) => {
                let old = self.graph.model.buffers().map_or(0, |buffers| buffers.len());
                (old + index) as u32
            }
        }
    }

    fn buffers(&mut self) -> Vec<WIPOffset<file::Buffer<'f>>> {
        let old = self.graph.model.buffers().into_iter().flatten();
        let mut written: Vec<_> = old.map(|buffer| self.old(buffer._tab)).collect();
        for constant in &self.graph.constants {
            let data = Some(bytes(&mut self.builder, constant));
            written.push(file::Buffer::create(&mut self.builder, &file::BufferArgs { data }));
        }
        written
    }

    fn operator(&mut self, operator: &Operator<'f>) -> WIPOffset<file::Operator<'f>> {
        let inputs = operator.inputs.iter().map(|input| input.map_or(-1, |index| index as i32));
        let inputs = self.builder.create_vector_from_iter(inputs.collect::<Vec<_>>().into_iter());
        let outputs: Vec<_> = operator.outputs.iter().map(|index| *index as i32).collect();
        let outputs = self.builder.create_vector(&outputs);
        let mut args = match operator.kept() {
            Some(kept) => self.kept(kept),
            None => self.made(operator),
        };
        args.inputs = Some(inputs);
        args.outputs = Some(outputs);
        file::Operator::create(&mut self.builder, &args)
    }

    /// Everything of an operator in the old file, except for its inputs and outputs.
    fn kept(&mut self, kept: file::Operator<'f>) -> file::OperatorArgs<'f> {
        let intermediates = kept.intermediates();
        let mutating = kept.mutating_variable_inputs();
        let custom = kept.custom_options();
        // A damaged file can have options without a kind, which a new one must not have, or with an
        // unknown kind. Those can be anywhere, since nobody has checked them.
        let kind = kept.builtin_options_type();
        let is_known = kind != file::BuiltinOptions::NONE && kind.variant_name().is_some();
        let options = kept.builtin_options().filter(|_| is_known);
        file::OperatorArgs {
            opcode_index: kept.opcode_index(),
            builtin_options_type: if is_known { kind } else { file::BuiltinOptions::NONE },
            builtin_options: options.map(|options| self.old(options)),
            custom_options: custom.map(|v| self.builder.create_vector(v.bytes())),
            custom_options_format: kept.custom_options_format(),
            mutating_variable_inputs: mutating
                .map(|v| self.builder.create_vector(&v.iter().collect::<Vec<_>>())),
            intermediates: intermediates.map(|v| self.builder.create_vector_from_iter(v.iter())),
            ..file::OperatorArgs::default()
        }
    }

    /// The code and the options of an operator that the old file lacks.
    fn made(&mut self, operator: &Operator<'f>) -> file::OperatorArgs<'f> {
        let (builtin_options_type, options) = self.options(&operator.options);
        file::OperatorArgs {
            opcode_index: self.code(operator.kind),
            builtin_options_type,
            builtin_options: options,
            ..file::OperatorArgs::default()
        }
    }

    fn options(
        &mut self,
        options: &Options,
    ) -> (file::BuiltinOptions, Option<WIPOffset<UnionWIPOffset>>) {
        use file::BuiltinOptions as Kind;
        let builder = &mut self.builder;
        let (kind, written) = match options {
            Options::Kept(_) => return (Kind::NONE, None),
            Options::BatchMatmul { adj_x, adj_y } => {
                let args = file::BatchMatMulOptionsArgs {
                    adj_x: *adj_x,
                    adj_y: *adj_y,
                    asymmetric_quantize_inputs: false,
                };
                let written = file::BatchMatMulOptions::create(builder, &args);
                (Kind::BatchMatMulOptions, written.as_union_value())
            }
            Options::Concatenation { axis } => {
                let args = file::ConcatenationOptionsArgs { axis: *axis, ..Default::default() };
                let written = file::ConcatenationOptions::create(builder, &args);
                (Kind::ConcatenationOptions, written.as_union_value())
            }
            Options::ExpandDims => {
                let args = file::ExpandDimsOptionsArgs {};
                let written = file::ExpandDimsOptions::create(builder, &args);
                (Kind::ExpandDimsOptions, written.as_union_value())
            }
            Options::FullyConnected { activation, keep_dims } => {
                let args = file::FullyConnectedOptionsArgs {
                    fused_activation_function: *activation,
                    keep_num_dims: *keep_dims,
                    ..Default::default()
                };
                let written = file::FullyConnectedOptions::create(builder, &args);
                (Kind::FullyConnectedOptions, written.as_union_value())
            }
            Options::Mul => {
                let written = file::MulOptions::create(builder, &file::MulOptionsArgs::default());
                (Kind::MulOptions, written.as_union_value())
            }
            Options::Reduce { keep_dims } => {
                let args = file::ReducerOptionsArgs { keep_dims: *keep_dims };
                let written = file::ReducerOptions::create(builder, &args);
                (Kind::ReducerOptions, written.as_union_value())
            }
            Options::Reshape { shape } => {
                let new_shape = Some(builder.create_vector(shape));
                let args = file::ReshapeOptionsArgs { new_shape };
                let written = file::ReshapeOptions::create(builder, &args);
                (Kind::ReshapeOptions, written.as_union_value())
            }
            Options::Slice => {
                let written = file::SliceOptions::create(builder, &file::SliceOptionsArgs {});
                (Kind::SliceOptions, written.as_union_value())
            }
            Options::Squeeze { axis } => {
                let squeeze_dims = Some(builder.create_vector(&[*axis]));
                let args = file::SqueezeOptionsArgs { squeeze_dims };
                let written = file::SqueezeOptions::create(builder, &args);
                (Kind::SqueezeOptions, written.as_union_value())
            }
            Options::StridedSlice => {
                let args = file::StridedSliceOptionsArgs::default();
                let written = file::StridedSliceOptions::create(builder, &args);
                (Kind::StridedSliceOptions, written.as_union_value())
            }
            Options::Sub => {
                let written = file::SubOptions::create(builder, &file::SubOptionsArgs::default());
                (Kind::SubOptions, written.as_union_value())
            }
        };
        (kind, Some(written))
    }

    /// The index of a code, after those of the old file.
    fn code(&mut self, kind: file::BuiltinOperator) -> u32 {
        let old = self.graph.model.operator_codes().map_or(0, |codes| codes.len());
        let codes = &mut self.codes;
        *self.code_of.entry(kind.0).or_insert_with(|| {
            codes.push(kind);
            (old + codes.len() - 1) as u32
        })
    }

    fn operator_codes(&mut self) -> Vec<WIPOffset<file::OperatorCode<'f>>> {
        let old = self.graph.model.operator_codes().into_iter().flatten();
        let mut written: Vec<_> = old.map(|code| self.old(code._tab)).collect();
        let last_old = file::BuiltinOperator::PLACEHOLDER_FOR_GREATER_OP_CODES.0;
        for kind in &self.codes {
            let args = file::OperatorCodeArgs {
                deprecated_builtin_code: kind.0.min(last_old) as i8,
                builtin_code: *kind,
                ..Default::default()
            };
            written.push(file::OperatorCode::create(&mut self.builder, &args));
        }
        written
    }
}

/// A vector of bytes, copied at once. The builder copies other vectors element by element.
fn bytes<'f>(builder: &mut FlatBufferBuilder<'f>, bytes: &[u8]) -> WIPOffset<Vector<'f, u8>> {
    WIPOffset::new(builder.create_byte_string(bytes).value())
}
