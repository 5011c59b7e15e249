"""How long wasmtime takes to compile the component. Needs `make edge`."""

import time
from pathlib import Path

from wasmtime import Engine
from wasmtime.component import Component

component = Path(__file__).parents[2] / "target/edge/enhancer_audio.wasm"
began = time.process_time()
Component(Engine(), component.read_bytes())
print(f"wasmtime compiles it in {time.process_time() - began:.1f} s of processor time")
