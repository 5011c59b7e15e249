"""A model's folder, run step by step in LiteRT."""

import json
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / ".tools" / "weights"


def description(model):
    return json.loads((ROOT / "models" / model / "model.json").read_text())


class Part:
    """One `.tflite` file, with its states carried from step to step as model.json says."""

    def __init__(self, model, index=0):
        part = description(model)["parts"][index]
        self.interpreter = Interpreter(
            model_path=str(ROOT / "models" / model / part["file"]), num_threads=1
        )
        self.interpreter.allocate_tensors()
        self.inputs, self.outputs = part["inputs"], part["outputs"]
        self.states = {
            tensor["state"]: np.zeros(tensor["shape"], np.float32)
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
