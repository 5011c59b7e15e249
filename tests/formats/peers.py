"""Compares results that are compressed with loss with those of ffmpeg's encoders."""

import enhancer
import figures
import numpy as np
import reference
import zoo
from paths import SAMPLES

# Stops at the first fault.
STRICTLY = ("-xerror", "-err_detect", "explode")


def speech(name):
    """A sample of the repository, or, with `.enhanced` after its name, the result of DeepFilterNet 3."""
    noisy = SAMPLES / f"{name.removesuffix('.enhanced')}.raw"
    if not name.endswith(".enhanced"):
        return noisy

    def enhance(part):
        enhancer.enhance(noisy, part, "--model", "deepfilternet3", model=False).succeeded()

    return zoo.once(zoo.kept("raw", name, "deepfilternet3"), enhance)


def scores(name, kilobits, extension, encoder, folder, *, tail=0):
    """PESQ-WB of a sample at this bit rate, written by us and by ffmpeg's encoder. Our file must not
    be larger. `tail` is how many samples ffmpeg may decode beyond the length of the source."""
    source = speech(name)
    ours, theirs = folder / f"ours.{extension}", folder / f"theirs.{extension}"
    enhancer.enhance(source, ours, "--bitrate", str(kilobits)).succeeded()
    raw = ["-f", "f32le", "-ar", 48_000, "-ac", 1, "-i", source]
    zoo.ffmpeg(*raw, "-c:a", encoder, "-b:a", f"{kilobits}k", theirs)
    assert ours.stat().st_size < 1.1 * theirs.stat().st_size
    samples = np.fromfile(source, "<f4")
    decoded = [reference.decode(path, 1, *STRICTLY)[:, 0] for path in (ours, theirs)]
    assert all(len(samples) <= len(one) <= len(samples) + tail for one in decoded)
    found = [figures.pesq_wb(samples, one[: len(samples)], 48_000) for one in decoded]
    print(name, kilobits, found)
    return found
