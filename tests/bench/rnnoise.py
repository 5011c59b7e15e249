"""RNNoise in C, from the package pyrnnoise, for comparison.

`rnnoise.py SOURCE DESTINATION` passes a raw file (mono, 48 kHz, float32) through it, and prints the seconds that
this took, without the interpreter's start.
"""

import ctypes
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

HOP = 480
# RNNoise computes with floats in the range of 16-bit samples.
SCALE = 32_768


def library():
    """The path of the library, or None: the package has it only for some systems."""
    # Found without importing the package, because that needs packages which only its command uses.
    package = find_spec("pyrnnoise")
    path = Path(package.origin).with_name("librnnoise.so") if package else Path()
    return path if path.is_file() else None


def load():
    rnnoise = ctypes.CDLL(str(library()))
    state, samples = ctypes.c_void_p, ctypes.POINTER(ctypes.c_float)
    rnnoise.rnnoise_create.restype, rnnoise.rnnoise_create.argtypes = state, [state]
    # Arguments: one hop out, one hop in. Returns the probability of speech.
    rnnoise.rnnoise_process_frame.restype = ctypes.c_float
    rnnoise.rnnoise_process_frame.argtypes = [state, samples, samples]
    rnnoise.rnnoise_destroy.argtypes = [state]
    return rnnoise


def enhance(samples):
    """The result: the same number of samples, one hop late."""
    rnnoise = load()
    given = np.zeros(-(-len(samples) // HOP) * HOP, np.float32)
    given[: len(samples)] = SCALE * samples
    taken = np.zeros_like(given)
    state = rnnoise.rnnoise_create(None)
    for at in range(0, len(given), HOP):
        hops = (array[at:].ctypes.data_as(ctypes.POINTER(ctypes.c_float)) for array in (taken, given))
        rnnoise.rnnoise_process_frame(state, *hops)
    rnnoise.rnnoise_destroy(state)
    return taken[: len(samples)] / SCALE


def main():
    start = time.perf_counter()
    source, destination = sys.argv[1:]
    enhance(np.fromfile(source, "<f4")).astype("<f4").tofile(destination)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
