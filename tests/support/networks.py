"""A model's folder, run step by step in LiteRT and in tract, as the core runs it."""

import json
import subprocess

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from paths import BUILT


def description(folder):
    return json.loads((folder / "model.json").read_text())


def named(tensors):
    """The tensors that are not states."""
    return [tensor for tensor in tensors if tensor["role"] != "state"]


def run_in_core(file, given, states=(), lanes=1):
    """Runs a file in the core's runtime. Returns the outputs of all steps, without the states.

    `given` is bytes, and so is the result; `states` are pairs of the indices of an input and an output.
    """
    command = [BUILT / "examples" / "run_steps", f"--lanes={lanes}"]
    command += [f"--state={source}:{result}" for source, result in states]
    run = subprocess.run([*command, file], input=given, capture_output=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.decode())
    return run.stdout


def state_pairs(part):
    """The pairs of an input and the output of the previous step that it takes, by index."""
    outputs = {t["state"]: t["index"] for t in part["outputs"] if t["role"] == "state"}
    return [(t["index"], outputs[t["state"]]) for t in part["inputs"] if t["role"] == "state"]


def run_in_tract(folder, index, steps):
    """The outputs of each of `steps`, by role, as [step, ...]. A step gives the inputs by role."""
    part = description(folder)["parts"][index]
    roles = [tensor["role"] for tensor in named(part["inputs"])]
    given = b"".join(step[role].astype("<f4").tobytes() for step in steps for role in roles)
    taken = run_in_core(folder / part["file"], given, state_pairs(part))
    taken = np.frombuffer(taken, "<f4").reshape(len(steps), -1)
    shapes = {tensor["role"]: tensor["shape"] for tensor in named(part["outputs"])}
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()])
    parts = np.split(taken, ends[:-1], axis=1)
    return {
        role: values.reshape(len(steps), *shape)
        for (role, shape), values in zip(shapes.items(), parts)
    }


def run_in_litert(folder, index, steps):
    """Like `run_in_tract`."""
    part = Part(folder, index)
    taken = [part.step(**step) for step in steps]
    return {role: np.array([step[role] for step in taken]) for role in taken[0]}


def with_lanes(file, lanes):
    """A file's bytes with the lane dimension of everything that depends on inputs changed to `lanes`."""
    model = schema.ModelT.InitFromPackedBuf(file)
    [graph] = model.subgraphs
    laned = set(graph.inputs)
    for operator in graph.operators:
        if laned.intersection(operator.inputs):
            laned.update(operator.outputs)
    for tensor in (graph.tensors[index] for index in laned):
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
    """One `.tflite` file. Its states are carried from step to step as model.json says."""

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
        """The outputs that are not states, by role."""
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
