//! Checks activations that are fused into other operators. Only those that the runtime supports are
//! accepted.

use tract_tflite::tflite::{ActivationFunctionType, BuiltinOperator};

use super::super::graph::{Graph, Operator};
use super::unsupported;
use crate::error::Result;

/// Checks that the runtime supports the fused activation of an operator.
pub(super) fn check(graph: &Graph, operator: &Operator) -> Result<()> {
    match fused(operator) {
        None
        | Some(
            ActivationFunctionType::NONE
            | ActivationFunctionType::RELU
            | ActivationFunctionType::RELU6,
        ) => Ok(()),
        Some(other) => {
            Err(unsupported(graph, operator, &format!("with the fused activation {other:?}")))
        }
    }
}

fn fused(operator: &Operator) -> Option<ActivationFunctionType> {
    use BuiltinOperator as Kind;
    let kept = operator.kept()?;
    macro_rules! activation {
        ($options:ident) => {
            kept.$options()?.fused_activation_function()
        };
    }
    Some(match operator.kind {
        Kind::ADD => activation!(builtin_options_as_add_options),
        Kind::AVERAGE_POOL_2D | Kind::MAX_POOL_2D => {
            activation!(builtin_options_as_pool_2_doptions)
        }
        Kind::CONCATENATION => activation!(builtin_options_as_concatenation_options),
        Kind::CONV_2D => activation!(builtin_options_as_conv_2_doptions),
        Kind::DEPTHWISE_CONV_2D => activation!(builtin_options_as_depthwise_conv_2_doptions),
        Kind::DIV => activation!(builtin_options_as_div_options),
        Kind::FULLY_CONNECTED => activation!(builtin_options_as_fully_connected_options),
        Kind::MUL => activation!(builtin_options_as_mul_options),
        Kind::SUB => activation!(builtin_options_as_sub_options),
        _ => return None,
    })
}
