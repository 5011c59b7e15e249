"""The networks in models/ compute what their published ONNX files compute.

The published files run in onnxruntime; ours run in LiteRT, step by step with states carried. That
our files mean the same to the core's runtime is checked whenever one is written, by the exporter.
"""

import hashlib
import subprocess

import numpy as np
import onnxruntime
import pytest
from networks import ROOT, WEIGHTS, Part, description

STEPS = 100
TOLERANCE = 1e-4
MODELS = ["deepfilternet3", "dtln"]


def published(model, file):
    return onnxruntime.InferenceSession(WEIGHTS / model / file, providers=["CPUExecutionProvider"])


def assert_close(what, found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    difference = np.abs(found - expected).max()
    print(f"{what}: largest difference {difference:.1e}, in values up to {np.abs(expected).max():.3g}")
    assert difference <= TOLERANCE


def deepfilternet3_published(erb, spec):
    """Gains [step, 32], coefficients [step, 96, 10] and lsnr [step] for whole sequences."""
    outputs = ["e0", "e1", "e2", "e3", "emb", "c0", "lsnr"]
    given = {"feat_erb": erb[None, None], "feat_spec": spec.transpose(2, 0, 1)[None]}
    encoded = published("deepfilternet3", "enc.onnx").run(outputs, given)
    encoded = dict(zip(outputs, encoded))
    given = {name: encoded[name] for name in ["emb", "e3", "e2", "e1", "e0"]}
    [gains] = published("deepfilternet3", "erb_dec.onnx").run(["m"], given)
    given = {name: encoded[name] for name in ["emb", "c0"]}
    [coefficients] = published("deepfilternet3", "df_dec.onnx").run(["coefs"], given)
    return gains[0, 0], coefficients[0], encoded["lsnr"][0, :, 0]


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_deepfilternet3_equals_the_published_parts(scale):
    random = np.random.default_rng(3)
    erb = scale * random.standard_normal((STEPS, 32), dtype=np.float32)
    spec = scale * random.standard_normal((STEPS, 96, 2), dtype=np.float32)
    expected = deepfilternet3_published(erb, spec)

    part = Part("deepfilternet3")
    steps = [
        part.step(erb_features=erb[i : i + 1], complex_features=spec[i : i + 1])
        for i in range(STEPS)
    ]
    roles = ["gains", "coefficients", "lsnr"]
    for role, expected in zip(roles, expected):
        found = np.concatenate([step[role] for step in steps])
        assert_close(f"deepfilternet3 {role}", found.reshape(expected.shape), expected)


DTLN_STAGES = [
    # index, file, its input, our role of the input and of the output, shape of the input
    (0, "model_1.onnx", "input_2", "magnitude", "mask", (1, 1, 257)),
    (1, "model_2.onnx", "input_4", "block", "block", (1, 1, 512)),
]


@pytest.mark.parametrize("index, file, name, given, taken, shape", DTLN_STAGES)
@pytest.mark.parametrize("scale", [0.01, 0.3, 3.0])
def test_dtln_equals_the_published_stages(index, file, name, given, taken, shape, scale):
    random = np.random.default_rng(5)
    session, part = published("dtln", file), Part("dtln", index)
    state_name = session.get_inputs()[1].name
    state = np.zeros((1, 2, 128, 2), np.float32)
    found, expected = [], []
    for _ in range(STEPS):
        x = scale * np.abs(random.standard_normal(shape, dtype=np.float32))
        output, state = session.run(None, {name: x, state_name: state})
        expected.append(output)
        found.append(part.step(**{given: x})[taken])
    assert_close(f"dtln {taken}", found, expected)
    assert_close(f"dtln states of {taken}", part.states["states"], state)


@pytest.mark.parametrize("model", MODELS)
def test_states_matter(model):
    """A second step on the same input must differ: else carrying states was not tested."""
    part = Part(model)
    given = {
        tensor["role"]: np.full(tensor["shape"], 0.5, np.float32)
        for tensor in part.inputs
        if tensor["role"] != "state"
    }
    first, second = part.step(**given), part.step(**given)
    assert any(np.abs(first[role] - second[role]).max() > 1e-3 for role in first)


@pytest.mark.parametrize("model", MODELS)
def test_description_tells_the_file(model):
    for index, part in enumerate(description(model)["parts"]):
        bytes_ = (ROOT / "models" / model / part["file"]).read_bytes()
        assert hashlib.sha256(bytes_).hexdigest() == part["sha256"]
        interpreter = Part(model, index).interpreter
        for tensors, details in [
            (part["inputs"], interpreter.get_input_details()),
            (part["outputs"], interpreter.get_output_details()),
        ]:
            assert [t["index"] for t in tensors] == list(range(len(details)))
            assert [t["shape"] for t in tensors] == [d["shape"].tolist() for d in details]


@pytest.mark.parametrize("model", MODELS)
def test_committed_files_are_those_that_the_exporter_makes(model, tmp_path):
    made, committed = tmp_path / model, ROOT / "models" / model
    command = ["cargo", "run", "--quiet", "--locked", "-p", "model-exporter", "--", model]
    subprocess.run([*command, "--destination", made], cwd=ROOT, check=True)
    names = sorted(file.name for file in committed.iterdir())
    assert sorted(file.name for file in made.iterdir()) == names
    for name in names:
        assert (made / name).read_bytes() == (committed / name).read_bytes(), name
