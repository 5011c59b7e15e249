"""The table of bars that `make bench` writes: its verdicts are right, and docs/performance.md has all rows."""

import sys

import pytest
from paths import ROOT

sys.path.append(str(ROOT / "tests" / "bench"))

import rows  # noqa: E402

MORE = rows.Row("more", "a ratio", 1.5, 3)
LESS = rows.Row("less", "a size", 8, 5, unit="MB", less=True)


@pytest.mark.parametrize(
    "row, value, verdict",
    [
        (MORE, 1.2, "missed by 20 %"),
        (MORE, 1.5, "met"),
        (MORE, 3.1, "met, the stretch too"),
        (LESS, 10, "missed by 25 %"),
        (LESS, 8, "met"),
        (LESS, 4.9, "met, the stretch too"),
        (rows.Row("scale", "for scale"), 2, ""),
    ],
)
def test_a_verdict_says_whether_the_bar_is_met(row, value, verdict):
    assert row.verdict(value) == verdict
    assert row.line(value).endswith(f"| {verdict} |")


def test_a_row_that_was_not_measured_has_no_verdict():
    assert MORE.line(None) == "| a ratio | – | 1.50 × | 3.00 × | not measured |"


def test_the_page_has_every_row_with_its_bars():
    _, _, rest = rows.PAGE.read_text().partition(rows.BEGIN)
    written, ended, _ = rest.partition(rows.END)
    assert ended
    lines = [line for line in written.splitlines() if line.startswith("| ")]
    assert [fixed(line) for line in lines[1:]] == [fixed(row.line(None)) for row in rows.ROWS]


def fixed(line):
    """The row's name, bar and stretch bar. The other cells are measured."""
    _, what, _, bar, stretch, *_ = line.split("|")
    return what, bar, stretch
