//! Copies the options of operators. Each kind has its own table.

use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};
use tract_nnef::internal::*;
use tract_nnef::prelude::TractResult;
use tract_tflite::tflite::*;

/// Writes the options of `operator` with `builder`, for the kinds that our networks use.
pub(super) fn copy(
    builder: &mut FlatBufferBuilder,
    operator: &Operator,
) -> TractResult<Option<WIPOffset<UnionWIPOffset>>> {
    let kind = operator.builtin_options_type();
    if kind == BuiltinOptions::NONE {
        return Ok(None);
    }
    let copied = arithmetic(builder, operator)
        .or_else(|| layer(builder, operator))
        .or_else(|| shape(builder, operator));
    copied.map(Some).with_context(|| format!("cannot copy options of the kind {kind:?}"))
}

fn arithmetic(
    builder: &mut FlatBufferBuilder,
    operator: &Operator,
) -> Option<WIPOffset<UnionWIPOffset>> {
    if let Some(options) = operator.builtin_options_as_add_options() {
        let fused_activation_function = options.fused_activation_function();
        let pot_scale_int16 = options.pot_scale_int16();
        let args = AddOptionsArgs { fused_activation_function, pot_scale_int16 };
        return Some(AddOptions::create(builder, &args).as_union_value());
    }
    if let Some(options) = operator.builtin_options_as_sub_options() {
        let fused_activation_function = options.fused_activation_function();
        let pot_scale_int16 = options.pot_scale_int16();
        let args = SubOptionsArgs { fused_activation_function, pot_scale_int16 };
        return Some(SubOptions::create(builder, &args).as_union_value());
    }
    if let Some(options) = operator.builtin_options_as_mul_options() {
        let fused_activation_function = options.fused_activation_function();
        let args = MulOptionsArgs { fused_activation_function };
        return Some(MulOptions::create(builder, &args).as_union_value());
    }
    if let Some(options) = operator.builtin_options_as_div_options() {
        let fused_activation_function = options.fused_activation_function();
        let args = DivOptionsArgs { fused_activation_function };
        return Some(DivOptions::create(builder, &args).as_union_value());
    }
    operator.builtin_options_as_maximum_minimum_options()?;
    let args = MaximumMinimumOptionsArgs {};
    Some(MaximumMinimumOptions::create(builder, &args).as_union_value())
}

fn layer(
    builder: &mut FlatBufferBuilder,
    operator: &Operator,
) -> Option<WIPOffset<UnionWIPOffset>> {
    if let Some(options) = operator.builtin_options_as_batch_mat_mul_options() {
        let args = BatchMatMulOptionsArgs {
            adj_x: options.adj_x(),
            adj_y: options.adj_y(),
            asymmetric_quantize_inputs: options.asymmetric_quantize_inputs(),
        };
        return Some(BatchMatMulOptions::create(builder, &args).as_union_value());
    }
    if let Some(options) = operator.builtin_options_as_conv_2_doptions() {
        let args = Conv2DOptionsArgs {
            padding: options.padding(),
            stride_w: options.stride_w(),
            stride_h: options.stride_h(),
            fused_activation_function: options.fused_activation_function(),
            dilation_w_factor: options.dilation_w_factor(),
            dilation_h_factor: options.dilation_h_factor(),
        };
        return Some(Conv2DOptions::create(builder, &args).as_union_value());
    }
    if let Some(options) = operator.builtin_options_as_pool_2_doptions() {
        let args = Pool2DOptionsArgs {
            padding: options.padding(),
            stride_w: options.stride_w(),
            stride_h: options.stride_h(),
            filter_width: options.filter_width(),
            filter_height: options.filter_height(),
            fused_activation_function: options.fused_activation_function(),
        };
        return Some(Pool2DOptions::create(builder, &args).as_union_value());
    }
    if let Some(options) = operator.builtin_options_as_depthwise_conv_2_doptions() {
        let args = DepthwiseConv2DOptionsArgs {
            padding: options.padding(),
            stride_w: options.stride_w(),
            stride_h: options.stride_h(),
            depth_multiplier: options.depth_multiplier(),
            fused_activation_function: options.fused_activation_function(),
            dilation_w_factor: options.dilation_w_factor(),
            dilation_h_factor: options.dilation_h_factor(),
        };
        return Some(DepthwiseConv2DOptions::create(builder, &args).as_union_value());
    }
    let options = operator.builtin_options_as_reducer_options()?;
    let args = ReducerOptionsArgs { keep_dims: options.keep_dims() };
    Some(ReducerOptions::create(builder, &args).as_union_value())
}

fn shape(
    builder: &mut FlatBufferBuilder,
    operator: &Operator,
) -> Option<WIPOffset<UnionWIPOffset>> {
    if let Some(options) = operator.builtin_options_as_reshape_options() {
        let new_shape = options.new_shape().map(|v| builder.create_vector_from_iter(v.iter()));
        return Some(
            ReshapeOptions::create(builder, &ReshapeOptionsArgs { new_shape }).as_union_value(),
        );
    }
    if let Some(options) = operator.builtin_options_as_squeeze_options() {
        let squeeze_dims =
            options.squeeze_dims().map(|v| builder.create_vector_from_iter(v.iter()));
        let args = SqueezeOptionsArgs { squeeze_dims };
        return Some(SqueezeOptions::create(builder, &args).as_union_value());
    }
    if let Some(options) = operator.builtin_options_as_concatenation_options() {
        let fused_activation_function = options.fused_activation_function();
        let args = ConcatenationOptionsArgs { axis: options.axis(), fused_activation_function };
        return Some(ConcatenationOptions::create(builder, &args).as_union_value());
    }
    // The others have a kind without content.
    Some(match operator.builtin_options_type() {
        BuiltinOptions::SliceOptions => {
            SliceOptions::create(builder, &SliceOptionsArgs {}).as_union_value()
        }
        BuiltinOptions::ExpandDimsOptions => {
            ExpandDimsOptions::create(builder, &ExpandDimsOptionsArgs {}).as_union_value()
        }
        BuiltinOptions::PadV2Options => {
            PadV2Options::create(builder, &PadV2OptionsArgs {}).as_union_value()
        }
        _ => return None,
    })
}
