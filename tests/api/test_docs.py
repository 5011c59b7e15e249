"""The table of settings in docs/server.md."""

from paths import ROOT
from settings import table


def test_the_docs_list_every_setting_as_the_help_does():
    assert table("serve") in (ROOT / "docs/server.md").read_text(encoding="utf-8"), (
        "docs/server.md is out of date; run: python tests/api/settings.py"
    )
