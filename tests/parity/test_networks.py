"""The networks in models/ compute what their published ONNX files compute.

The published files run in onnxruntime; ours run in LiteRT and in tract, as the core runs them,
step by step with states carried.
"""

import atexit
import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import gtcrn
import numpy as np
import onnxruntime
import pytest
from networks import (
    Part,
    description,
    named,
    run_in_core,
    run_in_litert,
    run_in_tract,
    state_pairs,
)
from paths import BUILT, MODELS, ROOT, WEIGHTS

STEPS = 100
TOLERANCE = 1e-4
# The lsnr is 50 dB times a sigmoid; every other output is of the order of 1.
UNITS = {"lsnr": 50}
NETWORKS = ["deepfilternet3", "dtln", "gtcrn"]
# Models with weights rounded by us. Imported models keep their published weights.
ROUNDED = ["deepfilternet3", "dtln"]
DESCRIPTIONS = ROOT / "crates" / "model-exporter" / "descriptions"


def published(model, file):
    return onnxruntime.InferenceSession(WEIGHTS / model / file, providers=["CPUExecutionProvider"])


def export(model, destination, *options):
    command = [BUILT / "model-exporter", model, "--destination", destination, *options]
    if model == "gtcrn":
        command = [BUILT / "model-exporter", "import", "--onnx", WEIGHTS / model / "gtcrn_simple.onnx"]
        command += ["--description", DESCRIPTIONS / "gtcrn.json", destination]
    subprocess.run(command, cwd=ROOT, check=True)
    return destination


@cache
def as_published(model):
    """A folder with the weights of a model in float32, as they were published."""
    folder = Path(tempfile.mkdtemp(prefix="enhancer-"))
    atexit.register(shutil.rmtree, folder)
    return export(model, folder / model, "--float32")


def random_steps(part, lanes=1):
    """Positive inputs, like magnitudes."""
    random = np.random.default_rng(7)
    shapes = {tensor["role"]: tensor["shape"][1:] for tensor in named(part["inputs"])}
    return [
        {
            role: np.abs(random.standard_normal([lanes, *shape], dtype=np.float32))
            for role, shape in shapes.items()
        }
        for _ in range(STEPS)
    ]


def assert_close(what, found, expected, unit=1):
    assert found.shape == expected.shape
    difference = np.abs(found - expected).max()
    largest = np.abs(expected).max()
    print(f"{what}: largest difference {difference:.1e}, in values up to {largest:.3g}")
    assert difference <= TOLERANCE * unit


def deepfilternet3_published(erb, spec):
    """Gains [step, 32], coefficients [step, 96, 10] and lsnr [step], over the whole sequence."""
    outputs = ["e0", "e1", "e2", "e3", "emb", "c0", "lsnr"]
    given = {"feat_erb": erb[None, None], "feat_spec": spec.transpose(2, 0, 1)[None]}
    encoded = published("deepfilternet3", "enc.onnx").run(outputs, given)
    encoded = dict(zip(outputs, encoded))
    given = {name: encoded[name] for name in ["emb", "e3", "e2", "e1", "e0"]}
    [gains] = published("deepfilternet3", "erb_dec.onnx").run(["m"], given)
    given = {name: encoded[name] for name in ["emb", "c0"]}
    [coefficients] = published("deepfilternet3", "df_dec.onnx").run(["coefs"], given)
    lsnr = encoded["lsnr"][0, :, 0]
    return {"gains": gains[0, 0], "coefficients": coefficients[0], "lsnr": lsnr}


def assert_runtimes_agree(model, index, steps, expected):
    """Compares our file in LiteRT and tract with the published one. `expected` is by role."""
    runtimes = {"LiteRT": run_in_litert, "tract": run_in_tract}
    folder = as_published(model)
    found = {name: run(folder, index, steps) for name, run in runtimes.items()}
    for role, values in expected.items():
        litert, tract = (found[name][role].reshape(values.shape) for name in runtimes)
        unit = UNITS.get(role, 1)
        assert_close(f"{model} {role}: LiteRT and the published file", litert, values, unit)
        assert_close(f"{model} {role}: tract and the published file", tract, values, unit)
        assert_close(f"{model} {role}: LiteRT and tract", litert, tract, unit)


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_deepfilternet3_equals_the_published_parts(scale):
    random = np.random.default_rng(3)
    erb = scale * random.standard_normal((STEPS, 32), dtype=np.float32)
    spec = scale * random.standard_normal((STEPS, 96, 2), dtype=np.float32)
    steps = [
        {"erb_features": erb[i : i + 1], "complex_features": spec[i : i + 1]} for i in range(STEPS)
    ]
    expected = deepfilternet3_published(erb, spec)
    assert_runtimes_agree("deepfilternet3", 0, steps, expected)


DTLN_STAGES = [
    # part, file, its input, our role of the input and of the output, length
    (0, "model_1.onnx", "input_2", "magnitude", "mask", 257),
    (1, "model_2.onnx", "input_4", "block", "block", 512),
]


@pytest.mark.parametrize("index, file, name, given, taken, length", DTLN_STAGES)
@pytest.mark.parametrize("scale", [0.01, 0.3, 3.0])
def test_dtln_equals_the_published_stages(index, file, name, given, taken, length, scale):
    random = np.random.default_rng(5)
    inputs = scale * random.standard_normal((STEPS, 1, 1, length), dtype=np.float32)
    if given == "magnitude":
        inputs = np.abs(inputs)
    session = published("dtln", file)
    state_name = session.get_inputs()[1].name
    state = np.zeros((1, 2, 128, 2), np.float32)
    expected = []
    for x in inputs:
        output, state = session.run(None, {name: x, state_name: state})
        expected.append(output)
    steps = [{given: x} for x in inputs]
    assert_runtimes_agree("dtln", index, steps, {taken: np.array(expected)})


