"""For every container, codec, rate and number of channels, we decode what ffmpeg decodes: of the same
length, aligned, and with at most the difference that decoders of the codec may have."""

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
    """How our decoding compares with ffmpeg's, or that ffmpeg refuses to write the file."""
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
    """Computed in parallel before the tests, for those that were selected."""
    selected = [item.callspec.params["case"] for item in request.session.items
                if item.path == request.path and "case" in item.callspec.params]
    pool = ThreadPoolExecutor(2)
    yield {identify(case): pool.submit(outcome, case) for case in selected}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("case", CASES, ids=identify)
def test_decoded_is_what_ffmpeg_decodes(case, outcomes):
    form, rate, channels = case
    found = outcomes[identify(case)].result()
    # Only cases that the encoder does not accept are left out.
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
