"""`model-exporter import`: models that cannot be imported, the description, and the page on models."""

import json
import os
import re
import subprocess

import numpy as np
import pytest
from import_cases import Case, imported, random, simple, with_constants
from paths import BUILT, MODELS, ROOT

REFUSED = {
    "Erf": (simple("Erf", (2, 3)), "not one of those that can be imported"),
    "Pow": (with_constants("Pow", (2, 3), np.float32(2.5)), "the exponent 2.5"),
    "PRelu": (simple("PRelu", (2, 3), (3,)), "its input 1 is computed"),
    "Conv": (simple("Conv", (1, 2, 3, 4), (2, 2, 1, 1)), "its input 1 is computed"),
    "MatMul": (with_constants("MatMul", (3, 4), random(4)), "a factor of one dimension"),
    "Softmax": (simple("Softmax", (2, 3, 4), opset=11, axis=1), "a softmax over several axes"),
    "Cast": (simple("Cast", (2, 3), to=7), "a cast to something other than float32"),
    "GRU": (
        with_constants("GRU", (2, 1, 3), random(1, 12, 3), random(1, 12, 4), layout=1),
        "a layout with the batch in front",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_imported_is_named(kind, tmp_path):
    (opset, make), reason = REFUSED[kind]
    case = Case(opset)
    case.files(tmp_path, make(case))
    ended = imported(tmp_path)
    assert ended.returncode == 1
    message = f"error: the operator {kind} of the node `{kind.lower()}_"
    assert ended.stderr.startswith(message) and "` cannot be imported: " in ended.stderr
    assert reason in ended.stderr, ended.stderr
    assert not (tmp_path / "case").exists()


def changed(path, **fields):
    described = json.loads(path.read_text())
    path.write_text(json.dumps({**described, **fields}))


@pytest.mark.parametrize(
    "fields, reason",
    [
        ({"novelty": 1}, "unknown field `novelty`"),
        ({"inputs": []}, 'at inputs: 0 have the role "spectrum", expected 1'),
        ({"inputs": [{"name": "x", "role": "spectrum"}]}, "the file has no input `x`, but spectrum"),
        ({"outputs": [{"name": "x", "role": "spectrum"}]}, "the file has no output `x`, but t"),
        ({"hop": 0}, "at hop: it is 0, expected 1 to 65536"),
        ({"licence_files": ["../x"]}, "expected names without a path that begin with LICENSE"),
    ],
)
def test_a_description_is_checked(fields, reason, tmp_path):
    case = Case()
    case.files(tmp_path, case.graph.op("Tanh", [case.take(3)]))
    changed(tmp_path / "case.json", **fields)
    ended = imported(tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: `{tmp_path}/case.json`: "), ended.stderr
    assert reason in ended.stderr, ended.stderr
    assert not (tmp_path / "case").exists()


def test_smaller_files_of_16_bits_are_near(tmp_path):
    case = Case()
    x = case.take(1, 400)
    case.files(tmp_path, case.graph.op("MatMul", [x, case.graph.constant(random(400, 100))]))
    lengths = []
    for options in [[], ["--float16"]]:
        ended = imported(tmp_path, *options)
        assert ended.returncode == 0, ended.stderr
        lengths.append((tmp_path / "case" / "case.tflite").stat().st_size)
    assert lengths[1] < 0.55 * lengths[0]


def test_the_page_on_models_works(tmp_path):
    """Runs its commands as they are written, one after the other, in a copy of the repository."""
    page = (ROOT / "docs" / "models.md").read_text()
    [(path, described)] = re.findall(r"<!-- (\S+) -->\n+```json\n(.*?)```", page, re.DOTALL)
    assert json.loads(described) == json.loads((ROOT / path).read_text())
    for name in [".tools", "audio_samples", "crates"]:
        (tmp_path / name).symlink_to(ROOT / name)
    commands = re.findall(r"<!-- run -->\n+```sh\n(.*?)```", page, re.DOTALL)
    assert len(commands) == 2
    environment = {**os.environ, "PATH": f"{BUILT}:{os.environ['PATH']}"}
    for command in commands:
        ended = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
    for file in (MODELS / "gtcrn").iterdir():
        assert (tmp_path / "my-gtcrn" / file.name).read_bytes() == file.read_bytes(), file.name
    assert (tmp_path / "enhanced.wav").stat().st_size > 100_000
