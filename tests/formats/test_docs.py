"""The table of formats in docs/formats.md."""

import table
from paths import ROOT


def test_docs_have_the_table_of_formats():
    """If it differs: `python tests/formats/table.py` prints it."""
    assert table.table() in (ROOT / "docs/formats.md").read_text(encoding="utf-8")


def test_what_is_written_is_read():
    assert table.WRITTEN.keys() <= table.codecs_by_container().keys()
