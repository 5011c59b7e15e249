"""`model-exporter import`: each operator against onnxruntime, and what cannot be imported.

The graph of a case takes its tensors out of the numbers of a spectrum and puts what it makes back
into one, so that it is a model of the form that is imported.
"""

import json
import os
import re
import subprocess

import numpy as np
import onnxruntime
import pytest
from networks import description, run_in_core, state_pairs
from onnx_files import Graph
from paths import BUILT, MODELS, ROOT

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
    """A graph around the one that is tested."""

    def __init__(self, opset=17):
        self.graph, self.used, self.states = Graph(opset), 0, []
        self.spectrum = self.graph.input("spectrum", 1, BINS, 1, 2)
        self.flat = self.reshaped(self.spectrum, NUMBERS)

    def reshaped(self, x, *shape):
        return self.graph.op("Reshape", [x, self.graph.ints(*shape)])

    def take(self, *shape):
        """A tensor of numbers that no other one has."""
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
        """Writes the ONNX file and its description; `made` are the tensors that are compared."""
        graph = self.graph
        flat = [self.reshaped(x, -1) for x in made]
        x = flat[0] if len(flat) == 1 else graph.op("Concat", flat, axis=0)
        # As long as the spectrum, whatever its length is.
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
    """Of each step what onnxruntime gives."""
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
        # The second lane takes the steps the other way round, and so remembers others.
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
    """An operator of computed tensors alone."""

    def make(case):
        return case.graph.op(kind, [case.take(*shape) for shape in shapes], **attributes)

    return opset, make


def with_constants(kind, shape, *constants, opset=17, before=(), **attributes):
    """An operator of a computed tensor and constants; ints where they are int."""

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


def of_positive(kind, *shape):
    def make(case):
        size = case.graph.op("Abs", [case.take(*shape)])
        return case.graph.op(kind, [case.graph.op("Add", [size, case.graph.constant(0.5)])])

    return 17, make


def power_of_positive(exponent):
    def make(case):
        size = case.graph.op("Abs", [case.take(2, 3, 4)])
        base = case.graph.op("Add", [size, case.graph.constant(0.5)])
        return case.graph.op("Pow", [base, case.graph.constant(exponent)])

    return 17, make


