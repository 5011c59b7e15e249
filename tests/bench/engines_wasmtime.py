"""Enhances a file with the component in wasmtime: engines_wasmtime.py COMPONENT SOURCE DESTINATION

Prints the seconds of loading the model and of a run as JSON. The calls are those of the example host,
which is run first and compiles the component.
"""

import json
import runpy
import time
from pathlib import Path

host = runpy.run_path(str(Path(__file__).parents[2] / "crates/enhancer-edge/examples/host.py"))
marks = [time.perf_counter()]
model = host["call"]("models", "[static]model.load", "deepfilternet3")
marks.append(time.perf_counter())
host["call"]("enhance", "enhance", model, host["source"].read_bytes(), host["options"])
marks.append(time.perf_counter())
print(json.dumps({"load": marks[1] - marks[0], "second": marks[2] - marks[1]}))