@pytest.mark.parametrize("scale", [0.01, 0.3, 3.0])
def test_gtcrn_equals_the_published_file(scale):
    random = np.random.default_rng(11)
    network = gtcrn.Network()
    shape = (STEPS, 1, 257, 2)
    spectra = scale * random.standard_normal(shape, dtype=np.float32)
    expected = [network.step(x[:, :, None])[:, :, 0] for x in spectra]
    steps = [{"spectrum": x} for x in spectra]
    assert_runtimes_agree("gtcrn", 0, steps, {"spectrum": np.array(expected)})


@pytest.mark.parametrize("model", NETWORKS)
def test_states_matter(model):
    """A second step on the same input must differ, or else the tests would not test states."""
    part = Part(MODELS / model)
    given = {
        tensor["role"]: np.full(tensor["shape"], 0.5, np.float32)
        for tensor in named(part.inputs)
    }
    first, second = part.step(**given), part.step(**given)
    assert any(np.abs(first[role] - second[role]).max() > 1e-3 for role in first)


def assert_core_agrees(model, part, lanes, steps, expected):
    """Runs the file in the core, which makes the lanes by itself."""
    given = b"".join(step[role].tobytes() for step in steps for role in step)
    found = run_in_core(as_published(model) / part["file"], given, state_pairs(part), lanes)
    found = np.frombuffer(found, "<f4").reshape(len(steps), -1)
    units = [(role, UNITS.get(role, 1)) for role in expected[0]]
    in_units = [[s[role].ravel() / unit for role, unit in units] for s in expected]
    expected_flat = np.array([np.concatenate(values) for values in in_units])
    scale = np.concatenate([np.full(expected[0][role].size, unit) for role, unit in units])
    assert_close(f"{part['file']}: {lanes} lanes in LiteRT and tract", found / scale, expected_flat)


@pytest.mark.parametrize("model", NETWORKS)
def test_lanes_do_not_mix(model):
    """Four lanes at once give the results of each lane alone."""
    lanes, folder = 4, as_published(model)
    for index, part in enumerate(description(folder)["parts"]):
        steps = random_steps(part, lanes)
        together = Part(folder, index, lanes)
        found = [together.step(**step) for step in steps]
        assert_core_agrees(model, part, lanes, steps, found)
        for lane in range(lanes):
            alone = [{role: x[lane : lane + 1] for role, x in step.items()} for step in steps]
            for role, expected in run_in_litert(folder, index, alone).items():
                values = np.array([step[role][lane : lane + 1] for step in found])
                unit = UNITS.get(role, 1)
                assert_close(f"{part['file']} {role}: lane {lane}", values, expected, unit)


@pytest.mark.parametrize("model", NETWORKS)
def test_description_agrees_with_the_file(model):
    for index, part in enumerate(description(MODELS / model)["parts"]):
        bytes_ = (MODELS / model / part["file"]).read_bytes()
        assert hashlib.sha256(bytes_).hexdigest() == part["sha256"]
        interpreter = Part(MODELS / model, index).interpreter
        for tensors, details in [
            (part["inputs"], interpreter.get_input_details()),
            (part["outputs"], interpreter.get_output_details()),
        ]:
            assert [t["index"] for t in tensors] == list(range(len(details)))
            assert [t["shape"] for t in tensors] == [d["shape"].tolist() for d in details]


@pytest.mark.parametrize("model", NETWORKS)
def test_committed_files_are_those_that_the_exporter_makes(model, tmp_path):
    made, committed = export(model, tmp_path / model), MODELS / model
    names = sorted(file.name for file in committed.iterdir())
    assert sorted(file.name for file in made.iterdir()) == names
    for name in names:
        assert (made / name).read_bytes() == (committed / name).read_bytes(), name


@pytest.mark.parametrize("model", NETWORKS)
def test_committed_files_run_alike_in_litert_and_tract(model):
    for index, part in enumerate(description(MODELS / model)["parts"]):
        steps = random_steps(part)
        expected = run_in_litert(MODELS / model, index, steps)
        for role, found in run_in_tract(MODELS / model, index, steps).items():
            unit = UNITS.get(role, 1)
            assert_close(f"{part['file']} {role}: LiteRT and tract", found, expected[role], unit)


@pytest.mark.parametrize("model", ROUNDED)
def test_float16_weights_halve_the_size_and_change_little(model):
    committed, published_ = MODELS / model, as_published(model)
    for index, part in enumerate(description(committed)["parts"]):
        file = part["file"]
        lengths = [(folder / file).stat().st_size for folder in (committed, published_)]
        assert lengths[0] < 0.52 * lengths[1]
        steps = random_steps(part)
        expected = run_in_litert(published_, index, steps)
        for role, found in run_in_litert(committed, index, steps).items():
            error = found - expected[role]
            snr = 10 * np.log10((expected[role] ** 2).sum() / (error**2).sum())
            print(f"{file} {role}: largest difference {np.abs(error).max():.1e}, {snr:.1f} dB")
            assert 40 < snr < 100, "at least 40 dB, and rounded at all"