CASES = {
    # Numbers by themselves.
    **{k.lower(): simple(k, (2, 3, 4)) for k in ["Sigmoid", "Tanh", "Exp", "Abs", "Neg", "Relu"]},
    **{k.lower(): simple(k, (2, 3, 4)) for k in ["Sin", "Cos", "Softplus", "Softsign", "Elu"]},
    **{k.lower(): of_positive(k, 2, 3, 4) for k in ["Sqrt", "Log", "Reciprocal"]},
    "leaky relu": simple("LeakyRelu", (2, 3, 4), alpha=0.3),
    "elu with alpha": simple("Elu", (2, 3, 4), alpha=0.3),
    "hard sigmoid": simple("HardSigmoid", (2, 3, 4), alpha=0.3, beta=0.4),
    "prelu": with_constants("PRelu", (1, 3, 4), positive(3, 1) / 4),
    "prelu of any slope": with_constants("PRelu", (1, 3, 4), random(3, 1) * 3),
    "clip": with_constants("Clip", (2, 3), np.float32(-0.5), np.float32(0.25)),
    "clip below": with_constants("Clip", (2, 3), np.float32(-0.5)),
    "clip by attributes": simple("Clip", (2, 3), opset=9, min=-0.5, max=0.25),
    **{f"power {e}": with_constants("Pow", (2, 3), np.float32(e)) for e in [1, 2, 3]},
    **{f"power {e}": power_of_positive(e) for e in [0.5, -0.5, -1]},
    **{k.lower(): simple(k, (2, 3, 4)) for k in ["Floor", "Ceil"]},
    "cast": simple("Cast", (2, 3), to=1),
    # Two tensors.
    **{k.lower(): simple(k, (2, 3, 4), (3, 1)) for k in ["Add", "Sub", "Mul", "Min", "Max"]},
    "div": with_constants("Div", (2, 3, 4), positive(3, 1)),
    "from a constant": with_constants("Sub", (2, 3, 4), before=[random(4)]),
    "sum of three": simple("Sum", (2, 3), (2, 3), (3,)),
    "mean of three": simple("Mean", (2, 3), (2, 3), (3,)),
    "outer sum": simple("Add", (3, 1), (1, 4)),
    # Products.
    "matmul": with_constants("MatMul", (2, 3, 4), random(4, 5)),
    "matmul from the left": with_constants("MatMul", (4, 5), before=[random(3, 4)]),
    "matmul of batches": with_constants("MatMul", (2, 3, 4), random(2, 4, 5)),
    "matmul of tensors": simple("MatMul", (2, 3, 4), (2, 4, 5)),
    "matmul of broadcast tensors": simple("MatMul", (2, 3, 4), (4, 5)),
    "gemm": with_constants("Gemm", (3, 4), random(4, 5), random(5, seed=2)),
    "gemm with all": with_constants(
        "Gemm", (4, 3), random(5, 4), random(3, 1, seed=2), alpha=0.5, beta=2.0, transA=1, transB=1
    ),
    # Sums and normalisations.
    **{
        f"{k} {keep}": simple(k, (2, 3, 4), opset=11, axes=[-1, 0], keepdims=keep)
        for k in ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2"]
        for keep in [0, 1]
    },
    "reduce by input": with_constants("ReduceSum", (2, 3, 4), np.array([1]), keepdims=0),
    "reduce all": simple("ReduceSumSquare", (2, 3, 4), opset=11, keepdims=0),
    "reduce sizes": simple("ReduceL1", (2, 3, 4), opset=11, axes=[1]),
    "global average": simple("GlobalAveragePool", (1, 3, 4, 5)),
    "softmax": simple("Softmax", (2, 3, 4), axis=-1),
    "softmax of the middle": simple("Softmax", (2, 3, 4), axis=1),
    "softmax of old": simple("Softmax", (2, 3, 4), opset=11, axis=2),
    "layer norm": with_constants("LayerNormalization", (2, 3, 4), random(4), random(4, seed=2)),
    "layer norm of two axes": with_constants(
        "LayerNormalization", (2, 3, 4), random(3, 4), random(3, 4, seed=2), axis=1, epsilon=1e-2
    ),
    "instance norm": with_constants(
        "InstanceNormalization", (1, 3, 5), random(3), random(3, seed=2), epsilon=1e-2
    ),
    "batch norm": with_constants(
        "BatchNormalization",
        (1, 3, 4, 2),
        random(3),
        random(3, seed=2),
        random(3, seed=3),
        positive(3, seed=4),
    ),
    # Convolutions.
    "conv": with_constants("Conv", (1, 3, 4, 5), random(4, 3, 2, 3), random(4)),
    "conv of one axis": with_constants(
        "Conv", (1, 3, 9), random(4, 3, 3), random(4), pads=[2, 1], strides=[2]
    ),
    "conv with all": with_constants(
        "Conv",
        (1, 4, 7, 9),
        random(6, 2, 3, 3),
        random(6),
        group=2,
        pads=[1, 2, 0, 1],
        strides=[2, 3],
        dilations=[2, 1],
    ),
    "conv without bias": with_constants("Conv", (1, 3, 1, 9), random(4, 3, 1, 1)),
    "conv same": with_constants(
        "Conv", (1, 2, 5, 8), random(3, 2, 3, 2), strides=[2, 3], auto_pad="SAME_UPPER"
    ),
    "conv same below": with_constants(
        "Conv", (1, 2, 5, 8), random(3, 2, 3, 2), strides=[2, 3], auto_pad="SAME_LOWER"
    ),
    "depthwise": with_constants(
        "Conv", (1, 4, 3, 9), random(4, 1, 3, 3), random(4), group=4, pads=[0, 1, 0, 1]
    ),
    "depthwise with all": with_constants(
        "Conv",
        (1, 4, 5, 9),
        random(4, 1, 3, 3),
        group=4,
        pads=[0, 2, 0, 1],
        strides=[1, 2],
        dilations=[2, 2],
    ),
    "depthwise of a row between others of zeros": with_constants(
        "Conv", (1, 4, 1, 9), random(4, 1, 1, 3), random(4), group=4, pads=[1, 1, 2, 1]
    ),
    "depthwise of a plane": with_constants("Conv", (1, 4, 5, 6), random(4, 1, 3, 3), group=4),
    "depthwise that multiplies": with_constants("Conv", (1, 4, 1, 6), random(8, 1, 1, 3), group=4),
    "transposed": with_constants("ConvTranspose", (1, 3, 4, 5), random(3, 4, 2, 3), random(4)),
    "transposed stride": with_constants(
        "ConvTranspose", (1, 3, 1, 7), random(3, 4, 1, 5), random(4), strides=[1, 2], pads=[0, 2, 0, 2]
    ),
    "transposed with all": with_constants(
        "ConvTranspose",
        (1, 4, 3, 5),
        random(4, 3, 3, 4),
        random(6),
        group=2,
        strides=[2, 3],
        pads=[1, 0, 2, 1],
        dilations=[1, 2],
        output_padding=[1, 2],
    ),
    "transposed of one axis": with_constants(
        "ConvTranspose", (1, 3, 7), random(3, 2, 4), strides=[2], pads=[1, 1]
    ),
    "transposed depthwise": with_constants(
        "ConvTranspose", (1, 4, 5, 9), random(4, 1, 3, 3), group=4, pads=[4, 1, 4, 1], dilations=[2, 1]
    ),
    # What moves numbers.
    "transpose": simple("Transpose", (2, 3, 4), perm=[2, 0, 1]),
    "concat": simple("Concat", (2, 3, 4), (2, 1, 4), axis=1),
    "squeeze": with_constants("Squeeze", (2, 1, 4), np.array([1])),
    "squeeze by attribute": simple("Squeeze", (2, 1, 4), opset=11, axes=[1]),
    "unsqueeze": with_constants("Unsqueeze", (2, 4), np.array([0, 3])),
    "flatten": simple("Flatten", (2, 3, 4), axis=2),
    "expand": with_constants("Expand", (3, 1), np.array([2, 3, 4])),
    "tile": with_constants("Tile", (2, 3), np.array([2, 2])),
    "pad": with_constants("Pad", (2, 3), np.array([1, 0, 0, 2])),
    "pad with a number": with_constants("Pad", (2, 3), np.array([1, 0, 0, 2]), np.float32(7.5)),
    "pad with two numbers": (
        17,
        lambda case: case.graph.op(
            "Pad",
            [
                case.graph.op("Pad", [case.take(3), case.graph.ints(1, 2), case.graph.constant(2.5)]),
                case.graph.ints(2, 1),
                case.graph.constant(-1.5),
            ],
        ),
    ),
    "pad by reflection": with_constants("Pad", (2, 5), np.array([0, 2, 0, 1]), mode="reflect"),
    "pad by reflection, with a number": with_constants(
        "Pad", (2, 5), np.array([0, 2, 0, 1]), np.float32(7.5), mode="reflect"
    ),
    "pad by the edge, with a number": with_constants(
        "Pad", (2, 5), np.array([1, 2, 0, 1]), np.float32(7.5), mode="edge"
    ),
    "pad by attribute": simple("Pad", (2, 3), opset=9, pads=[1, 0, 0, 2]),
    "slice with steps": with_constants(
        "Slice", (4, 9), np.array([3, 1]), np.array([0, 9]), np.array([0, 1]), np.array([-1, 3])
    ),
    "gather": with_constants("Gather", (3, 5), np.array([[0, 4], [2, 2]]), axis=1),
    "gather elements": with_constants(
        "GatherElements", (3, 4), np.array([[0, 2, 1, 0], [2, 2, 0, 1]]), axis=0
    ),
    "gather by places": with_constants("GatherND", (3, 4, 2), np.array([[0, 1], [2, 3]])),
    "depth to space": simple("DepthToSpace", (1, 8, 2, 3), blocksize=2),
    "space to depth": simple("SpaceToDepth", (1, 2, 4, 6), blocksize=2),
}


