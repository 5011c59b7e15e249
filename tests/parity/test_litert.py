"""The exported passthrough model runs in LiteRT and returns its input bit for bit."""

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

MODEL = Path(__file__).parents[2] / "models" / "passthrough_model_lite.tflite"
SHAPE = (1, 1024)

# Frames as bits, because a conversion before the test could already quiet a NaN or flush a denormal.
FRAMES = {
    "ramp": np.linspace(-1, 1, 1024, dtype=np.float32).view(np.uint32),
    "noise": np.random.default_rng(1).standard_normal(1024, dtype=np.float32).view(np.uint32),
    "random bits": np.random.default_rng(2).integers(0, 2**32, 1024, dtype=np.uint32),
    "positive zero": np.full(1024, 0x0000_0000, dtype=np.uint32),
    "negative zero": np.full(1024, 0x8000_0000, dtype=np.uint32),
    "infinity": np.full(1024, 0x7F80_0000, dtype=np.uint32),
    "negative infinity": np.full(1024, 0xFF80_0000, dtype=np.uint32),
    "largest number": np.full(1024, 0x7F7F_FFFF, dtype=np.uint32),
    "smallest denormal": np.full(1024, 0x0000_0001, dtype=np.uint32),
    "largest denormal": np.full(1024, 0x807F_FFFF, dtype=np.uint32),
    "NaN": np.full(1024, 0x7FC0_0000, dtype=np.uint32),
    "NaN with payload": np.full(1024, 0xFFC1_2345, dtype=np.uint32),
    "signalling NaN": np.full(1024, 0x7F80_0001, dtype=np.uint32),
}


@pytest.fixture(name="interpreter")
def loaded_interpreter():
    interpreter = Interpreter(model_path=str(MODEL))
    interpreter.allocate_tensors()
    return interpreter


def run(interpreter, frame):
    """The output's bits for a frame given as bits."""
    [source] = interpreter.get_input_details()
    [result] = interpreter.get_output_details()
    interpreter.set_tensor(source["index"], frame.view(np.float32).reshape(SHAPE))
    interpreter.invoke()
    return interpreter.get_tensor(result["index"]).view(np.uint32).reshape(-1)


def test_model_is_one_float32_frame_in_and_one_out(interpreter):
    [source] = interpreter.get_input_details()
    [result] = interpreter.get_output_details()
    assert source["index"] != result["index"]
    for name, tensor in [("input", source), ("output", result)]:
        assert tensor["name"] == name
        assert tuple(tensor["shape"]) == SHAPE
        assert tensor["dtype"] == np.float32


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_every_bit_passes(interpreter, frame):
    np.testing.assert_array_equal(run(interpreter, frame), frame)


def test_frames_do_not_mix(interpreter):
    """The second output is the second frame, without remains of the first."""
    run(interpreter, FRAMES["infinity"])
    np.testing.assert_array_equal(run(interpreter, FRAMES["noise"]), FRAMES["noise"])
