"""Graphs like those of DTLN's published `.tflite` files, with our own weights.

The originals are a Keras model of two stages, converted. LSTM cells consist of single operators,
unrolled over one step of time. States are stacked into one tensor. The second stage has a
normalisation of mean, variance and reciprocal root. `float32` graphs are as converted; `int8` graphs
as converted with dynamic range quantisation: layers have 8-bit weights, but take and give floats.
"""

import numpy as np
from graphs import Graph

UNITS = 16
SPECTRUM = 33
BLOCK = 64
ENCODED = 32
STATES = [1, 2, UNITS, 2]


class Network:
    """A graph and its layers. `weights` is how weights are stored: float32, int8 or channels.

    With `rounded`, weights have the values of int8, but are stored as float32.
    """

    def __init__(self, weights="float32", rounded=None):
        self.graph, self.weights, self.rounded = Graph(), weights, rounded
        self.random = np.random.default_rng(7)

    def numbers(self, *shape):
        """Random weights. Sums over the last axis are large enough to move gates and masks, but do not
        saturate them."""
        return (3 * self.random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    def stored(self, values):
        """A constant of a layer's weights."""
        axes = {"int8": None, "channels": 0}
        form = self.rounded or self.weights
        if form == "float32":
            return self.graph.constant(values)
        # With `rounded`, a separate graph only rounds the weights.
        graph = Graph() if self.rounded else self.graph
        tensor, rounded = graph.int8(values, axes[form])
        return self.graph.constant(rounded) if self.rounded else tensor

    def layer(self, x, depth, channels, shape, bias=True, keep=False):
        inputs = [x, self.stored(self.numbers(channels, depth))]
        inputs.append(self.graph.constant(0.1 * self.numbers(channels)) if bias else -1)
        return self.graph.op(
            "FULLY_CONNECTED",
            inputs,
            shape,
            version=12 if self.weights == "channels" else 9,
            options="FullyConnectedOptions",
            keepNumDims=keep,
            asymmetricQuantizeInputs=self.weights != "float32",
        )

    def binary(self, kind, a, b, shape):
        return self.graph.op(kind, [a, b], shape, options=f"{kind.title()}Options")

    def ints(self, *values):
        return self.graph.constant(values, np.int32)

    def transposed(self, x, shape):
        """`x` with the axes of lane and time swapped."""
        inputs = [x, self.ints(1, 0, 2)]
        return self.graph.op("TRANSPOSE", inputs, shape, options="TransposeOptions")

    def state(self, states, number, which):
        bounds = [
            self.ints(0, number, 0, which),
            self.ints(0, number + 1, 0, which + 1),
            self.ints(1, 1, 1, 1),
        ]
        return self.graph.op(
            "STRIDED_SLICE",
            [states, *bounds],
            [1, UNITS],
            options="StridedSliceOptions",
            beginMask=5,
            endMask=5,
            shrinkAxisMask=10,
        )

    def lstm(self, x, depth, h, c):
        """Hidden and cell state after one step; gates in the order i, f, c, o."""
        gates = [1, 4 * UNITS]
        x = self.layer(x, depth, 4 * UNITS, gates)
        h = self.layer(h, UNITS, 4 * UNITS, gates, bias=False)
        z = self.binary("ADD", x, h, gates)
        axis = self.graph.constant(1, np.int32)
        shapes = [[1, UNITS]] * 4
        parts = self.graph.op("SPLIT", [axis, z], *shapes, options="SplitOptions", numSplits=4)
        i, f, o = (self.graph.op("LOGISTIC", [parts[gate]], [1, UNITS]) for gate in (0, 1, 3))
        new = self.binary("MUL", i, self.graph.op("TANH", [parts[2]], [1, UNITS]), [1, UNITS])
        c = self.binary("ADD", self.binary("MUL", f, c, [1, UNITS]), new, [1, UNITS])
        h = self.binary("MUL", o, self.graph.op("TANH", [c], [1, UNITS]), [1, UNITS])
        return h, c

    def unrolled(self, x, depth, states, number):
        """An LSTM over one step of time: the sequence [1, 1, UNITS], and its states."""
        by_time = self.transposed(x, [1, 1, depth])
        step = self.graph.op("UNPACK", [by_time], [1, depth], options="UnpackOptions", num=1)
        h, c = (self.state(states, number, which) for which in (0, 1))
        h, c = self.lstm(step, depth, h, c)
        options = {"options": "PackOptions", "valuesCount": 1}
        sequence = self.graph.op("PACK", [h], [1, 1, UNITS], **options)
        return self.transposed(sequence, [1, 1, UNITS]), h, c

    def mask(self, x, depth, channels, states):
        """Two LSTMs and a layer: the mask [1, 1, channels], and the states after it."""
        first, *state_1 = self.unrolled(x, depth, states, 0)
        second, *state_2 = self.unrolled(first, UNITS, states, 1)
        shape = [1, 1, channels]
        dense = self.layer(second, UNITS, channels, shape, keep=True)
        mask = self.graph.op("LOGISTIC", [dense], shape)
        options = {"options": "PackOptions", "valuesCount": 2}
        both = [
            self.graph.op("PACK", pair, [2, 1, UNITS], **options) for pair in zip(state_1, state_2)
        ]
        flat = [1, 2, UNITS]
        both = [
            self.graph.op("RESHAPE", [x, self.ints(*flat)], flat, options="ReshapeOptions")
            for x in both
        ]
        return mask, self.graph.op("PACK", both, STATES, axis=-1, **options)

    def mean(self, x):
        inputs = [x, self.ints(-1)]
        return self.graph.op("MEAN", inputs, [1, 1, 1], options="ReducerOptions", keepDims=True)

    def normalised(self, x, channels):
        """(x - mean) / sqrt(variance + 1e-7), scaled and shifted."""
        shape, scalar = [1, 1, channels], [1, 1, 1]
        mean = self.mean(x)
        squares = self.graph.op(
            "SQUARED_DIFFERENCE", [x, mean], shape, options="SquaredDifferenceOptions"
        )
        variance = self.binary("ADD", self.mean(squares), self.graph.constant(1e-7), scalar)
        factor = self.graph.op("RSQRT", [variance], scalar)
        x = self.binary("MUL", self.binary("SUB", x, mean, shape), factor, shape)
        scale, shift = 1 + 0.1 * self.numbers(channels), 0.1 * self.numbers(channels)
        x = self.binary("MUL", x, self.graph.constant(scale), shape)
        return self.binary("ADD", x, self.graph.constant(shift), shape)


def stage_1(**kind):
    """From a magnitude and states to a mask and states."""
    network = Network(**kind)
    magnitude, states = network.graph.input(1, 1, SPECTRUM), network.graph.input(*STATES)
    mask, states = network.mask(magnitude, SPECTRUM, SPECTRUM, states)
    return network.graph.file(mask, states)


def stage_2(**kind):
    """From a block and states to a block and states."""
    network = Network(**kind)
    block, states = network.graph.input(1, 1, BLOCK), network.graph.input(*STATES)
    shape = [1, 1, ENCODED]
    encoded = network.layer(block, BLOCK, ENCODED, shape, bias=False, keep=True)
    normalised = network.normalised(encoded, ENCODED)
    mask, states = network.mask(normalised, ENCODED, ENCODED, states)
    masked = network.binary("MUL", encoded, mask, shape)
    block = network.layer(masked, ENCODED, BLOCK, [1, 1, BLOCK], bias=False, keep=True)
    return network.graph.file(block, states)