@pytest.mark.parametrize("name", CASES)
def test_an_operator_equals_onnxruntime(name, tmp_path):
    opset, make = CASES[name]
    case = Case(opset)
    compare(case, tmp_path, make(case))


def test_a_split_equals_onnxruntime(tmp_path):
    case = Case()
    parts = case.graph.op("Split", [case.take(2, 6), case.graph.ints(1, 3, 2)], 3, axis=1)
    compare(case, tmp_path, *[case.graph.op("Tanh", [part]) for part in parts])


def test_numbers_are_scattered(tmp_path):
    case = Case()
    places = case.graph.constant([[[0, 1], [2, 3]]], np.int64)
    x = case.graph.op("ScatterND", [case.take(3, 4), places, case.take(1, 2)])
    compare(case, tmp_path, case.graph.op("Sigmoid", [x]))


def test_choices_by_constants_equal_onnxruntime(tmp_path):
    case = Case()
    choice = case.graph.constant([[True, False, True]], np.bool_)
    compare(case, tmp_path, case.graph.op("Where", [choice, case.take(2, 3), case.take(2, 3)]))


def test_shapes_are_constants(tmp_path):
    case = Case()
    x = case.take(2, 3, 4)
    shape = case.graph.op("Shape", [x])
    last = case.graph.op("Gather", [shape, case.graph.ints(2)], axis=0)
    new = case.graph.op("Concat", [case.graph.ints(-1), last], axis=0)
    compare(case, tmp_path, case.graph.op("Reshape", [case.graph.op("Tanh", [x]), new]))


