"""A model's folder, run step by step in LiteRT and in tract, which is the core's runtime."""

import json
import subprocess
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

ROOT = Path(__file__).parents[2]
# What `make test-parity` builds beforehand.
BUILT = ROOT / "target" / "debug"
MODELS = ROOT / "models"
WEIGHTS = ROOT / ".tools" / "weights"


def description(folder):
    return json.loads((folder / "model.json").read_text())


def named(tensors):
    """Those that are no states."""
    return [tensor for tensor in tensors if tensor["role"] != "state"]


def run_in_tract(folder, index, steps):
    """The outputs of each of `steps`, by role, as [step, ...]. A step gives the inputs by role."""
    part = description(folder)["parts"][index]
    roles = [tensor["role"] for tensor in named(part["inputs"])]
    given = b"".join(step[role].astype("<f4").tobytes() for step in steps for role in roles)
    command = [BUILT / "examples" / "run_steps", folder, str(index)]
    taken = subprocess.run(command, cwd=ROOT, input=given, stdout=subprocess.PIPE, check=True)
    taken = np.frombuffer(taken.stdout, "<f4").reshape(len(steps), -1)
    shapes = {tensor["role"]: tensor["shape"] for tensor in named(part["outputs"])}
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()])
    parts = np.split(taken, ends[:-1], axis=1)
    return {
        role: values.reshape(len(steps), *shape)
        for (role, shape), values in zip(shapes.items(), parts)
    }


def run_in_litert(folder, index, steps):
    """As `run_in_tract`."""
    part = Part(folder, index)
    taken = [part.step(**step) for step in steps]
    return {role: np.array([step[role] for step in taken]) for role in taken[0]}


def with_lanes(file, lanes):
    """A file's bytes with the lane dimension, of all that is no constant, changed to `lanes`."""
    model = schema.ModelT.InitFromPackedBuf(file)
    [graph] = model.subgraphs
    for tensor in graph.tensors:
        if model.buffers[tensor.buffer].data is None:
            assert tensor.shape[0] == 1, tensor.name
            tensor.shape = [lanes, *tensor.shape[1:]]
    for operator in graph.operators:
        options = operator.builtinOptions
        if isinstance(options, schema.ReshapeOptionsT):
            options.newShape = [lanes, *options.newShape[1:]]
        elif isinstance(options, schema.SliceOptionsT):
            sizes = model.buffers[graph.tensors[operator.inputs[2]].buffer]
            rest = np.frombuffer(bytes(sizes.data), np.int32)[1:]
            sizes.data = np.array([lanes, *rest], np.int32).view(np.uint8)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


class Part:
    """One `.tflite` file, with its states carried from step to step as model.json says."""

    def __init__(self, folder, index=0, lanes=1):
        part = description(folder)["parts"][index]
        file = (folder / part["file"]).read_bytes()
        content = file if lanes == 1 else with_lanes(file, lanes)
        self.interpreter = Interpreter(model_content=content, num_threads=1)
        self.interpreter.allocate_tensors()
        self.inputs, self.outputs = part["inputs"], part["outputs"]
        self.states = {
            tensor["state"]: np.zeros([lanes, *tensor["shape"][1:]], np.float32)
            for tensor in self.inputs
            if tensor["role"] == "state"
        }

    def step(self, **given):
        """The outputs that are no states, by role."""
        details = self.interpreter.get_input_details()
        for tensor in self.inputs:
            role = tensor["role"]
            value = self.states[tensor["state"]] if role == "state" else given[role]
            self.interpreter.set_tensor(details[tensor["index"]]["index"], value)
        self.interpreter.invoke()
        return self._take()

    def _take(self):
        details = self.interpreter.get_output_details()
        taken = {}
        for tensor in self.outputs:
            value = self.interpreter.get_tensor(details[tensor["index"]]["index"])
            if tensor["role"] == "state":
                self.states[tensor["state"]] = value
            else:
                taken[tensor["role"]] = value
        return taken
