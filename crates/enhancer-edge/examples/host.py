"""Enhances a file with the component in wasmtime: host.py COMPONENT SOURCE DESTINATION"""

import sys
from pathlib import Path

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker, Record, Variant

component, source, destination = map(Path, sys.argv[1:])
engine = Engine()
store = Store(engine)
instance = Linker(engine).instantiate(store, Component(engine, component.read_bytes()))


def function(interface, name):
    there = instance.get_export_index(store, f"enhancer:audio/{interface}@0.1.0")
    return instance.get_func(store, instance.get_export_index(store, name, there))


def record(**fields):
    made = Record()
    made.__dict__.update({name.replace("_", "-"): value for name, value in fields.items()})
    return made


controls = record(attenuation_limit=None, mix=None, input_gain=Variant("none"), output=None,
                  post_filter=False, exact=False)
options = record(raw=None, strict=False, track=None, controls=controls, loudness=None,
                 container=None, sample_format=None, bitrate=None)
load = function("models", "[static]model.load")
model = load(store, "deepfilternet3")
load.post_return(store)
outcome = function("enhance", "enhance")(store, model, source.read_bytes(), options)
if outcome.tag == "err":
    sys.exit(f"{outcome.payload.code}: {outcome.payload.message}")
result = outcome.payload
destination.write_bytes(bytes(result.file))
for warning in result.warnings:
    print(f"warning: {warning.text}", file=sys.stderr)
