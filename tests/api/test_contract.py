"""Right options give the same bytes as on the command line, and wrong options the same code.

`tests/contract/README.md` explains the table.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from problems import assert_problem
from recordings import SAMPLE, enhanced, wav

TABLE = json.loads((Path(__file__).parents[1] / "contract/options.json").read_text())
# Two seconds of speech, then the same from farther away.
NEAR = np.fromfile(SAMPLE, "<f4")[24_000:120_000]
SOURCE = wav(np.concatenate([NEAR, NEAR / 4]))


def cases(part):
    return [pytest.param(case, id=json.dumps(case["options"])) for case in TABLE[part] if "fields" in case]


def send(client, case, source):
    fields = {"model": case.get("model", "deepfilternet3")} | case["fields"]
    return client.post("/enhance", content=source, params=fields)


@pytest.mark.parametrize("case", cases("right"))
def test_right_options_give_the_same_bytes(client, tmp_path, case):
    response = send(client, case, SOURCE)
    assert response.status_code == 200, response.text
    destination = case.get("destination", "expected.wav")
    assert response.content == enhanced(SOURCE, tmp_path, *case.get("flags", []), destination=destination)


@pytest.mark.parametrize("case", cases("wrong"))
def test_wrong_options_give_the_same_code(client, case):
    source = SOURCE[:10_000] if case.get("cut") else SOURCE
    assert_problem(send(client, case, source), 422, case["code"])
