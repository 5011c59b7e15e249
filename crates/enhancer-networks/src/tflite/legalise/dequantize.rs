//! DEQUANTIZE of a constant → the constant as float32.

use tract_tflite::internal::f16;
use tract_tflite::tflite::{QuantizationParameters, TensorType};

use super::super::corrupt;
use super::super::graph::{Graph, Operator};
use super::{elements, unsupported};
use crate::error::Result;

pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    operator: &Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let (input, output) = (operator.input(0)?, operator.output()?);
    if graph.data(input).is_none() {
        return Err(unsupported(graph, operator, "of what is computed"));
    }
    if !can_fold(graph.tensors[input].kind) {
        let what = format!("of {:?}", graph.tensors[input].kind);
        return Err(unsupported(graph, operator, &what));
    }
    let data = graph.float32(input, |graph| float32(graph, input))?;
    let shape = graph.tensors[input].shape.clone();
    let folded = &mut graph.tensors[output];
    (folded.data, folded.shape, folded.kind) = (data, shape, TensorType::FLOAT32);
    folded.quantization = None;
    Ok(vec![])
}

/// Whether [`float32`] supports such numbers.
pub(super) fn can_fold(kind: TensorType) -> bool {
    matches!(kind, TensorType::FLOAT16 | TensorType::INT8)
}

/// The values of a float16 or quantised int8 constant.
pub(super) fn float32(graph: &Graph, tensor: usize) -> Result<Vec<f32>> {
    let constant = &graph.tensors[tensor];
    let data = graph.data(tensor).unwrap_or_default();
    let wrong = |what: &str| corrupt(format!("the constant {:?} {what}", constant.name));
    let elements = elements(&constant.shape).ok_or_else(|| wrong("has an impossible shape"))?;
    let width = if constant.kind == TensorType::FLOAT16 { 2 } else { 1 };
    if elements.checked_mul(width) != Some(data.len()) {
        return Err(wrong(&format!("has {} bytes for shape {:?}", data.len(), constant.shape)));
    }
    if constant.kind == TensorType::FLOAT16 {
        let halves = data.as_chunks().0.iter();
        return Ok(halves.map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect());
    }
    let parameters = constant.quantization.ok_or_else(|| wrong("has no quantisation"))?;
    let channels = Channels::of(&parameters, &constant.shape)
        .ok_or_else(|| wrong("has a quantisation that does not fit its shape"))?;
    Ok(data.iter().enumerate().map(|(at, byte)| channels.value(at, *byte as i8)).collect())
}

/// The mapping from int8 numbers to real ones: per tensor, or per channel of one axis.
struct Channels {
    scales: Vec<f32>,
    zero_points: Vec<i16>,
    /// The number of consecutive elements that belong to the same channel.
    inner: usize,
}

impl Channels {
    fn of(parameters: &QuantizationParameters, shape: &[i32]) -> Option<Channels> {
        let scales: Vec<f32> = parameters.scale()?.iter().collect();
        let zero_points = parameters.zero_point().into_iter().flatten();
        let in_range = zero_points.map(|point| i8::try_from(point).map(i16::from));
        let mut zero_points: Vec<i16> = in_range.collect::<std::result::Result<_, _>>().ok()?;
        if zero_points.len() <= 1 {
            zero_points = vec![zero_points.first().copied().unwrap_or(0); scales.len()];
        }
        let axis = usize::try_from(parameters.quantized_dimension()).ok()?;
        let (dim, inner) = match scales.len() {
            1 => (1, elements(shape)?),
            _ => (usize::try_from(*shape.get(axis)?).ok()?, elements(&shape[axis + 1..])?),
        };
        let fits = scales.len() == dim && zero_points.len() == dim;
        // Without elements, no value is ever requested.
        fits.then_some(Channels { scales, zero_points, inner: inner.max(1) })
    }

    fn value(&self, at: usize, number: i8) -> f32 {
        let channel = at / self.inner % self.scales.len();
        f32::from(i16::from(number) - self.zero_points[channel]) * self.scales[channel]
    }
}
