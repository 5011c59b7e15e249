"""The table of settings in docs/server.md, and the API's document."""

import re

import pytest
from paths import ROOT
from settings import table


def test_the_docs_list_every_setting_as_the_help_does():
    assert table("serve") in (ROOT / "docs/server.md").read_text(encoding="utf-8"), (
        "docs/server.md is out of date; run: python tests/api/settings.py"
    )


def test_the_document_names_every_warning(client):
    types = (ROOT / "crates/enhancer-wasm/js/generated/core.ts").read_text(encoding="utf-8")
    codes = re.findall(r"'(\w+)'", re.search(r"type WarningCode =.*?;", types, re.DOTALL)[0])
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    described = schemas["Warning"]["properties"]["code"]["description"]
    assert len(codes) > 10 and all(f"`{code}`" in described for code in codes)


def test_the_documented_limits_of_a_source_are_right(client):
    """The document, the component's interface and the docs cannot name the constants."""
    refused = client.post("/enhance", content=b"x", params={"raw_sample_rate": 1, "raw_channels": 0})
    said = {error["field"]: error["detail"] for error in refused.json()["errors"]}
    limits = {field: re.search(r"from (\d+) to (\d+)$", detail) for field, detail in said.items()}
    limits = {field: (int(found[1]), int(found[2])) for field, found in limits.items()}
    document = client.get("/openapi.json").json()
    asked = {field["name"]: field["schema"] for field in document["paths"]["/enhance"]["post"]["parameters"]}
    for documented in (asked, document["components"]["schemas"]["EnhanceOptions"]["properties"]):
        found = {field: (documented[field]["minimum"], documented[field]["maximum"]) for field in limits}
        assert found == limits
    (least, rate), (_, channels) = limits["raw_sample_rate"], limits["raw_channels"]
    assert f"Raw sources have at least {least} Hz." in (ROOT / "docs/server.md").read_text(encoding="utf-8")
    interface = (ROOT / "crates/enhancer-edge/wit/audio.wit").read_text(encoding="utf-8")
    assert f"/// In Hz, 1 to {rate}.\n        sample-rate: u32" in interface
    assert f"/// 1 to {channels}.\n        channels: u16" in interface
    assert f"this many channels, 1 to {channels}," in interface
    readme = (ROOT / "crates/enhancer-wasm/README.md").read_text(encoding="utf-8")
    assert f"| {channels}, {rate // 1000} kHz, a day, 64 MiB |" in readme


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


def test_forms_come_before_other_bodies(document):
    """Client generators take the first one."""
    for path in ("/enhance", "/jobs"):
        media_types = list(document["paths"][path]["post"]["requestBody"]["content"])
        assert media_types == ["multipart/form-data", "application/octet-stream"]


def test_fields_with_a_fixed_set_of_values_list_them(document):
    schemas = document["components"]["schemas"]
    listed = {name: schema["enum"] for name, schema in schemas.items() if "enum" in schema}
    assert set(listed) == {
        *("FileOutcome", "Format", "Output", "Priority", "ProblemCode", "SampleFormat", "State"),
        *("WebhookEventType", "WebhookState"),
    }
    options = schemas["EnhanceOptions"]["properties"]
    assert options["format"]["$ref"].endswith("/Format")
    assert schemas["Job"]["properties"]["options"]["$ref"].endswith("/EnhanceOptions")
    kinds = schemas["InputGain"]["oneOf"]
    assert [kind["type"] for kind in kinds] == ["number", "string"] and kinds[1]["enum"] == ["auto"]
    # Each code in the description of a response is one of them.
    for item in document["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    assert content.get("examples", {}).keys() <= set(listed["ProblemCode"])


def test_webhooks_and_events_have_schemas(document):
    webhooks = document["webhooks"]
    assert {"job.succeeded", "job.failed", "job.cancelled", "enhance-file"} == webhooks.keys()
    post = webhooks["job.succeeded"]["post"]
    assert [header["name"] for header in post["parameters"]] == ["webhook-id", "webhook-timestamp", "webhook-signature"]
    schemas = document["components"]["schemas"]
    assert schemas["WebhookEvent"]["properties"]["data"]["$ref"].endswith("/Job")
    assert schemas["WebhookEventType"]["enum"] == ["job.succeeded", "job.failed", "job.cancelled"]
    assert schemas["FileOutcome"]["enum"] == ["success", "exception"]
    follow = document["paths"]["/jobs/{id}/events"]["get"]["responses"]["200"]
    assert follow["content"]["text/event-stream"]["schema"]["$ref"].endswith("/JobEvent")
    kinds = [kind["$ref"].rsplit("/", 1)[1] for kind in schemas["JobEvent"]["anyOf"]]
    assert kinds == ["JobProgress", "Job"]


def test_a_token_may_be_needed_except_for_health(document):
    assert document["security"] == [{}, {"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, item in document["paths"].items():
        for operation in item.values():
            assert ("security" in operation) == (path in ("/healthz", "/readyz"))
