"""Each operator of models by others, in LiteRT and in the core."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from graphs import Graph
from networks import run_in_core

TOLERANCE = 1e-4


def run_in_litert(file, inputs):
    """All outputs, concatenated."""
    interpreter = Interpreter(model_content=file, num_threads=1)
    interpreter.allocate_tensors()
    for detail, values in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    outputs = [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
    return np.concatenate([output.reshape(-1) for output in outputs])


def run_both(file, inputs, folder):
    path = folder / "graph.tflite"
    path.write_bytes(file)
    given = b"".join(values.astype("<f4").tobytes() for values in inputs)
    return run_in_litert(file, inputs), np.frombuffer(run_in_core(path, given), "<f4")


def ints(graph, *values):
    return graph.constant(values, np.int32)


def random(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def unary(kind, **options):
    def make(graph, x):
        return graph.op(kind, [x], [2, 3, 4], **options)

    return make


def binary(kind, options, **fields):
    def make(graph, x):
        other = graph.constant(random(3, 4, seed=2))
        return graph.op(kind, [x, other], [2, 3, 4], options=options, **fields)

    return make


def reduction(kind, axes, shape, keep):
    def make(graph, x):
        inputs = [x, ints(graph, *axes)]
        return graph.op(kind, inputs, shape, options="ReducerOptions", keepDims=keep)

    return make


def strided(begins, ends, strides, shape, **masks):
    def make(graph, x):
        inputs = [x, *(ints(graph, *values) for values in (begins, ends, strides))]
        return graph.op("STRIDED_SLICE", inputs, shape, options="StridedSliceOptions", **masks)

    return make


def sliced(graph, x):
    bounds = [ints(graph, 0, 1, 2), ints(graph, -1, 2, -1)]
    return graph.op("SLICE", [x, *bounds], [2, 2, 2], options="SliceOptions")


def split(graph, x):
    axis = graph.constant(-1, np.int32)
    parts = graph.op("SPLIT", [axis, x], [2, 3, 2], [2, 3, 2], options="SplitOptions", numSplits=2)
    return graph.op("MUL", parts, [2, 3, 2], options="MulOptions")


def split_v(graph, x):
    lens, axis = ints(graph, 1, -1), graph.constant(1, np.int32)
    return graph.op(
        "SPLIT_V", [x, lens, axis], [2, 1, 4], [2, 2, 4], options="SplitVOptions", numSplits=2
    )


def packed(axis, shape):
    def make(graph, x):
        other = graph.op("TANH", [x], [2, 3, 4])
        return graph.op("PACK", [x, other], shape, options="PackOptions", axis=axis, valuesCount=2)

    return make


def unpacked(graph, x):
    return graph.op("UNPACK", [x], *[[2, 4]] * 3, options="UnpackOptions", axis=-2, num=3)


def squared_difference(graph, x):
    mean = reduction("MEAN", [-1], [2, 3, 1], True)(graph, x)
    return graph.op("SQUARED_DIFFERENCE", [x, mean], [2, 3, 4], options="SquaredDifferenceOptions")


def reciprocal_root(graph, x):
    positive = graph.op("EXP", [x], [2, 3, 4], options="ExpOptions")
    return graph.op("RSQRT", [positive], [2, 3, 4])


def expanded(axis, shape):
    def make(graph, x):
        axis_tensor = graph.constant(axis, np.int32)
        return graph.op("EXPAND_DIMS", [x, axis_tensor], shape, options="ExpandDimsOptions")

    return make


def squeezed(axes, shape):
    def make(graph, x):
        x = graph.op("RESHAPE", [x, ints(graph, 1, 6, 1, 4)], [1, 6, 1, 4])
        return graph.op("SQUEEZE", [x], shape, options="SqueezeOptions", squeezeDims=axes)

    return make


def transposed(graph, x):
    permutation = ints(graph, 2, 0, 1)
    return graph.op("TRANSPOSE", [x, permutation], [4, 2, 3], options="TransposeOptions")


def padded(graph, x):
    pads = graph.constant([[0, 1], [2, 0], [0, 0]], np.int32)
    return graph.op("PAD", [x, pads], [3, 5, 4], options="PadOptions")


def padded_with(graph, x):
    pads = graph.constant([[0, 1], [2, 0], [0, 0]], np.int32)
    return graph.op(
        "PADV2", [x, pads, graph.constant(7.5)], [3, 5, 4], options="PadV2Options"
    )


def joined(graph, x):
    other = graph.constant(random(2, 3, 2, seed=2))
    return graph.op(
        "CONCATENATION", [x, other], [2, 3, 6], options="ConcatenationOptions", axis=-1
    )


def layer(keep, shape, bias, **options):
    def make(graph, x):
        weights = graph.constant(random(5, 4, seed=2))
        inputs = [x, weights] + ([graph.constant(random(5, seed=3))] if bias else [])
        return graph.op(
            "FULLY_CONNECTED",
            inputs,
            shape,
            version=6,
            options="FullyConnectedOptions",
            keepNumDims=keep,
            **options,
        )

    return make


def product(graph, x):
    weights = graph.constant(random(5, 4, seed=2))
    return graph.op(
        "BATCH_MATMUL", [x, weights], [2, 3, 5], options="BatchMatMulOptions", adjY=True
    )


def image(graph, x):
    return graph.op("RESHAPE", [x, ints(graph, 1, 2, 3, 4)], [1, 2, 3, 4])


def convolution(graph, x):
    kernel = graph.constant(random(5, 2, 2, 4, seed=2))
    bias = graph.constant(random(5, seed=3))
    options = {"strideH": 1, "strideW": 2, "fusedActivationFunction": 1}
    return graph.op(
        "CONV_2D",
        [image(graph, x), kernel, bias],
        [1, 2, 2, 5],
        options="Conv2DOptions",
        **options,
    )


def depthwise(graph, x):
    kernel = graph.constant(random(1, 1, 2, 4, seed=2))
    bias = graph.constant(random(4, seed=3))
    options = {"strideH": 1, "strideW": 1, "depthMultiplier": 1, "padding": 1}
    return graph.op(
        "DEPTHWISE_CONV_2D",
        [image(graph, x), kernel, bias],
        [1, 2, 2, 4],
        options="DepthwiseConv2DOptions",
        **options,
    )


def pooled(kind):
    def make(graph, x):
        options = {"strideH": 1, "strideW": 1, "filterHeight": 2, "filterWidth": 2}
        return graph.op(kind, [image(graph, x)], [1, 2, 3, 4], options="Pool2DOptions", **options)

    return make


def selected(graph, x):
    positive = graph.op("GREATER", [x, graph.constant(0.0)], [2, 3, 4], options="GreaterOptions")
    graph.tensors[positive].type = 6  # BOOL
    other = graph.constant(random(1, 1, 4, seed=2))
    return graph.op("SELECT_V2", [positive, x, other], [2, 3, 4], options="SelectV2Options")


OPERATORS = {
    "ABS": unary("ABS", options="AbsOptions"),
    "COS": unary("COS", options="CosOptions"),
    "EXP": unary("EXP", options="ExpOptions"),
    "FLOOR": unary("FLOOR"),
    "HARD_SWISH": unary("HARD_SWISH", options="HardSwishOptions"),
    "LEAKY_RELU": unary("LEAKY_RELU", options="LeakyReluOptions", alpha=0.3),
    "LOGISTIC": unary("LOGISTIC"),
    "RELU": unary("RELU"),
    "RELU6": unary("RELU6"),
    "RSQRT": reciprocal_root,
    "SIN": unary("SIN"),
    "SOFTMAX": unary("SOFTMAX", options="SoftmaxOptions", beta=1.0),
    "SQUARE": unary("SQUARE", options="SquareOptions"),
    "TANH": unary("TANH"),
    "ADD": binary("ADD", "AddOptions"),
    "ADD, RELU6": binary("ADD", "AddOptions", fusedActivationFunction=3),
    "DIV": binary("DIV", "DivOptions"),
    "MAXIMUM": binary("MAXIMUM", "MaximumMinimumOptions"),
    "MINIMUM": binary("MINIMUM", "MaximumMinimumOptions"),
    "MUL, RELU": binary("MUL", "MulOptions", fusedActivationFunction=1),
    "SUB": binary("SUB", "SubOptions"),
    "SQUARED_DIFFERENCE": squared_difference,
    "MEAN of the last axis": reduction("MEAN", [-1], [2, 3], False),
    "MEAN of two axes": reduction("MEAN", [0, -2], [1, 1, 4], True),
    "SUM": reduction("SUM", [-1, 0], [3], False),
    "REDUCE_MAX": reduction("REDUCE_MAX", [1], [2, 1, 4], True),
    "REDUCE_MIN": reduction("REDUCE_MIN", [-3], [3, 4], False),
    "REDUCE_PROD": reduction("REDUCE_PROD", [2], [2, 3], False),
    "SPLIT": split,
    "SPLIT_V": split_v,
    "PACK at the first axis": packed(0, [2, 2, 3, 4]),
    "PACK at the last axis": packed(-1, [2, 3, 4, 2]),
    "UNPACK": unpacked,
    "SLICE": sliced,
    "STRIDED_SLICE": strided([0, 1, 0], [2, 3, 4], [1, 1, 1], [2, 2, 4]),
    "STRIDED_SLICE by 2": strided([0, 0, 1], [2, 3, 4], [1, 2, 2], [2, 2, 2]),
    "STRIDED_SLICE with masks": strided(
        [5, -2, 0], [5, 0, -1], [1, 1, 1], [2, 2, 3], beginMask=1, endMask=3
    ),
    "STRIDED_SLICE of one element of an axis": strided(
        [0, -1, 0], [0, 0, 0], [1, 1, 1], [2, 4], beginMask=5, endMask=5, shrinkAxisMask=2
    ),
    "STRIDED_SLICE of the first axis": strided([1], [2], [1], [3, 4], shrinkAxisMask=1),
    "EXPAND_DIMS": expanded(1, [2, 1, 3, 4]),
    "EXPAND_DIMS at the end": expanded(-1, [2, 3, 4, 1]),
    "EXPAND_DIMS before the end": expanded(-2, [2, 3, 1, 4]),
    "SQUEEZE": squeezed([2], [1, 6, 4]),
    "SQUEEZE of two axes": squeezed([0, -2], [6, 4]),
    "SQUEEZE of all": squeezed([], [6, 4]),
    "TRANSPOSE": transposed,
    "PAD": padded,
    "PADV2": padded_with,
    "CONCATENATION": joined,
    "FULLY_CONNECTED": layer(False, [6, 5], True),
    "FULLY_CONNECTED without bias": layer(False, [6, 5], False),
    "FULLY_CONNECTED, RELU": layer(True, [2, 3, 5], True, fusedActivationFunction=1),
    "BATCH_MATMUL": product,
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "AVERAGE_POOL_2D": pooled("AVERAGE_POOL_2D"),
    "MAX_POOL_2D": pooled("MAX_POOL_2D"),
    "SELECT_V2": selected,
}


def weighted(graph, x):
    """Multiplies each element by a different number, so that a wrong shape is noticed."""
    shape = graph.tensors[x].shape
    weights = graph.constant(random(*shape, seed=4))
    return graph.op("MUL", [x, weights], shape, options="MulOptions")


@pytest.mark.parametrize("make", OPERATORS.values(), ids=OPERATORS.keys())
def test_operator(make, tmp_path):
    graph = Graph()
    outputs = make(graph, graph.input(2, 3, 4))
    outputs = outputs if isinstance(outputs, list) else [outputs]
    outputs = [weighted(graph, output) for output in outputs]
    litert, core = run_both(graph.file(*outputs), [random(2, 3, 4)], tmp_path)
    assert core.shape == litert.shape
    assert np.ptp(litert) > 0, "there is nothing to compare"
    difference = np.abs(core - litert).max()
    print(f"largest difference {difference:.1e}, in values up to {np.abs(litert).max():.3g}")
    assert difference <= TOLERANCE


# Kinds of operators, their options, and the text in the error.
UNSUPPORTED = {
    "ELU": (unary("ELU"), "the operator ELU;"),
    "CUMSUM": (
        lambda graph, x: graph.op(
            "CUMSUM", [x, graph.constant(1, np.int32)], [2, 3, 4], options="CumsumOptions"
        ),
        "the operator CUMSUM;",
    ),
    "MUL, TANH": (
        binary("MUL", "MulOptions", fusedActivationFunction=4),
        "the operator MUL with the fused activation TANH;",
    ),
    "SOFTMAX of another temperature": (
        unary("SOFTMAX", options="SoftmaxOptions", beta=0.5),
        "the operator SOFTMAX with a beta other than 1;",
    ),
    "STRIDED_SLICE backwards": (
        strided([0, 0, 3], [2, 3, 0], [1, 1, -1], [2, 3, 3]),
        "the operator STRIDED_SLICE with a stride below 1;",
    ),
}


@pytest.mark.parametrize("make, expected", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_operator_that_stays_unsupported_is_named(make, expected, tmp_path):
    graph = Graph()
    path = tmp_path / "graph.tflite"
    path.write_bytes(graph.file(make(graph, graph.input(2, 3, 4))))
    with pytest.raises(RuntimeError) as error:
        run_in_core(path, random(2, 3, 4).tobytes())
    assert f"unsupported model: found {expected}" in str(error.value)
