"""Videos with a flash and a click, which show whether the sound is in step with the picture."""

from functools import cache

import numpy as np
import zoo
from video import H264, RATE, packets, probe

# Seconds of a flash and of a click, in pictures of 40 ms.
AT = 1.2


@cache
def staged():
    """A flash and a click at the same time."""
    flash = f"color=black:s=64x64:r=25:d=3,drawbox=c=white:t=fill:enable='between(t,{AT},{AT + 0.01})'"
    click = f"aevalsrc='eq(n,{int(AT * RATE)})*0.9':s={RATE}:d=3"
    inputs = ["-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", click]
    how = [*inputs, *H264, "-g", 10, "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"]
    return zoo.once(zoo.kept("mov", *how), lambda part: zoo.ffmpeg(*how, part))


def distance(path):
    """Samples from the flash to the click."""
    # The start of each is that of its track in the movie.
    sound = np.frombuffer(
        zoo.ffmpeg("-copyts", "-i", path, "-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"), "<f4"
    )
    scale = ["-vf", "scale=1:1,format=gray", "-fps_mode", "passthrough", "-copyts", "-f", "rawvideo"]
    grey = np.frombuffer(zoo.ffmpeg("-i", path, *scale, "-"), "u1")
    found = probe(path)
    times = sorted(int(packet[0]) for packet in packets(found, 0))
    times = [time for time in times if time >= 0]
    base = found["streams"][0]["time_base"].split("/")
    assert len(times) >= len(grey)
    flash = times[len(times) - len(grey) + grey.argmax()] * int(base[0]) / int(base[1])
    return int(np.abs(sound).argmax()) - round(flash * RATE)


# How many samples the click is later than the flash, and the ffmpeg options for it.
LATE, COPY = 33_600, ["-c", "copy"]
APART = ["-map", "0:v", "-map", "1:a"]
STAGES = {
    "as it is": (0, ["-i", "{}", *COPY]),
    # The cut begins with a picture that needs earlier ones. An edit list leaves these out.
    "a cut": (0, ["-ss", 0.48, "-i", "{}", *COPY]),
    "late sound": (LATE, ["-i", "{}", "-itsoffset", 0.7, "-i", "{}", *APART, *COPY]),
    "late picture": (-LATE, ["-itsoffset", 0.7, "-i", "{}", "-i", "{}", *APART, *COPY]),
    "both late": (0, ["-itsoffset", 0.7, "-i", "{}", *COPY]),
}
