"""Makes the seeds of the fuzz targets: a small file of each kind, which the fuzzer mutates.

Run by `make fuzz-seeds`; needs ffmpeg. Other versions of ffmpeg write other bytes.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

FUZZ = Path(__file__).parent
ROOT = FUZZ.parent
sys.path.insert(0, str(ROOT / "tests" / "parity"))

from audio import noisy  # noqa: E402
from graphs import Graph  # noqa: E402
from test_operators import OPERATORS, ints  # noqa: E402

# The sample has loud speech there.
START, SECONDS = 60_000, 0.1

# Files to make with ffmpeg: name, rate, channels, options.
RECORDINGS = {
    "pcm-u8.wav": (8000, 1, "-c:a pcm_u8"),
    "pcm-s16.wav": (8000, 2, "-c:a pcm_s16le"),
    "pcm-s24-tags.wav": (8000, 1, "-c:a pcm_s24le -metadata title=Title -write_id3v2 1"),
    "pcm-f32-surround.wav": (8000, 6, "-t 0.02 -c:a pcm_f32le"),
    "pcm-rf64.wav": (8000, 1, "-c:a pcm_s16le -rf64 always"),
    "alaw.wav": (8000, 1, "-c:a pcm_alaw"),
    "mulaw.wav": (8000, 1, "-c:a pcm_mulaw"),
    "adpcm-ima.wav": (8000, 1, "-c:a adpcm_ima_wav"),
    "adpcm-ms.wav": (8000, 2, "-c:a adpcm_ms"),
    "pcm-s16.aiff": (8000, 1, "-c:a pcm_s16be"),
    "pcm-f32.aiff": (8000, 1, "-t 0.05 -c:a pcm_f32be"),
    "pcm-s24.caf": (8000, 1, "-t 0.05 -c:a pcm_s24le"),
    "alac.caf": (8000, 2, "-c:a alac"),
    "16.flac": (8000, 2, "-c:a flac -sample_fmt s16 -metadata title=Title -metadata_header_padding 16"),
    "24.flac": (8000, 1, "-t 0.05 -c:a flac -sample_fmt s32 -metadata_header_padding 16"),
    "flac.ogg": (8000, 1, "-c:a flac"),
    "vorbis.ogg": (8000, 1, "-c:a libvorbis"),
    "vorbis-surround.ogg": (8000, 6, "-t 0.05 -c:a libvorbis"),
    "speech.opus": (16000, 1, "-c:a libopus -b:a 12k -application voip"),
    "music.opus": (48000, 2, "-c:a libopus -b:a 48k"),
    "surround.opus": (48000, 6, "-c:a libopus -b:a 96k"),
    "mono.mp3": (16000, 1, "-c:a libmp3lame -b:a 24k -metadata title=Title"),
    "joint-stereo.mp3": (44100, 2, "-c:a libmp3lame -b:a 64k"),
    "layer-2.mp2": (16000, 1, "-c:a mp2 -b:a 32k"),
    "mono.aac": (8000, 1, "-c:a aac -b:a 16k"),
    "surround.aac": (16000, 6, "-c:a aac -b:a 64k"),
    "aac.m4a": (16000, 2, "-c:a aac -b:a 32k -metadata title=Title"),
    "aac-fragments.mp4": (8000, 1, "-c:a aac -b:a 16k -movflags frag_keyframe+empty_moov"),
    "alac.m4a": (8000, 2, "-c:a alac"),
    "opus.mp4": (48000, 1, "-c:a libopus -b:a 16k"),
    "pcm.mov": (8000, 1, "-c:a pcm_s16le"),
    "opus.webm": (48000, 1, "-c:a libopus -b:a 16k"),
    "vorbis.webm": (8000, 2, "-t 0.05 -c:a libvorbis"),
    # Matroska has no checksums that would stop the fuzzer.
    "vorbis-surround.mkv": (8000, 6, "-t 0.05 -c:a libvorbis"),
    "opus-surround.mkv": (48000, 6, "-c:a libopus -b:a 96k"),
    "aac.mkv": (16000, 1, "-c:a aac -b:a 16k"),
    "flac.mkv": (8000, 1, "-c:a flac"),
    "pcm.mkv": (8000, 1, "-c:a pcm_s16le"),
    "chapters.flac": (8000, 1, "-t 0.05 -c:a flac -metadata CHAPTER001=00:00:00.020 -metadata CHAPTER001NAME=One"),
    "chapters.ogg": (8000, 1, "-t 0.05 -c:a flac -metadata CHAPTER001=00:00:00.020 -metadata CHAPTER001NAME=One"),
}

VIDEO = "-f lavfi -i color=c=black:s=16x16:r=10 -c:v mpeg4 -map 0:a -map 1:v -shortest"
# With a second audio track, a track of time codes, and an edit list for reordered pictures.
FILM = "-map 0:a -map 1:v -bf 2 -c:a aac -b:a 16k -timecode 01:00:00:00 -metadata:s:v rotate=90"

CHAPTERS = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={start + 50}\ntitle={title}\n"
    for start, title in ((0, "One"), (50, "Two"))
)


def write(target, name, content):
    folder = FUZZ / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def recording(name, rate, channels, how, more=""):
    """A tenth of a second of speech, in all channels."""
    samples = noisy("audio_file_48k")[START : START + int(SECONDS * 48_000)]
    path = FUZZ / "seeds" / "decode" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", "48000", "-ac", "1", "-i", "-"]
    same = ["-fflags", "+bitexact", "-flags", "+bitexact", "-strict", "-2"]
    form = ["-ar", str(rate), "-ac", str(channels), *how.split(), *same]
    subprocess.run([*command, *more.split(), *form, path], input=samples.tobytes(), check=True)


def operator(make):
    """A waveform model with one operator. The operator takes a tensor of shape [2, 3, 4]."""
    graph = Graph()
    frame = graph.input(1, 24)
    output = make(graph, graph.op("RESHAPE", [frame, ints(graph, 2, 3, 4)], [2, 3, 4]))
    output = output[0] if isinstance(output, list) else output
    rank = len(graph.tensors[output].shape)
    total = graph.op(
        "SUM", [output, ints(graph, *range(rank))], [], options="ReducerOptions", keepDims=False
    )
    scaled = graph.op("MUL", [frame, total], [1, 24], options="MulOptions")
    return graph.file(scaled)


def linear(graph, frame):
    """A linear layer and element-wise functions, which become a product and a chain."""
    weights = graph.constant(np.linspace(-1, 1, 12 * 24, dtype=np.float32).reshape(12, 24))
    bias = graph.constant(np.linspace(0, 1, 12, dtype=np.float32))
    options = "FullyConnectedOptions"
    half = graph.op("FULLY_CONNECTED", [frame, weights, bias], [1, 12], options=options)
    bent = graph.op("MUL", [graph.op("TANH", [half], [1, 12]), half], [1, 12], options="MulOptions")
    return graph.op("CONCATENATION", [half, bent], [1, 24], options="ConcatenationOptions", axis=1)


def scaled(graph, frame):
    factors = graph.constant(np.linspace(-2, 2, 24, dtype=np.float32).reshape(1, 24))
    return graph.op("MUL", [frame, factors], [1, 24], options="MulOptions")


# Compiled networks: those of bare models, which take and return 24 samples.
COMPILED = {"linear": linear, "scaled": scaled, "logistic": lambda g, x: g.op("LOGISTIC", [x], [1, 24])}


def compiled(name, make):
    graph = Graph()
    file = graph.file(make(graph, graph.input(1, 24)))
    with NamedTemporaryFile(suffix=".tflite") as tflite:
        tflite.write(file)
        tflite.flush()
        seed = FUZZ / "seeds" / "model" / f"{name}.network"
        subprocess.run([ROOT / "target/debug/model-exporter", "compile", tflite.name, seed], check=True)


def main():
    for name, (rate, channels, how) in RECORDINGS.items():
        recording(name, rate, channels, how)
    recording("video.mp4", 8000, 1, "-c:a aac -b:a 16k", VIDEO)
    recording("film.mov", 8000, 1, FILM, VIDEO)
    fragments = "-c:a aac -b:a 16k -movflags frag_every_frame+empty_moov"
    recording("video-fragments.mp4", 8000, 1, fragments, VIDEO)
    recording("video.mkv", 8000, 1, "-c:a pcm_mulaw", VIDEO)
    recording("film-pcm.mov", 8000, 1, "-c:a pcm_s16le", VIDEO)
    with NamedTemporaryFile("w", suffix=".txt") as chapters:
        chapters.write(CHAPTERS)
        chapters.flush()
        chapters = f"-f ffmetadata -i {chapters.name} -map 0:a -map_chapters 1"
        recording("chapters.mp3", 16000, 1, "-c:a libmp3lame -b:a 24k", chapters)
        recording("chapters.m4a", 8000, 1, "-c:a aac -b:a 16k", chapters)
        recording("chapters.mka", 8000, 1, "-c:a pcm_mulaw", chapters)
    for name, make in OPERATORS.items():
        name = name.lower().replace(",", "").replace(" ", "-")
        write("model", f"{name}.tflite", operator(make))
    passthrough = "passthrough_model_lite.tflite"
    write("model", passthrough, (ROOT / "models" / passthrough).read_bytes())
    for name, make in COMPILED.items():
        compiled(name, make)
    for path in ROOT.glob("models/*/model.json"):
        write("description", f"{path.parent.name}.json", path.read_bytes())


if __name__ == "__main__":
    main()
