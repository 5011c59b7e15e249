"""Enhances a file with the component in wasmtime: host.py COMPONENT SOURCE DESTINATION"""

import sys
from pathlib import Path

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker, Record, Variant

component, source, destination = map(Path, sys.argv[1:])
engine = Engine()
store = Store(engine)
instance = Linker(engine).instantiate(store, Component(engine, component.read_bytes()))


def call(interface, name, *arguments):
    index = instance.get_export_index(store, f"enhancer:audio/{interface}@0.1.0")
    index = instance.get_export_index(store, name, index)
    result = instance.get_func(store, index)(store, *arguments)
    # The package wraps a result in a Variant if both cases are records; otherwise it is the case
    # itself.
    result = getattr(result, "payload", result)
    if hasattr(result, "code"):
        sys.exit(f"{result.code}: {result.message}")
    return result


def record(**fields):
    made = Record()
    made.__dict__.update({name.replace("_", "-"): value for name, value in fields.items()})
    return made


# The option of a variant is a variant itself.
controls = record(attenuation_limit=None, mix=None, input_gain=Variant("none"), output=None,
                  post_filter=False, exact=False)
options = record(raw=None, strict=False, track=None, controls=controls, level=False,
                 loudness=None, container=None, sample_format=None, bitrate=None)
model = call("models", "[static]model.load", "deepfilternet3")
result = call("enhance", "enhance", model, source.read_bytes(), options)
destination.write_bytes(bytes(result.file))
for warning in result.warnings:
    print(f"warning: {warning.text}", file=sys.stderr)
