//! Checks that a written file equals its model.

use tract_nnef::internal::*;

use crate::ExportError;
use crate::contained::contained;

/// Reads `bytes` back and compares their interface, then their outputs on a fixed input, with
/// those of `model`.
pub(super) fn verify(model: &TypedModel, bytes: &[u8]) -> Result<(), ExportError> {
    contained(|| {
        let written =
            tract_tflite::tflite().model_for_read(&mut &*bytes).context("Reading back")?;
        compare_interfaces(model, &written)?;
        compare_outputs(model, written)
    })
    .map_err(|reason| ExportError::NotEquivalent { reason })
}

fn compare_interfaces(model: &TypedModel, written: &TypedModel) -> TractResult<()> {
    let pairs =
        [("input", &model.inputs, &written.inputs), ("output", &model.outputs, &written.outputs)];
    for (role, expected, found) in pairs {
        let (expected, found) = (signature(model, expected)?, signature(written, found)?);
        ensure!(expected == found, "{role}s were {expected:?} and became {found:?}");
    }
    Ok(())
}

/// Element type and shape of each outlet. TFLite marks bytes as quantised, with scale 1.
fn signature(model: &TypedModel, outlets: &[OutletId]) -> TractResult<Vec<(DatumType, ShapeFact)>> {
    outlets
        .iter()
        .map(|outlet| model.outlet_fact(*outlet))
        .map(|fact| fact.map(|fact| (fact.datum_type.unquantized(), fact.shape.clone())))
        .collect()
}

fn compare_outputs(model: &TypedModel, written: TypedModel) -> TractResult<()> {
    let inputs = probe_inputs(model)?;
    let expected = run(model.clone(), &inputs).context("Running the source model")?;
    let found = run(written, &inputs).context("Running the written model")?;
    for (slot, (expected, found)) in expected.iter().zip(&found).enumerate() {
        found
            .close_enough(expected, Approximation::Approximate)
            .with_context(|| format!("Comparing output {slot}"))?;
    }
    Ok(())
}

fn run(model: TypedModel, inputs: &TVec<TValue>) -> TractResult<TVec<TValue>> {
    model.into_runnable()?.run(inputs.clone())
}

/// Inputs spread evenly over -4 to 4, cast to each input's element type: wide enough to reach the
/// nonlinear part of every activation, and the same in every run.
fn probe_inputs(model: &TypedModel) -> TractResult<TVec<TValue>> {
    /// The golden ratio's fractional part, whose multiples modulo 1 never cluster.
    const STEP: f64 = 0.618_033_988_749_895;
    let mut position = 0.0_f64;
    let mut next = || {
        position = (position + STEP).fract();
        (position * 8.0 - 4.0) as f32
    };
    let probe = |outlet: &OutletId| {
        let fact = model.outlet_fact(*outlet)?;
        let shape = fact.shape.as_concrete().context("symbolic input shape")?;
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| next()).collect();
        let floats = Tensor::from_shape(shape, &values)?;
        Ok(floats.cast_to_dt(fact.datum_type)?.into_owned().into_tvalue())
    };
    model.inputs.iter().map(probe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tflite::encode;
    use tract_nnef::tract_core::ops::math;

    /// A model that scales its `length` inputs by `factor`.
    fn scaling(length: usize, factor: f32) -> TypedModel {
        let mut model = TypedModel::default();
        let input = model.add_source("input", f32::fact([length])).unwrap();
        let factor = model.add_const("factor", tensor1(&[factor])).unwrap();
        let scaled = model.wire_node("scaled", math::mul(), &[input, factor]).unwrap();
        model.select_output_outlets(&scaled).unwrap();
        model
    }

    fn reason(expected: &TypedModel, written: &TypedModel) -> String {
        match verify(expected, &encode(written).unwrap()) {
            Err(ExportError::NotEquivalent { reason }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_faithful_file_passes() {
        let model = scaling(8, 2.0);
        assert!(verify(&model, &encode(&model).unwrap()).is_ok());
    }

    #[test]
    fn another_shape_is_noticed() {
        let reason = reason(&scaling(8, 2.0), &scaling(9, 2.0));
        assert!(reason.contains("inputs were"), "{reason}");
    }

    #[test]
    fn other_arithmetic_is_noticed() {
        let reason = reason(&scaling(8, 2.0), &scaling(8, 2.01));
        assert!(reason.contains("Comparing output 0"), "{reason}");
    }

    #[test]
    fn malformed_bytes_are_noticed() {
        let outcome = verify(&scaling(8, 2.0), b"not a flatbuffer");
        assert!(matches!(outcome, Err(ExportError::NotEquivalent { .. })), "{outcome:?}");
    }

    #[test]
    fn probes_reach_both_signs_and_beyond_one() {
        let probes = probe_inputs(&scaling(64, 1.0)).unwrap();
        let probes = probes[0].to_plain_array_view::<f32>().unwrap();
        assert!(probes.iter().any(|p| *p < -1.0) && probes.iter().any(|p| *p > 1.0));
    }
}
