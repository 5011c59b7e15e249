"""Graphs for the tests of `model-exporter import`.

The graph of a case takes its tensors from the numbers of a spectrum and puts its results into a
spectrum, so that it has the form of models that can be imported.
"""

import json
import subprocess

import numpy as np
import onnxruntime
from networks import description, run_in_core, state_pairs
from onnx_files import Graph
from paths import BUILT

BINS = 256
NUMBERS = 2 * BINS
STEPS = 3
TOLERANCE = 2e-5
DESCRIPTION = {
    "name": "case",
    "version": "1.0.0",
    "sample_rate": 16000,
    "hop": BINS - 1,
    "window": NUMBERS - 2,
    "lookahead": 0,
    "spectral": {
        "window_function": "sqrt_hann",
        "fft": NUMBERS - 2,
        "scale": 1.0,
        "compression": 1.0,
        "layout": "interleaved",
    },
    "licence": "MIT",
    "licence_files": [],
    "origin": {
        "project": "none",
        "registry": "none",
        "package": "none",
        "version": "none",
        "file": "none",
        "sha256": "0" * 64,
    },
}


def random(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def positive(*shape, seed=1):
    return np.abs(random(*shape, seed=seed)) + 0.5


class Case:
    """A graph around the tested operators."""

    def __init__(self, opset=17):
        self.graph, self.used, self.states = Graph(opset), 0, []
        self.spectrum = self.graph.input("spectrum", 1, BINS, 1, 2)
        self.flat = self.reshaped(self.spectrum, NUMBERS)

    def reshaped(self, x, *shape):
        return self.graph.op("Reshape", [x, self.graph.ints(*shape)])

    def take(self, *shape):
        """A tensor of numbers that no other tensor has."""
        count = int(np.prod(shape))
        first, self.used = self.used, self.used + count
        assert self.used <= NUMBERS
        return self.reshaped(self.cut(self.flat, first, first + count), *shape)

    def cut(self, x, first, last):
        if self.graph.opset < 10:
            return self.graph.op("Slice", [x], starts=[first], ends=[last])
        return self.graph.op("Slice", [x, self.graph.ints(first), self.graph.ints(last)])

    def state(self, *shape):
        self.states.append([f"state{len(self.states)}", None, shape])
        return self.graph.input(self.states[-1][0], *shape)

    def becomes(self, state, value):
        [entry] = [entry for entry in self.states if entry[0] == state]
        entry[1] = value
        self.graph.output(value, *entry[2])

    def files(self, folder, *made):
        """Writes the ONNX file and its description. `made` are the tensors to compare."""
        graph = self.graph
        flat = [self.reshaped(x, -1) for x in made]
        x = flat[0] if len(flat) == 1 else graph.op("Concat", flat, axis=0)
        # Padded to the length of the spectrum.
        zeros = graph.constant(np.zeros(NUMBERS))
        x = graph.op("Concat", [x, zeros], axis=0)
        x = self.cut(x, 0, NUMBERS)
        made = self.reshaped(x, 1, BINS, 1, 2)
        graph.output(made, 1, BINS, 1, 2)
        (folder / "case.onnx").write_bytes(graph.file())
        inputs, outputs = [{"name": "spectrum", "role": "spectrum"}], [
            {"name": made, "role": "spectrum"}
        ]
        for name, value, _ in self.states:
            inputs.append({"name": name, "role": "state", "state": name})
            outputs.append({"name": value, "role": "state", "state": name})
        described = {**DESCRIPTION, "inputs": inputs, "outputs": outputs}
        (folder / "case.json").write_text(json.dumps(described))


def imported(folder, *options):
    command = [BUILT / "model-exporter", "import", "--onnx", folder / "case.onnx"]
    command += ["--description", folder / "case.json", *options, folder / "case"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def expected(folder, case, steps):
    """The results of onnxruntime for each step."""
    session = onnxruntime.InferenceSession(folder / "case.onnx", providers=["CPUExecutionProvider"])
    states = {name: np.zeros(shape, np.float32) for name, _, shape in case.states}
    names = [output.name for output in session.get_outputs()]
    made = []
    for step in steps:
        found = dict(zip(names, session.run(None, {"spectrum": step, **states})))
        states = {name: found[value] for name, value, _ in case.states}
        made.append(found[names[-1]].reshape(-1))
    return np.array(made)


def compare(case, folder, *made):
    case.files(folder, *made)
    ended = imported(folder)
    assert ended.returncode == 0, ended.stderr
    steps = [random(1, BINS, 1, 2, seed=seed) for seed in range(STEPS)]
    wanted = expected(folder, case, steps)
    assert np.abs(wanted).max() > 1e-3, "nothing was made"
    [part] = description(folder / "case")["parts"]
    for lanes in [1, 2]:
        # The second lane takes the steps in reverse order, so that its states differ.
        others = [steps, steps[::-1]][:lanes]
        given = b"".join(step.tobytes() for at in zip(*others) for step in at)
        pairs = state_pairs(part)
        found = run_in_core(folder / "case" / part["file"], given, pairs, lanes)
        found = np.frombuffer(found, "<f4").reshape(STEPS, lanes, -1)
        scale = max(1, np.abs(wanted).max())
        assert np.abs(found[:, 0] - wanted).max() <= TOLERANCE * scale, f"{lanes} lanes"
        if lanes == 2:
            other = expected(folder, case, steps[::-1])
            assert np.abs(found[:, 1] - other).max() <= TOLERANCE * scale, "the second lane"


def simple(kind, *shapes, opset=17, **attributes):
    """An operator whose inputs are all computed tensors."""

    def make(case):
        return case.graph.op(kind, [case.take(*shape) for shape in shapes], **attributes)

    return opset, make


def with_constants(kind, shape, *constants, opset=17, before=(), **attributes):
    """An operator of a computed tensor and constants. Constants of int become integer tensors."""

    def make(case):
        graph = case.graph
        wide = [
            graph.constant(c, np.int64 if np.asarray(c).dtype.kind == "i" else np.float32)
            if c is not None
            else ""
            for c in constants
        ]
        first = [graph.constant(c) for c in before]
        return graph.op(kind, [*first, case.take(*shape), *wide], **attributes)

    return opset, make
