"""Stages like those of DTLN's published files, in LiteRT and in the core: step by step, and as a
model folder with the front-end."""

import hashlib
import json

import command
import dtln
import dtln_like
import figures
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from audio import SAMPLE_NAMES, at_rate, noisy
from networks import run_in_core

STEPS = 50
TOLERANCE = 1e-4
STAGES = {
    "stage 1": (dtln_like.stage_1, dtln_like.SPECTRUM, np.abs),
    "stage 2": (dtln_like.stage_2, dtln_like.BLOCK, np.asarray),
}
SHIFT = dtln_like.BLOCK // 4
SAME = 80


def signal(length, shape):
    random = np.random.default_rng(3)
    return shape(random.standard_normal((STEPS, 1, 1, length))).astype(np.float32)


class LiteRt:
    """A stage's file with its states."""

    def __init__(self, file):
        self.interpreter = Interpreter(model_content=file, num_threads=1)
        self.interpreter.allocate_tensors()
        self.inputs = [detail["index"] for detail in self.interpreter.get_input_details()]
        self.outputs = [detail["index"] for detail in self.interpreter.get_output_details()]
        self.states = np.zeros(dtln_like.STATES, np.float32)

    def step(self, values):
        values = values.astype(np.float32).reshape(1, 1, -1)
        for index, tensor in zip(self.inputs, [values, self.states]):
            self.interpreter.set_tensor(index, tensor)
        self.interpreter.invoke()
        result, self.states = (self.interpreter.get_tensor(index) for index in self.outputs)
        return result[0, 0]


def in_litert(file, steps):
    stage = LiteRt(file)
    return np.array([stage.step(step) for step in steps]).reshape(steps.shape[0], 1, 1, -1)


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
    """8-bit weights, with a scale for each tensor or channel.

    LiteRT rounds activations to 8 bits before it multiplies. The core does not: it computes what
    LiteRT computes with the same rounded weights stored as float32. The only difference from
    LiteRT's run of the file itself is the rounding of activations. Steps of 1/255 of the range lie
    48 dB below a signal that fills the range evenly, and less far below a signal with peaks. Seven
    layers in a row and the states add up their errors. Measured were 38 to 41 dB; 30 dB are
    required.
    """
    steps, file = signal(length, shape), stage(weights=weights)
    core = in_core(file, steps, tmp_path)
    assert_same(core, in_litert(stage(rounded=weights), steps))

    litert = in_litert(file, steps)
    snr = 10 * np.log10(litert.var() / (core - litert).var())
    print(f"LiteRT's rounding of activations: {snr:.1f} dB")
    assert snr > 30
    # Proves that the weights are rounded to 8 bits: the float32 stage gives other results.
    assert np.abs(core - in_litert(stage(), steps)).max() > TOLERANCE


def described(name, file, given, taken, length):
    """A part of a `model.json`."""

    def tensors(role):
        return [
            {"index": 0, "role": role, "shape": [1, 1, length]},
            {"index": 1, "role": "state", "state": "lstm", "shape": dtln_like.STATES},
        ]

    return {
        "name": name,
        "file": f"{name}.tflite",
        "sha256": hashlib.sha256(file).hexdigest(),
        "inputs": tensors(given),
        "outputs": tensors(taken),
    }


def written_model(folder, stage_1, stage_2):
    """A model's folder of two stages."""
    parts = [
        described("stage_1", stage_1, "magnitude", "mask", dtln_like.SPECTRUM),
        described("stage_2", stage_2, "block", "block", dtln_like.BLOCK),
    ]
    for part, file in zip(parts, [stage_1, stage_2]):
        (folder / part["file"]).write_bytes(file)
    origin = dict.fromkeys(["project", "registry", "package", "version", "file"], "made here")
    description = {
        "schema": 1,
        "name": "dtln-like",
        "version": "1.0.0",
        "front_end": "dtln",
        "sample_rate": dtln.RATE,
        "hop": SHIFT,
        "window": dtln_like.BLOCK,
        "lookahead": 0,
        "licence": "MIT",
        "origin": {**origin, "sha256": "0" * 64},
        "parts": parts,
    }
    (folder / "model.json").write_text(json.dumps(description))
    return folder


@pytest.mark.parametrize("options", [command.AS_IT_IS, ["--exact"]], ids=["fast", "exact"])
@pytest.mark.parametrize("weights", ["float32", "int8", "channels"])
def test_folder_of_such_stages_is_a_model(weights, options, tmp_path):
    """Two channels are two lanes. The states of such files must keep them apart."""
    kind = {"weights": weights}
    folder = written_model(tmp_path, dtln_like.stage_1(**kind), dtln_like.stage_2(**kind))
    channels = [at_rate(noisy(name), dtln.RATE)[: dtln.RATE] for name in SAMPLE_NAMES]
    found = command.enhance(np.stack(channels, axis=1), dtln.RATE, "--model", folder, *options)
    # The same weights stored as float32, so that LiteRT does not round activations.
    kind = {} if weights == "float32" else {"rounded": weights}
    for samples, channel in zip(channels, found.T, strict=True):
        stages = (LiteRt(stage(**kind)) for stage in [dtln_like.stage_1, dtln_like.stage_2])
        expected = dtln.driven(samples, *stages, dtln_like.BLOCK, SHIFT)
        agreement = figures.snr(expected, channel)
        print(f"{weights}: {agreement:.1f} dB from the stages in LiteRT")
        assert agreement >= SAME
