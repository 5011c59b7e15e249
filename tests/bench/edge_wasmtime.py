"""What the component costs in wasmtime, with one thread: compiling it, loading a model, and the
processor time for a second of audio. Needs `make edge`."""

import time
from pathlib import Path

import numpy as np
from wasmtime import Engine, Store
from wasmtime.component import Component, Linker, Record, Variant

ROOT = Path(__file__).parents[2]
COMPONENT = ROOT / "target/edge/enhancer_audio.wasm"
SECONDS = 10


def timed(work):
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


def record(**fields):
    made = Record()
    made.__dict__.update({name.replace("_", "-"): value for name, value in fields.items()})
    return made


engine = Engine()
component, compiling = timed(lambda: Component(engine, COMPONENT.read_bytes()))
print(f"compiled in {compiling:.1f} s of processor time")


class Instance:
    def __init__(self):
        self.store = Store(engine)
        self.instance = Linker(engine).instantiate(self.store, component)

    def call(self, interface, name, *arguments):
        index = self.instance.get_export_index(self.store, f"enhancer:audio/{interface}@0.1.0")
        index = self.instance.get_export_index(self.store, name, index)
        function = self.instance.get_func(self.store, index)
        result = function(self.store, *arguments)
        function.post_return(self.store)
        return result


instance, starting = timed(Instance)
print(f"an instance: {starting * 1e3:.0f} ms")
samples = np.fromfile(ROOT / "audio_samples/audio_file_48k.raw", "<f4", SECONDS * 48_000)
controls = record(attenuation_limit=None, mix=None, input_gain=Variant("none"), output=None,
                  post_filter=False, exact=False)
for about in instance.call("models", "built-in"):
    if about.name == "passthrough":
        continue
    load = lambda: instance.call("models", "[static]model.load", about.name)
    model, loading = timed(load)
    open_ = ("stream", "[static]session.open", model, about.__dict__["sample-rate"], 1, controls)
    session = instance.call(*open_)
    piece = [float(sample) for sample in samples[:48_000]]
    _, pushing = timed(lambda: [instance.call("stream", "[method]session.push", session, piece)
                                for _ in range(SECONDS)])
    audio = SECONDS * 48_000 / about.__dict__["sample-rate"]
    print(f"{about.name}: loaded in {loading * 1e3:.0f} ms, streams a second of audio in "
          f"{pushing / audio:.3f} s")
