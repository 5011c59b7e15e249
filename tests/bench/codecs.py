"""Prints how long decoding takes: one minute of 48 kHz stereo in every format of docs/formats.md,
by the command line and by ffmpeg; and how long encoding one minute of 48 kHz mono takes, also as a part of
enhancing it with DeepFilterNet 3.

Both are whole processes, and their processor time counts. The time for the same minute as raw samples
is subtracted, so that only the decoder remains; the model returns its input. Fails if a decoder or an
encoder takes more than its bar.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))

import numpy as np  # noqa: E402
import zoo  # noqa: E402
from audio import RATE, one_minute  # noqa: E402
from formats import FORMATS, Format  # noqa: E402
from paths import MODELS, ROOT  # noqa: E402

CHANNELS = 2
# The bar in percent of real time for each channel.
BAR = 5
# The bar for encoding, as a multiple of ffmpeg's time. A share of enhancing would be missed by faster
# enhancing.
ENCODING_BAR = 1.5
# The smallest difference that can be measured, in percent: the start and end of processes vary this
# much.
LEAST = 0.1


def opus(name, *arguments):
    return Format(name, "Ogg", "Opus", "opus", ("-c:a", "libopus", *arguments))


# Bit rate and frame length select these modes: SILK, hybrid, CELT.
OPUS = [
    opus("opus, 12 kbit/s", "-b:a", "12k", "-application", "voip"),
    opus("opus, 24 kbit/s", "-b:a", "24k"),
    opus("opus, 64 kbit/s", "-b:a", "64k"),
    opus("opus, 64 kbit/s, 2.5 ms", "-b:a", "64k", "-frame_duration", "2.5"),
    opus("opus, 64 kbit/s, 60 ms", "-b:a", "64k", "-frame_duration", "60"),
    opus("opus, 256 kbit/s", "-b:a", "256k"),
]

# The formats of results, their bit rates in kbit/s, and ffmpeg's encoder for each.
ENCODED = [("mp3", (64, 128), "libmp3lame"), ("m4a", (64, 128), "aac"), ("opus", (16, 64, 128), "libopus")]

RAW = ["-f", "f32le", "-ar", RATE, "-ac", CHANNELS]
MONO = ["-f", "f32le", "-ar", RATE, "-ac", 1]


def formats():
    """The formats with one codec in one container, without those that differ only in the file's header."""
    usual = [form for form in FORMATS if form.codec != "Opus" and not form.patch]
    return [*usual, *OPUS]


def specimen(form, raw, folder):
    path = folder / f"{form.name.replace('/', ' ')}.{form.extension}"
    zoo.ffmpeg(*RAW, "-i", raw, "-strict", "-2", *form.arguments, path)
    return path


def ours(enhancer, source, folder, *options):
    command = [enhancer, "enhance-file", "--force", "--num-workers", "1"]
    command += ["--model-path", MODELS / "passthrough_model_lite.tflite", *options]
    form = ["--destination-format", "f32le"]
    return [*command, "--source-file", source, *form, "--destination-file", folder / "result.raw"]


def theirs(source, folder, *options):
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", "1", *options, "-i", source]
    return [*command, "-map", "0:a:0", "-f", "f32le", folder / "result.raw"]


def seconds(command, runs):
    """The smallest processor time of several runs."""
    taken = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def measure(enhancer, runs):
    """A row for each format: its name, our percentage and that of ffmpeg."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw, minute = folder / "source.raw", one_minute()
        np.stack([minute, np.roll(minute, RATE)], axis=1).astype("<f4").tofile(raw)
        form = ["--source-format", "f32le", "--source-sample-rate", RATE]
        form += ["--source-channels", CHANNELS]
        # The first run fills the machine's caches, and does not count.
        subprocess.run([str(word) for word in theirs(raw, folder, *RAW)], check=True)
        seconds(ours(enhancer, raw, folder, *form), 1)
        idle = seconds(ours(enhancer, raw, folder, *form), runs)
        their_idle = seconds(theirs(raw, folder, *RAW), runs)
        percent = 100 / (len(minute) / RATE) / CHANNELS
        for form in formats():
            source = specimen(form, raw, folder)
            our = seconds(ours(enhancer, source, folder), runs) - idle
            their = seconds(theirs(source, folder), runs) - their_idle
            yield form, our * percent, their * percent
            source.unlink()


def encoding(enhancer, runs):
    """A row for each kind of result: its name, our processor time for a second of audio, that of ffmpeg,
and our share of enhancing in percent."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, minute = folder / "source.raw", one_minute()
        minute.astype("<f4").tofile(source)

        def command(result, *options):
            return [enhancer, source, "-o", folder / result, "-y", "--num-workers", "1", *options]

        def per_second(command):
            return seconds(command, runs) / (len(minute) / RATE)

        passed = ["--model", MODELS / "passthrough_model_lite.tflite"]
        per_second(command("result.raw", *passed))
        idle = per_second(command("result.raw", *passed))
        enhancing = per_second(command("result.raw")) - idle
        their_idle = per_second(["ffmpeg", "-v", "error", "-y", *MONO, "-i", source, *MONO, folder / "a.raw"])
        for extension, rates, codec in ENCODED:
            for kilobits in rates:
                ours = command(f"result.{extension}", *passed, "--bitrate", str(kilobits))
                theirs = ["ffmpeg", "-v", "error", "-nostdin", "-y", *MONO, "-i", source]
                theirs += ["-c:a", codec, "-b:a", f"{kilobits}k", folder / f"theirs.{extension}"]
                our = per_second(ours) - idle
                yield f"{extension}, {kilobits} kbit/s", our, per_second(theirs) - their_idle, 100 * our / enhancing


def shown(percent):
    return f"{percent:.1f}" if percent >= LEAST else f"< {LEAST}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0] + ".")
    parser.add_argument("--runs", type=int, default=3, help="of each (default: %(default)s)")
    release = ROOT / "target" / "release" / "enhancer"
    parser.add_argument("--enhancer", type=Path, default=release, help="default: %(default)s")
    arguments = parser.parse_args()
    print("| | container | enhancer, % of real time | ffmpeg, % of real time | ratio |")
    print("|---|---|--:|--:|--:|")
    slow = []
    for form, our, their in measure(arguments.enhancer, arguments.runs):
        ratio = f"{our / their:.1f}" if min(our, their) >= LEAST else ""
        name = form.name if form in OPUS else f"{form.codec} ({form.name})"
        row = [name, form.container, shown(our), shown(their), ratio]
        print(f"| {' | '.join(row)} |", flush=True)
        slow += [name] if our > BAR else []
    print("\n| result | enhancer, ms for a second | ffmpeg, ms for a second | % of enhancing |")
    print("|---|--:|--:|--:|")
    costly = []
    for name, our, their, percent in encoding(arguments.enhancer, arguments.runs):
        print(f"| {name} | {1000 * our:.1f} | {1000 * their:.1f} | {percent:.0f} |", flush=True)
        costly += [name] if our > ENCODING_BAR * their else []
    if slow:
        sys.exit(f"slower than {BAR} % of real time per channel: {', '.join(slow)}")
    if costly:
        sys.exit(f"encoding takes more than {ENCODING_BAR} times ffmpeg's time: {', '.join(costly)}")


if __name__ == "__main__":
    main()
