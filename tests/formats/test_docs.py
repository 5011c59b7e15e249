"""The table of formats in docs/formats.md."""

import table
from paths import ROOT


def test_docs_have_the_table_of_formats():
    """If it differs, `python tests/formats/table.py` prints the right one."""
    assert table.table() in (ROOT / "docs/formats.md").read_text(encoding="utf-8")


def test_all_written_formats_are_read():
    assert table.WRITTEN.keys() <= table.codecs_by_container().keys()
