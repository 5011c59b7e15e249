"""Whatever the container, the codec, the rate and the channels: what is decoded is what ffmpeg
decodes, as long, aligned, and within what decoders of that codec may differ."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import enhancer
import opus
import pytest
import reference
import zoo
from formats import CHANNELS, FORMATS, RATES

CASES = [(form, rate, channels) for form in FORMATS for rate, channels in product(RATES, CHANNELS)]
CASES += [(form, 48_000, channels) for form in opus.VARIANTS for channels in form.channels]


def identify(case):
    form, rate, channels = case
    return f"{form.name}-{rate}-{CHANNELS[channels]}"


def outcome(case):
    """How ours compares with ffmpeg's; or that ffmpeg refuses to make such a file."""
    form, rate, channels = case
    try:
        source = zoo.specimen(form, rate, channels)
    except zoo.Refused as refused:
        return refused
    with tempfile.TemporaryDirectory() as folder:
        ours, run = enhancer.decode(source, Path(folder))
    if (rate, channels) in form.unread:
        return run.error
    report = run.succeeded()
    assert report["damage"] is None and not report["video"] and not run.said, (report, run.said)
    return reference.compare(ours, reference.decode(source, channels, *form.decoder))


@pytest.fixture(scope="module", name="outcomes")
def outcomes_of_all(request):
    """Made side by side for the tests that were selected, ahead of them."""
    selected = [item.callspec.params["case"] for item in request.session.items
                if item.path == request.path and "case" in item.callspec.params]
    pool = ThreadPoolExecutor(2)
    yield {identify(case): pool.submit(outcome, case) for case in selected}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("case", CASES, ids=identify)
def test_decoded_is_what_ffmpeg_decodes(case, outcomes):
    form, rate, channels = case
    found = outcomes[identify(case)].result()
    # Nothing is left out but what the encoder does not take.
    assert isinstance(found, zoo.Refused) == ((rate, channels) not in form.combinations()), found
    if isinstance(found, zoo.Refused):
        return
    if (rate, channels) in form.unread:
        code, message = found
        assert code in ("unsupported_audio", "corrupt_audio") and message
        return
    print(f"{identify(case)}: {found.agreement:.1f} dB")
    assert found.our_shape == found.their_shape
    assert found.lags == [0] * channels
    assert found.agreement >= form.agreement
