"""Behaviour of all routes."""

import pytest
from problems import assert_problem
from recordings import speech

TOKEN = "a-token-of-some-length"


def test_every_response_is_safe_for_browsers(client):
    for path in ["/healthz", "/docs/", "/openapi.json", "/nothing"]:
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "http" not in policy
        assert ("unsafe-inline" in policy) == path.startswith("/docs")
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert headers["x-content-type-options"] == "nosniff"


def test_unknown_paths_and_methods_are_problems(client):
    assert_problem(client.get("/nothing"), 404, "not_found")
    response = client.get("/enhance")
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


def test_requests_have_ids(client):
    assert client.get("/healthz", headers={"x-request-id": "mine-1"}).headers["x-request-id"] == "mine-1"
    made = {client.get("/healthz").headers["x-request-id"] for _ in range(2)}
    assert len(made) == 2
    for bad in ["with space", "x" * 200, 'a"b', ""]:
        assert client.get("/healthz", headers={"x-request-id": bad}).headers["x-request-id"] != bad


def test_the_first_page_leads_to_the_documentation(client):
    page = client.get("/", follow_redirects=True)
    assert page.status_code == 200 and "swagger" in page.text.lower()


def test_the_documentation_needs_no_network(client):
    page = client.get("/docs/").text
    assert "//" not in page.replace("<!-- ", "")
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"]:
        assert file in page and client.get(f"/docs/{file}").status_code == 200


def test_other_origins_are_refused(client):
    post = lambda origin: client.post("/enhance?model=passthrough", content=speech(0.1), headers={"origin": origin})
    assert_problem(post("https://example.org"), 403, "foreign_origin")
    assert_problem(post("null"), 403, "foreign_origin")
    assert post(str(client.base_url).rstrip("/")).status_code == 200
    response = client.get("/models", headers={"origin": "https://example.org"})
    assert "access-control-allow-origin" not in response.headers


def test_an_origin_can_be_allowed(serve):
    origin = "https://example.org"
    with serve("--cors-origin", origin).client() as client:
        ask = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "idempotency-key, last-event-id"}
        answer = client.options("/enhance", headers=ask).headers
        assert answer["access-control-allow-origin"] == origin
        assert "POST" in answer["access-control-allow-methods"]
        assert {"idempotency-key", "last-event-id"} <= set(answer["access-control-allow-headers"].split(","))
        sent = client.post("/enhance?model=passthrough", content=speech(0.1), headers={"origin": origin})
        assert sent.status_code == 200 and sent.headers["access-control-allow-origin"] == origin
        other = client.post("/enhance", content=speech(0.1), headers={"origin": "https://example.com"})
        assert_problem(other, 403, "foreign_origin")


def test_on_loopback_the_server_has_the_names_of_this_machine(serve):
    with serve("--allowed-host", "box.test").client() as client:
        for host in ["localhost", "localhost:8080", "127.0.0.1", "127.1.2.3:1", "[::1]:8080", "BOX.test"]:
            assert client.get("/models", headers={"host": host}).status_code == 200, host
        for host in ["example.org", "127.0.0.1.example.org", "localhost.example.org", "10.0.0.1"]:
            assert_problem(client.get("/models", headers={"host": host}), 421, "misdirected")


def test_tokens(serve):
    with serve(environment={"ENHANCER_AUTH_TOKENS": f"{TOKEN},another-token-of-ours"}).client() as client:
        for path in ["/models", "/metrics", "/nothing"]:
            refused = client.get(path)
            assert_problem(refused, 401, "unauthorized")
            assert refused.headers["www-authenticate"].startswith("Bearer")
        for path in ["/healthz", "/readyz", "/docs/", "/openapi.json"]:
            assert client.get(path).status_code == 200
        for given in [TOKEN, "another-token-of-ours"]:
            assert client.get("/models", headers={"authorization": f"Bearer {given}"}).status_code == 200
        for given in [f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", TOKEN, ""]:
            assert_problem(client.get("/models", headers={"authorization": given}), 401, "unauthorized")


def test_a_client_that_asks_too_often_has_to_wait(serve):
    with serve("--rate-limit", 1).client() as client:
        answers = [client.get("/models") for _ in range(10)]
        assert [answer.status_code for answer in answers[:4]] == [200] * 4
        refused = [answer for answer in answers if answer.status_code != 200]
        assert refused
        for answer in refused:
            assert_problem(answer, 429, "rate_limited")
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--auth-token", "short"], "--auth-token"),
        (["--model", "nothing"], "TF_MODEL_PATH"),
        (["--log", "no=such=filter"], "--log"),
        (["--max-sessions", "0"], "--max-sessions"),
        (["--data-root", "/dev/null/data"], "--data-root"),
        (["--workers", "0"], "--workers"),
        (["--interface", "203.0.113.1"], "--interface"),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_named(serve, options, named):
    with pytest.raises(RuntimeError) as failed:
        serve(*options)
    assert named in str(failed.value)
