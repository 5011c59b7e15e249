#!/usr/bin/env python3
"""Makes the sample pairs of this folder: speech by espeak-ng, noise by noise.py, all seeds fixed.

make_samples.py [--out-dir FOLDER]              writes the four files (default: this folder)
make_samples.py --describe [--out-dir FOLDER]   prints the tables that README.md shows
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import noise
from measure import CONVERTER_STEP, NAMES, RATE, SAMPLE_TYPE, active_level, describe, file_names, from_db, rms
from speech import Sentence, SpeechError, babble, heard_in, room, talk

HERE = Path(__file__).resolve().parent
LENGTH = int(15.5 * RATE)
"""Samples of each file; no multiple of a model's frame, so that the last one is partial."""

LEAD_IN = 0.8
"""Seconds of noise alone before the first word."""

CLEAN_LEVEL_DB = -24.0
"""Active speech level over full scale: leaves room for clatter below a peak of 0.9."""

OFFICE_TALK = [
    Sentence("Good morning, and thank you for calling.", 165, 44, 0.45),
    Sentence("The meeting has moved to half past nine, in the small room next to the kitchen.", 172, 40, 0.55),
    Sentence("Please bring the report, and check the figures on page seven.", 168, 46, 0.5),
    Sentence("If the train is late again, just join us by phone.", 176, 41),
]

CAFE_TALK = [
    Sentence("Sorry, it's quite loud out here!", 182, 58, 0.35),
    Sentence("I've found us a table by the window, and I ordered two coffees.", 190, 52, 0.45),
    Sentence("Did you hear that Julia finished her thesis on Thursday?", 186, 60, 0.55),
    Sentence("We should celebrate, perhaps with a short trip to the seaside.", 180, 50, 0.4),
    Sentence("Which weekend would suit you best?", 184, 57),
]

TABLE_TALK = [
    Sentence("And then he simply left the keys on the counter and walked away.", 175, 50, 0.3),
    Sentence("No, I had the soup last time, it was much too salty.", 185, 42, 0.5),
    Sentence("They are going to close the bridge for the whole of August.", 170, 55, 0.2),
    Sentence("Could we have the bill, please, whenever you are ready?", 180, 60, 0.4),
    Sentence("My brother bought the blue one and he regrets it every day.", 190, 46, 0.3),
]
TABLE_VOICES = ["en-us", "en-gb+f2", "en-gb-scotland", "en-us+f4", "en-gb-x-rp+m3", "en-gb+f5", "en-us+m7"]


@dataclass(frozen=True)
class Pair:
    """Speech and noise of the same length; the noisy file is their sum."""

    clean: np.ndarray
    noise: np.ndarray


def office(n: int) -> Pair:
    """A man in a small office: air-conditioning, mains hum, somebody typing, a cup set down, the building's rumble."""
    rng = np.random.default_rng(20_240_601)
    space = room(rng, reverberation=0.25, direct_to_reverberant_db=9)
    typing = heard_in(space, noise.keyboard(rng, n) + 0.5 * noise.clatter(rng, n, [5.55, 10.4]))[:n]
    background = (
        noise.fan(rng, n)
        + from_db(-8) * noise.mains_hum(n)
        + from_db(-6) * noise.rumble(rng, n)
        + from_db(-5) * noise.unit(typing)
    )
    return pair(n, heard_in(space, talk("en-gb", OFFICE_TALK)), background, snr_db=8)


def cafe(n: int) -> Pair:
    """A woman outside a café: guests talking, crockery, two cars going by, gusts of wind at the microphone."""
    rng = np.random.default_rng(20_240_602)
    space = room(rng, reverberation=0.15, direct_to_reverberant_db=12)
    background = (
        babble(rng, n, TABLE_VOICES, TABLE_TALK)
        + from_db(-1) * noise.passing_cars(rng, n, [3.4, 10.1])
        + from_db(-3) * noise.wind(rng, n)
        + from_db(-10) * heard_in(space, noise.clatter(rng, n, [1.9, 6.2, 8.8]))[:n]
    )
    return pair(n, heard_in(space, talk("en-us+f3", CAFE_TALK)), background, snr_db=5)


def pair(n: int, speech: np.ndarray, background: np.ndarray, snr_db: float) -> Pair:
    """Starts the speech after the lead-in, sets its active level, and the noise `snr_db` below it."""
    lead_in = int(LEAD_IN * RATE)
    if lead_in + len(speech) > n:
        raise SpeechError(
            f"the speech with its lead-in lasts {(lead_in + len(speech)) / RATE:.2f} s, "
            f"but the file only {n / RATE:.2f} s: shorten the sentences or lengthen the file"
        )
    clean = np.pad(speech, (lead_in, n - lead_in - len(speech)))
    level = from_db(CLEAN_LEVEL_DB)
    return Pair(clean * level / active_level(clean), noise.unit(background) * level * from_db(-snr_db))


def write_pair(folder: Path, name: str, made: Pair) -> None:
    clean = converted(made.clean)
    noisy = clean + converted(made.noise)
    for file, samples in zip(file_names(name), (noisy, clean)):
        # Renamed when whole, so that a full disk or an interruption leaves no half a file.
        part = folder / f"{file}.part"
        try:
            samples.tofile(part)
            os.replace(part, folder / file)
        finally:
            part.unlink(missing_ok=True)


def converted(signal: np.ndarray) -> np.ndarray:
    """The signal in steps of a 24-bit converter: float32 adds these without rounding, and the last bits of the
    processor's own arithmetic, which differ from one to the next, do not reach the files."""
    steps = np.round(signal / CONVERTER_STEP) + 0.0  # no negative zero: its sign would be such a last bit
    return (steps * CONVERTER_STEP).astype(SAMPLE_TYPE)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Makes or describes the sample pairs.")
    parser.add_argument("--describe", action="store_true", help="print the README's tables instead of making the files")
    parser.add_argument("--out-dir", type=Path, default=HERE, help="folder of the files (default: the script's own)")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.describe:
        print(describe(options.out_dir))
        return
    options.out_dir.mkdir(parents=True, exist_ok=True)
    office_name, cafe_name = NAMES
    write_pair(options.out_dir, office_name, office(LENGTH))
    write_pair(options.out_dir, cafe_name, cafe(LENGTH))


if __name__ == "__main__":
    try:
        main()
    except (SpeechError, OSError) as error:
        sys.exit(f"make_samples.py: {error}")
