"""`enhancer enhance-file` gives the results of the programs by the models' authors, and its fast mode
gives the results of `--exact`."""

import json
from functools import cache

import command
import dtln
import figures
import gtcrn
import numpy as np
import official
import pytest
from audio import RATE, SAMPLE_NAMES, at_rate, noisy, one_minute
from paths import BUILT, MODELS, WEIGHTS

needs_official = pytest.mark.skipif(official.why_not() is not None, reason=str(official.why_not()))
REAL_MODELS = ["deepfilternet3", "gtcrn"]
SETTINGS = {
    "plain": ({}, []),
    "limited": ({"attenuation_limit": 12.0}, ["--attenuation-limit", 12]),
    "post-filtered": ({"post_filter": 0.02}, ["--post-filter"]),
}
BOUND = {"float32": 60, "float16": 40}
FAST = 40
# The hops that the core runs at once.
HOPS_IN_STRETCH = 32
SEAM_WINDOW = RATE // 50
SEAM = 6
# In dB: only rounding differs. Sums for other numbers of lanes round differently.
ROUNDING = 80


def assert_at_least(bound, what, expected, found):
    assert found.shape == expected.shape
    agreement = figures.snr(expected, found)
    print(f"{what}: {agreement:.1f} dB")
    assert agreement >= bound


@pytest.fixture(scope="module", name="folders")
def exported_folders(tmp_path_factory):
    """DeepFilterNet 3 in both precisions."""
    folders = {p: tmp_path_factory.mktemp(p) / "deepfilternet3" for p in BOUND}
    exporter = [BUILT / "model-exporter", "deepfilternet3", "--weights", WEIGHTS / "deepfilternet3"]
    for precision, folder in folders.items():
        options = ["--float32"] if precision == "float32" else []
        command.run([*exporter, "--destination", folder, *options])
    return folders


@cache
def officially_enhanced(name, settings):
    enhanced, local_snr = official.enhance(noisy(name), **SETTINGS[settings][0])
    assert -15 < local_snr.min() and local_snr.max() < 35, "no stage was skipped"
    return enhanced


@needs_official
@pytest.mark.parametrize("precision", BOUND)
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_deepfilternet3_equals_the_official_runtime(folders, name, settings, precision):
    options = ["--model", folders[precision], "--exact", *SETTINGS[settings][1]]
    found = command.enhance(noisy(name), RATE, *options)
    what = f"deepfilternet3 {precision}, {settings}, {name}: --exact and the official runtime"
    assert_at_least(BOUND[precision], what, officially_enhanced(name, settings), found)


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_dtln_equals_its_published_stages(name):
    samples = at_rate(noisy(name), dtln.RATE)
    found = command.enhance(samples, dtln.RATE, "--model", MODELS / "dtln", "--exact")
    what = f"dtln, {name}: --exact and the published stages"
    assert_at_least(BOUND["float32"], what, dtln.enhance(samples), found)


@pytest.mark.parametrize("options", [["--exact"], command.AS_IT_IS], ids=["exact", "fast"])
@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_gtcrn_equals_its_published_file(name, options):
    samples = at_rate(noisy(name), gtcrn.RATE)
    found = command.enhance(samples, gtcrn.RATE, "--model", "gtcrn", *options)
    what = f"gtcrn, {name}: {options[0]} and the published file"
    assert_at_least(BOUND["float32"], what, gtcrn.enhance(samples), found)


@pytest.mark.parametrize("model", REAL_MODELS)
def test_model_by_name_is_the_committed_folder(model):
    samples = noisy(SAMPLE_NAMES[0])[: 2 * RATE]
    by_name = command.enhance(samples, RATE, "--model", model)
    by_folder = command.enhance(samples, RATE, "--model", MODELS / model)
    np.testing.assert_array_equal(by_name, by_folder)


@cache
def one_minute_enhanced(model, *options):
    return command.enhance(one_minute(), RATE, "--model", model, *options)


@pytest.mark.parametrize("model", REAL_MODELS)
def test_fast_mode_is_near_to_exact(model):
    fast = one_minute_enhanced(model, *command.AS_IT_IS)
    exact = one_minute_enhanced(model, "--exact")
    assert_at_least(FAST, f"{model}: fast and --exact on one minute", exact, fast)


@pytest.mark.parametrize("model", REAL_MODELS)
def test_no_seam_stands_out(model):
    """The residual in the 20 ms around all seams together is not much above the rest of the residual.

    The fast mode has seams where one stretch of hops ends and the next one begins. In the result
    they lie earlier by the delay that is removed.
    """
    fast = one_minute_enhanced(model, *command.AS_IT_IS)
    exact = one_minute_enhanced(model, "--exact")
    folder = json.loads((MODELS / model / "model.json").read_text())
    delay = folder["lookahead"] * folder["hop"] + folder["window"] - folder["hop"]
    samples = RATE // folder["sample_rate"]
    stretch = HOPS_IN_STRETCH * folder["hop"] * samples
    around = np.zeros(len(fast), bool)
    for seam in range(stretch - delay * samples, len(fast), stretch):
        around[seam - SEAM_WINDOW // 2 : seam + SEAM_WINDOW // 2] = True
    assert around.any() and not around.all()
    residual = (fast.astype(np.float64) - exact) ** 2
    if not residual.any():
        print(f"{model}: there is no residual")
        return
    above = figures.ratio(residual[around].mean(), residual[~around].mean())
    print(f"{model}: residual around the seams {above:+.1f} dB above the rest")
    assert above <= SEAM


@pytest.mark.parametrize("model", REAL_MODELS)
def test_worker_count_changes_only_rounding(model):
    one = one_minute_enhanced(model, "--num-workers", 1)
    three = one_minute_enhanced(model, "--num-workers", 3)
    assert_at_least(ROUNDING, f"{model}: one worker and three", one, three)
