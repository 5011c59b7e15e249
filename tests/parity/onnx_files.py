"""Writes small ONNX files field by field (onnx.proto), like exporters."""

import struct

import numpy as np

TYPES = {np.dtype(np.float32): 1, np.dtype(np.int64): 7, np.dtype(np.bool_): 9}
FLOAT, INT, STRING, FLOATS, INTS, STRINGS = 1, 2, 3, 6, 7, 8


def varint(number):
    number &= (1 << 64) - 1
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(coded + bytearray([number]))


def whole(field, number):
    return varint(field << 3) + varint(number)


def field(number, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(name, values):
    values = np.asarray(values)
    dims = b"".join(whole(1, dim) for dim in values.shape)
    return dims + whole(2, TYPES[values.dtype]) + field(8, name) + field(9, values.tobytes())


def attribute(name, value):
    if isinstance(value, float):
        return field(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + whole(20, FLOAT)
    if isinstance(value, int):
        return field(1, name) + whole(3, value) + whole(20, INT)
    if isinstance(value, str):
        return field(1, name) + field(4, value) + whole(20, STRING)
    if isinstance(value[0], str):
        return field(1, name) + b"".join(field(9, v) for v in value) + whole(20, STRINGS)
    return field(1, name) + b"".join(whole(8, v) for v in value) + whole(20, INTS)


def information(name, shape):
    dims = b"".join(field(1, whole(1, dim)) for dim in shape)
    return field(1, name) + field(2, field(1, whole(1, 1) + field(2, dims)))


class Graph:
    """A graph under construction. Tensors are names."""

    def __init__(self, opset=17):
        self.opset, self.nodes, self.constants = opset, [], []
        self.inputs, self.outputs = [], []

    def input(self, name, *shape):
        self.inputs.append(information(name, shape))
        return name

    def output(self, name, *shape):
        self.outputs.append(information(name, shape))

    def constant(self, values, dtype=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(tensor(name, np.asarray(values, dtype)))
        return name

    def ints(self, *values):
        return self.constant(values, np.int64)

    def op(self, kind, inputs, outputs=1, **attributes):
        """Adds a node and returns its output or outputs. An input may be ""."""
        at = len(self.nodes)
        names = [f"t{at}.{output}" for output in range(outputs)]
        node = b"".join(field(1, name) for name in inputs)
        node += b"".join(field(2, name) for name in names)
        node += field(3, f"{kind.lower()}_{at}") + field(4, kind)
        node += b"".join(field(5, attribute(k, v)) for k, v in attributes.items())
        self.nodes.append(node)
        return names[0] if outputs == 1 else names

    def file(self):
        graph = b"".join(field(1, node) for node in self.nodes) + field(2, "test")
        graph += b"".join(field(5, constant) for constant in self.constants)
        graph += b"".join(field(11, given) for given in self.inputs)
        graph += b"".join(field(12, made) for made in self.outputs)
        return whole(1, 8) + field(7, graph) + field(8, whole(2, self.opset))
