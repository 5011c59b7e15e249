"""The page's files at /."""

import gzip

import pytest
from problems import assert_problem
from raw_socket import answer, connect

TOKEN = "a-token-of-some-length"
ASSET = "/assets/main-1a2b3c.js"
SCRIPT = b"export const answer = 42;\n"
GZIPPED = gzip.compress(SCRIPT)
# No test decodes it.
BROTLI = b"as if by brotli"


@pytest.fixture
def page(tmp_path):
    """A small page with the files that every page has."""
    folder = tmp_path / "page"
    for name, bytes in {
        "index.html": b"<!doctype html><title>Enhancer</title>",
        ASSET[1:]: SCRIPT,
        ASSET[1:] + ".br": BROTLI,
        ASSET[1:] + ".gz": GZIPPED,
        "assets/core.wasm": b"\0asm",
        "manifest.webmanifest": b"{}",
        "models/gtcrn/model.json": b"{}",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes)
    return folder


@pytest.fixture
def client(serve, page):
    with serve("--model", "passthrough", "--page", page).client() as client:
        yield client


def test_the_page_is_at_the_root_beside_the_api(client):
    first = client.get("/")
    assert first.status_code == 200 and "<title>Enhancer" in first.text
    assert first.headers["content-type"] == "text/html"
    for path, media_type in [
        ("/assets/core.wasm", "application/wasm"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/models/gtcrn/model.json", "application/json"),
        (ASSET, "text/javascript"),
    ]:
        response = client.get(path)
        assert response.status_code == 200 and response.headers["content-type"] == media_type
    assert {model["name"] for model in client.get("/models").json()} > {"gtcrn"}
    assert "swagger" in client.get("/docs/").text.lower()
    for path in ["/nothing", "/assets", "/assets/", "/models/", "/index.html/"]:
        assert_problem(client.get(path), 404, "not_found")
    assert_problem(client.post("/"), 404, "not_found")
    assert_problem(client.post("/models"), 405, "method_not_allowed")


def test_the_page_may_load_only_its_own_files(client):
    headers = client.get("/").headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'")
    assert "unsafe-inline" not in policy and "http" not in policy
    assert headers["permissions-policy"] == "microphone=(self)"
    for path in ["/", ASSET, "/nothing"]:
        headers = client.get(path).headers
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


def test_only_files_named_after_their_content_are_cached_for_good(client):
    assert "immutable" in client.get(ASSET).headers["cache-control"]
    for path in ["/", "/models/gtcrn/model.json"]:
        assert client.get(path).headers["cache-control"] == "no-cache"
    assert "immutable" not in client.get("/assets/old-9f9f9f.js").headers.get("cache-control", "")


@pytest.mark.parametrize(
    ("accepted", "encoding", "bytes"),
    [("br, gzip", "br", BROTLI), ("gzip", "gzip", GZIPPED), ("identity", None, SCRIPT)],
    ids=["brotli", "gzip", "plain"],
)
def test_precompressed_files_are_sent_compressed(client, accepted, encoding, bytes):
    with client.stream("GET", ASSET, headers={"accept-encoding": accepted}) as response:
        assert b"".join(response.iter_raw()) == bytes
    assert response.headers.get("content-encoding") == encoding
    assert response.headers["content-type"] == "text/javascript"
    assert "accept-encoding" in response.headers["vary"]


def test_a_file_that_did_not_change_is_not_sent_again(client, page):
    first = client.get("/").headers
    for condition in [{"if-none-match": first["etag"]}, {"if-modified-since": first["last-modified"]}]:
        again = client.get("/", headers=condition)
        assert again.status_code == 304 and again.content == b""
        assert again.headers["etag"] == first["etag"] and again.headers["cache-control"] == "no-cache"
    (page / "index.html").write_text("<!doctype html><title>Another</title>!")
    assert client.get("/", headers={"if-none-match": first["etag"]}).status_code == 200


def test_parts_and_heads(client):
    plain = {"accept-encoding": "identity"}
    part = client.get(ASSET, headers={"range": "bytes=7-11", **plain})
    assert part.status_code == 206 and part.content == SCRIPT[7:12]
    assert part.headers["content-range"] == f"bytes 7-11/{len(SCRIPT)}"
    assert client.get(ASSET, headers={"range": "bytes=999-", **plain}).status_code == 416
    head = client.head(ASSET, headers=plain)
    assert head.status_code == 200 and head.content == b""
    assert head.headers["content-length"] == str(len(SCRIPT))
    assert client.head("/").status_code == 200 and client.head("/nothing").status_code == 404


def test_nothing_outside_the_folder_is_served(serve, page, tmp_path):
    secret = "nobody's business"
    (tmp_path / "secret").write_text(secret)
    (page / "link").symlink_to(tmp_path / "secret")
    (page / "relative").symlink_to("../secret")
    (page / "folder").symlink_to(tmp_path)
    (page / "within.html").symlink_to("index.html")
    server = serve("--model", "passthrough", "--page", page)
    for path in [
        "/../secret",
        "/assets/../../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/assets/..%2f..%2fsecret",
        "/..%5csecret",
        "/%252e%252e/secret",
        f"/{tmp_path}/secret",
        f"/%2f{tmp_path}/secret",
        "/link",
        "/relative",
        "/folder/secret",
        "/secret%00.html",
        "/%ff",
        "/" + "x" * 300,
    ]:
        with connect(server) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            said = answer(connection)
        assert said.startswith(b"HTTP/1.1 404 ") and secret.encode() not in said, path
    with server.client() as client:
        assert "<title>Enhancer" in client.get("/within.html").text


def test_the_page_is_public_and_the_api_is_not(serve, page):
    with serve("--model", "passthrough", "--page", page, environment={"ENHANCER_AUTH_TOKENS": TOKEN}).client() as client:
        for path in ["/", ASSET, "/models/gtcrn/model.json"]:
            assert client.get(path).status_code == 200
        assert_problem(client.get("/nothing"), 404, "not_found")
        for path in ["/models", "/metrics", "/jobs/x", "/jobs/x/result"]:
            assert_problem(client.get(path), 401, "unauthorized")
        assert_problem(client.post("/enhance", content=b"x"), 401, "unauthorized")
        assert_problem(client.post("/nothing"), 401, "unauthorized")
        assert client.get("/models", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_visit_does_not_reach_the_rate_limit(serve, page):
    with serve("--model", "passthrough", "--rate-limit", 1, environment={"APP_PAGE": str(page)}).client() as client:
        assert {client.get(ASSET).status_code for _ in range(60)} == {200}
        assert 429 in {client.get("/models").status_code for _ in range(10)}


def test_the_log_says_where_things_are(serve, page):
    server = serve("--model", "passthrough", "--page", page)
    with server.client() as client:
        client.get("/")
    log = server.log.read_text()
    assert f"page: {server.url}/" in log and f"{server.url}/docs" in log


def test_a_folder_without_a_page_stops_the_start(serve, page, tmp_path):
    (page / "index.html").unlink()
    for folder in [page, tmp_path / "nothing"]:
        with pytest.raises(RuntimeError, match=r"--page \(APP_PAGE\)"):
            serve("--page", folder)


def test_requests_for_missing_files_are_limited_and_do_not_fill_the_log(serve, page):
    server = serve("--model", "passthrough", "--page", page, "--rate-limit", 5)
    with server.client() as client:
        path = "/" + "a" * 30_000
        statuses = {client.get(path).status_code for _ in range(100)}
        assert statuses == {404, 429}
        assert client.get("/").status_code == 200
    assert server.stop() == 0
    assert server.log.stat().st_size < 100 * 1000
