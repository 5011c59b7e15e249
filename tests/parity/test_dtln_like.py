"""Stages as DTLN's published files have them, step by step in LiteRT and as the core runs them."""

import dtln_like
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from networks import run_in_core

STEPS = 50
TOLERANCE = 1e-4
STAGES = {
    "stage 1": (dtln_like.stage_1, dtln_like.SPECTRUM, np.abs),
    "stage 2": (dtln_like.stage_2, dtln_like.BLOCK, np.asarray),
}


def signal(length, shape):
    random = np.random.default_rng(3)
    return shape(random.standard_normal((STEPS, 1, 1, length))).astype(np.float32)


def in_litert(file, steps):
    interpreter = Interpreter(model_content=file, num_threads=1)
    interpreter.allocate_tensors()
    inputs = [detail["index"] for detail in interpreter.get_input_details()]
    outputs = [detail["index"] for detail in interpreter.get_output_details()]
    states = np.zeros(dtln_like.STATES, np.float32)
    taken = []
    for step in steps:
        for index, values in zip(inputs, [step, states]):
            interpreter.set_tensor(index, values)
        interpreter.invoke()
        result, states = (interpreter.get_tensor(index) for index in outputs)
        taken.append(result)
    return np.array(taken)


def in_core(file, steps, folder):
    path = folder / "stage.tflite"
    path.write_bytes(file)
    taken = run_in_core(path, steps.tobytes(), [(1, 1)])
    return np.frombuffer(taken, "<f4").reshape(steps.shape[0], 1, 1, -1)


def assert_same(core, litert):
    assert core.shape == litert.shape
    assert litert.std() > 0.05, "there is nothing to compare"
    difference = np.abs(core - litert).max()
    print(f"largest difference {difference:.1e}, in values up to {np.abs(litert).max():.3g}")
    assert difference <= TOLERANCE


@pytest.mark.parametrize("stage, length, shape", STAGES.values(), ids=STAGES.keys())
def test_float32_stage(stage, length, shape, tmp_path):
    steps, file = signal(length, shape), stage()
    assert_same(in_core(file, steps, tmp_path), in_litert(file, steps))


@pytest.mark.parametrize("weights", ["int8", "channels"])
@pytest.mark.parametrize("stage, length, shape", STAGES.values(), ids=STAGES.keys())
def test_hybrid_stage(stage, length, shape, weights, tmp_path):
    """8-bit weights, a scale for each tensor or channel.

    LiteRT rounds activations to 8 bits before it multiplies; the core does not, and computes what
    LiteRT computes with the same rounded weights stored as float32. Against LiteRT's run of the
    file itself only the rounding of activations is left. Steps of 1/255 of the range of a signal
    that fills it evenly lie 48 dB below it, and less far below one with peaks; seven layers in a
    row and the states add up theirs. 38 to 41 dB were measured, so 30 dB must stay.
    """
    steps, file = signal(length, shape), stage(weights=weights)
    core = in_core(file, steps, tmp_path)
    assert_same(core, in_litert(stage(rounded=weights), steps))

    litert = in_litert(file, steps)
    snr = 10 * np.log10(litert.var() / (core - litert).var())
    print(f"LiteRT's rounding of activations: {snr:.1f} dB")
    assert snr > 30
    # Were the weights not rounded to 8 bits, they would be those of the float32 stage.
    assert np.abs(core - in_litert(stage(), steps)).max() > TOLERANCE
