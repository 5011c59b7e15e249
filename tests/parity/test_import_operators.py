"""`model-exporter import`: each operator against onnxruntime."""

import numpy as np
import pytest
from import_cases import Case, compare, positive, random, simple, with_constants


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
    # Functions of one tensor.
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
    # Functions of two tensors.
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
    # Operators that move numbers.
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
