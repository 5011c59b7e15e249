"""Samples that a result cannot hold, and samples that are not numbers."""

import struct

import enhancer
import numpy as np
import pytest
from test_lengths import codes, decoded
from test_presentation import theirs

RATE = 48_000


def float_wav(samples):
    samples = np.asarray(samples, "<f4").tobytes()
    chunks = b"fmt " + struct.pack("<IHHIIHH", 16, 3, 1, RATE, 4 * RATE, 4, 32)
    chunks += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def hot():
    tone = np.sin(np.arange(2 * RATE) * 0.05).astype("<f4") * 0.5
    tone[RATE : RATE + 4800] *= 8
    return tone


@pytest.mark.parametrize("destination", ["out.wav", "out.flac", "out.raw"])
@pytest.mark.parametrize("form", ["s16le", "s24le"])
def test_clipped_samples_are_counted(destination, form, tmp_path):
    source = tmp_path / "source.wav"
    source.write_bytes(float_wav(hot()))
    run = enhancer.enhance(source, tmp_path / destination, "--destination-format", form)
    (warning,) = run.succeeded()["warnings"]
    assert warning["code"] == "clipped"
    assert warning["text"].startswith(f"{(np.abs(hot()) > 1).sum()} samples are above full scale")
    assert "12.0 dB" in warning["text"] and "from 1.00 s" in warning["text"]
    assert "loudness" in warning["text"] and "f32le" in warning["text"]
    said = enhancer.enhance(source, tmp_path / destination, "--destination-format", form, json_line=False).said
    assert warning["text"] in said


def test_samples_that_fit_are_not_clipped(tmp_path):
    source = tmp_path / "source.wav"
    source.write_bytes(float_wav(hot()))
    run = enhancer.enhance(source, tmp_path / "out.wav")
    assert run.succeeded()["warnings"] == []
    np.testing.assert_array_equal(theirs(tmp_path / "out.wav"), hot())
    options = ["--loudness", -16, "--destination-format", "s16le"]
    run = enhancer.enhance(source, tmp_path / "out.wav", *options)
    assert "clipped" not in codes(run.succeeded())
    source.write_bytes(float_wav(np.sign(hot())))
    run = enhancer.enhance(source, tmp_path / "out.wav", "--destination-format", "s16le")
    assert run.succeeded()["warnings"] == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_not_a_number_becomes_silence(value, tmp_path):
    samples = hot() / 8
    samples[[RATE // 2, RATE]] = value
    result, report = decoded(float_wav(samples), "wav", tmp_path, "--strict")
    expected = np.where(np.isfinite(samples), samples, 0)
    np.testing.assert_array_equal(result[:, 0], expected)
    (warning,) = report["warnings"]
    assert warning["code"] == "not_finite"
    assert warning["text"].startswith("2 samples") and "from 0.50 s" in warning["text"]


def sized(samples, declared, behind=b""):
    content = bytearray(float_wav(samples))
    struct.pack_into("<I", content, 4, declared + 36)
    struct.pack_into("<I", content, 40, declared)
    return bytes(content) + behind


def test_a_wav_file_with_more_than_it_declares_is_read_to_its_end(tmp_path):
    samples = hot() / 8
    for declared in (len(samples) * 2, 4004, 4006):
        result, report = decoded(sized(samples, declared), "wav", tmp_path, "--strict")
        np.testing.assert_array_equal(result[:, 0], samples)
        (warning,) = report["warnings"]
        assert warning["code"] == "length_differs"
        assert f"declares {declared / 4 / RATE:.2f} s" in warning["text"]
        assert "has 2.00 s" in warning["text"]


def test_chunks_and_small_rests_after_the_samples_are_not_samples(tmp_path):
    samples = hot() / 8
    size = 4 * len(samples)
    for behind, warnings in (
        (b"own " + struct.pack("<I", 8000) + bytes(8000), ["chunks_lost"]),
        (b"LIST" + struct.pack("<I", 99_999) + bytes(8000), []),
        (b"TAG" + bytes(125), []),
        (b"\x01\x02" * 500, []),
    ):
        result, report = decoded(sized(samples, size, behind), "wav", tmp_path, "--strict")
        assert len(result) == len(samples) and codes(report) == warnings
