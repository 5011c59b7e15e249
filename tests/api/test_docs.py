"""The table of settings in docs/server.md, and what the API's document says of warnings."""

import re

from paths import ROOT
from settings import table


def test_the_docs_list_every_setting_as_the_help_does():
    assert table("serve") in (ROOT / "docs/server.md").read_text(encoding="utf-8"), (
        "docs/server.md is out of date; run: python tests/api/settings.py"
    )


def test_the_document_names_every_warning(client):
    types = (ROOT / "crates/enhancer-wasm/js/shared/types.ts").read_text(encoding="utf-8")
    codes = re.findall(r"'(\w+)'", re.search(r"interface Warning \{.*?\}", types, re.DOTALL)[0])
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    described = schemas["Warning"]["properties"]["code"]["description"]
    assert len(codes) > 10 and all(f"`{code}`" in described for code in codes)