def test_a_normalisation_goes_into_the_convolution(tmp_path):
    case, weights = Case(), random(4, 3, 1, 3)
    graph = case.graph
    x = graph.op("Conv", [case.take(1, 3, 1, 9), graph.constant(weights)], pads=[0, 1, 0, 1])
    given = [random(4), random(4, seed=2), random(4, seed=3), positive(4, seed=4)]
    compare(case, tmp_path, graph.op("BatchNormalization", [x, *map(graph.constant, given)]))


RECURRENT = [
    (kind, direction, steps, batch, options)
    for kind in ["GRU", "LSTM"]
    for direction in ["forward", "reverse", "bidirectional"]
    for steps, batch in [(1, 1), (1, 3), (5, 2)]
    for options in ([{}, {"linear_before_reset": 1}] if kind == "GRU" else [{}])
]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind, direction, steps, batch, options", RECURRENT)
def test_a_recurrent_layer_equals_onnxruntime(
    kind, direction, steps, batch, options, bias, tmp_path
):
    case, units, inputs = Case(), 4, 3
    graph, gates = case.graph, {"GRU": 3, "LSTM": 4}[kind] * units
    count = 2 if direction == "bidirectional" else 1
    given = [case.take(steps, batch, inputs), graph.constant(random(count, gates, inputs))]
    given.append(graph.constant(random(count, gates, units, seed=2)))
    given.append(graph.constant(random(count, 2 * gates, seed=3)) if bias else "")
    states = [case.state(count, batch, units) for _ in range(1 if kind == "GRU" else 2)]
    options = {**options, "hidden_size": units, "direction": direction}
    outputs = graph.op(kind, [*given, "", *states], 1 + len(states), **options)
    for state, value in zip(states, outputs[1:]):
        case.becomes(state, value)
    compare(case, tmp_path, outputs[0])


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_a_recurrent_layer_may_begin_with_constants(kind, tmp_path):
    case, units = Case(), 4
    graph, gates = case.graph, {"GRU": 3, "LSTM": 4}[kind] * units
    given = [case.take(3, 2, 5), graph.constant(random(1, gates, 5))]
    given += [graph.constant(random(1, gates, units)), graph.constant(random(1, 2 * gates)), ""]
    given += [graph.constant(random(1, 2, units, seed=at)) for at in range(gates // units - 2)]
    compare(case, tmp_path, graph.op(kind, given, hidden_size=units))


def test_one_tensor_holds_several_histories(tmp_path):
    """As streaming models keep them: parts are read, shifted and scattered back."""
    case = Case()
    graph = case.graph
    memory = case.state(2, 5, 4)
    x = case.take(1, 1, 4)
    all_made = []
    for layer, (first, rows) in enumerate([(0, 2), (2, 3)]):
        own = graph.op("Gather", [memory, graph.constant(layer, np.int64)], axis=0)
        bounds = [graph.ints(first), graph.ints(first + rows), graph.ints(0)]
        past = graph.op("Slice", [own, *bounds])
        whole = graph.op("Concat", [past, case.reshaped(x, 1, 4)], axis=0)
        weights = graph.constant(random(1, rows + 1, seed=layer))
        x = graph.op("Tanh", [graph.op("MatMul", [weights, whole])])
        all_made.append(x)
        shifted = graph.op("Slice", [whole, graph.ints(1), graph.ints(rows + 1), graph.ints(0)])
        places = np.array([[[layer, first + row] for row in range(rows)]])
        places = graph.constant(places, np.int64)
        shifted = case.reshaped(shifted, 1, rows, 4)
        memory_next = graph.op("ScatterND", [memory if layer == 0 else memory_next, places, shifted])
    case.becomes(memory, memory_next)
    compare(case, tmp_path, *all_made)
    [part] = description(tmp_path / "case")["parts"]
    states = [tensor["shape"] for tensor in part["inputs"] if tensor["role"] == "state"]
    # What the layers do not use is left out.
    assert sorted(np.prod(states, axis=1)) == [8, 12]


REFUSED = {
    "Erf": (simple("Erf", (2, 3)), "not one of those that can be imported"),
    "Pow": (with_constants("Pow", (2, 3), np.float32(2.5)), "the exponent 2.5"),
    "PRelu": (simple("PRelu", (2, 3), (3,)), "its input 1 is computed"),
    "Conv": (simple("Conv", (1, 2, 3, 4), (2, 2, 1, 1)), "its input 1 is computed"),
    "MatMul": (with_constants("MatMul", (3, 4), random(4)), "a factor of one dimension"),
    "Softmax": (simple("Softmax", (2, 3, 4), opset=11, axis=1), "a softmax over several axes"),
    "Cast": (simple("Cast", (2, 3), to=7), "a cast to something other than float32"),
    "GRU": (
        with_constants("GRU", (2, 1, 3), random(1, 12, 3), random(1, 12, 4), layout=1),
        "a layout with the batch in front",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_imported_is_named(kind, tmp_path):
    (opset, make), reason = REFUSED[kind]
    case = Case(opset)
    case.files(tmp_path, make(case))
    ended = imported(tmp_path)
    assert ended.returncode == 1
    message = f"error: the operator {kind} of the node `{kind.lower()}_"
    assert ended.stderr.startswith(message) and "` cannot be imported: " in ended.stderr
    assert reason in ended.stderr, ended.stderr
    assert not (tmp_path / "case").exists()


def changed(path, **fields):
    described = json.loads(path.read_text())
    path.write_text(json.dumps({**described, **fields}))


@pytest.mark.parametrize(
    "fields, reason",
    [
        ({"novelty": 1}, "unknown field `novelty`"),
        ({"inputs": []}, 'at inputs: 0 have the role "spectrum", expected 1'),
        ({"inputs": [{"name": "x", "role": "spectrum"}]}, "the file has no input `x`, but spectrum"),
        ({"outputs": [{"name": "x", "role": "spectrum"}]}, "the file has no output `x`, but t"),
        ({"hop": 0}, "at hop: it is 0, expected 1 to 65536"),
        ({"licence_files": ["../x"]}, "expected names without a path that begin with LICENSE"),
    ],
)
def test_a_description_is_checked(fields, reason, tmp_path):
    case = Case()
    case.files(tmp_path, case.graph.op("Tanh", [case.take(3)]))
    changed(tmp_path / "case.json", **fields)
    ended = imported(tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: `{tmp_path}/case.json`: "), ended.stderr
    assert reason in ended.stderr, ended.stderr
    assert not (tmp_path / "case").exists()


def test_smaller_files_of_16_bits_are_near(tmp_path):
    case = Case()
    x = case.take(1, 400)
    case.files(tmp_path, case.graph.op("MatMul", [x, case.graph.constant(random(400, 100))]))
    lengths = []
    for options in [[], ["--float16"]]:
        ended = imported(tmp_path, *options)
        assert ended.returncode == 0, ended.stderr
        lengths.append((tmp_path / "case" / "case.tflite").stat().st_size)
    assert lengths[1] < 0.55 * lengths[0]


def test_the_page_on_models_works(tmp_path):
    """Its commands run one after the other, as they are written, in a copy of the repository."""
    page = (ROOT / "docs" / "models.md").read_text()
    [(path, described)] = re.findall(r"<!-- (\S+) -->\n+```json\n(.*?)```", page, re.DOTALL)
    assert json.loads(described) == json.loads((ROOT / path).read_text())
    for name in [".tools", "audio_samples", "crates"]:
        (tmp_path / name).symlink_to(ROOT / name)
    commands = re.findall(r"<!-- run -->\n+```sh\n(.*?)```", page, re.DOTALL)
    assert len(commands) == 2
    environment = {**os.environ, "PATH": f"{BUILT}:{os.environ['PATH']}"}
    for command in commands:
        ended = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
    for file in (MODELS / "gtcrn").iterdir():
        assert (tmp_path / "my-gtcrn" / file.name).read_bytes() == file.read_bytes(), file.name
    assert (tmp_path / "enhanced.wav").stat().st_size > 100_000
