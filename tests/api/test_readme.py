"""What the README says of the server."""

from paths import ROOT
from settings import table


def test_every_setting_stands_in_the_readme_as_the_help_tells_it():
    assert table("serve") in (ROOT / "README.md").read_text(), "run: python tests/api/settings.py"
