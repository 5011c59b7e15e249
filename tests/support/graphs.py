"""Small `.tflite` files in the form of converters, written operator by operator."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.float16): schema.TensorType.FLOAT16,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int8): schema.TensorType.INT8,
}
# Larger codes have a separate field.
LAST_OLD_CODE = 127


class Graph:
    """A graph being written. Tensors are numbers; shapes are lists."""

    def __init__(self):
        self.inputs = []
        self.tensors = []
        self.buffers = [schema.BufferT()]
        self.codes = []
        self.operators = []

    def input(self, *shape):
        self.inputs.append(self._tensor(shape, np.float32))
        return self.inputs[-1]

    def constant(self, values, dtype=np.float32):
        values = np.asarray(values, dtype)
        return self._tensor(values.shape, dtype, values)

    def int8(self, values, axis=None):
        """Values rounded to 8 bits, with a scale for each entry along `axis`, or one for all.

        The rounded values come back too.
        """
        others = None if axis is None else tuple(i for i in range(values.ndim) if i != axis)
        scale = np.abs(values).max(axis=others, keepdims=True) / 127
        rounded = np.round(values / scale).astype(np.int8)
        tensor = self._tensor(values.shape, np.int8, rounded)
        quantization = schema.QuantizationParametersT()
        quantization.scale = scale.reshape(-1).astype(np.float32)
        quantization.zeroPoint = np.zeros(quantization.scale.size, np.int64)
        quantization.quantizedDimension = axis or 0
        self.tensors[tensor].quantization = quantization
        return tensor, (rounded * scale).astype(np.float32)

    def op(self, kind, inputs, *shapes, version=1, **options):
        """Adds an operator and returns its outputs, with the given shapes. An input may be -1."""
        outputs = [self._tensor(shape, np.float32) for shape in shapes]
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode = min(code.builtinCode, LAST_OLD_CODE)
        code.version = version
        self.codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.codes) - 1
        operator.inputs, operator.outputs = list(inputs), outputs
        if "options" in options:
            name = options.pop("options")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            operator.builtinOptions = getattr(schema, f"{name}T")()
            for field, value in options.items():
                assert hasattr(operator.builtinOptions, field), field
                setattr(operator.builtinOptions, field, value)
        self.operators.append(operator)
        return outputs[0] if len(outputs) == 1 else outputs

    def file(self, *outputs):
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self.tensors, self.operators
        graph.inputs, graph.outputs = self.inputs, list(outputs)
        model = schema.ModelT()
        model.version, model.buffers = 3, self.buffers
        model.operatorCodes, model.subgraphs = self.codes, [graph]
        builder = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _tensor(self, shape, dtype, values=None):
        tensor = schema.TensorT()
        tensor.name = f"tensor {len(self.tensors)}"
        tensor.shape, tensor.type = list(shape), TYPES[np.dtype(dtype)]
        tensor.hasRank = True
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            self.buffers.append(buffer)
            tensor.buffer = len(self.buffers) - 1
        self.tensors.append(tensor)
        return len(self.tensors) - 1
