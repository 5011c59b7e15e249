"""Requests reach files below the folder of files, and no others."""

import os
import shutil
import socket
import threading

import pytest
import sources


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A folder that no request must reach."""
    folder = tmp_path_factory.mktemp("outside")
    sources.raw(folder / "in.raw")
    return folder


@pytest.fixture(scope="module")
def files(server, outside):
    """The folder of files, with links that lead out of it."""
    files = server.files
    (files / "folder").mkdir()
    sources.raw(files / "in.raw")
    sources.raw(files / "folder" / "in.raw")
    (files / "out.link.raw").symlink_to(outside / "in.raw")
    (files / "up.link.raw").symlink_to(f"../../{outside.name}/in.raw")
    (files / "out.link").symlink_to(outside)
    (files / "etc.link").symlink_to("/etc")
    (files / "self.link.raw").symlink_to("self.link.raw")
    (files / "nowhere.link.raw").symlink_to("nowhere.raw")
    (files / "in.link.raw").symlink_to("folder/in.raw")
    (files / "folder.link").symlink_to("folder")
    (files / "folder.raw").mkdir()
    os.mkfifo(files / "pipe.raw")
    (files / "null.link.raw").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(files / "socket.raw"))
    return files


def post(client, source, output="out.raw"):
    fields = {"source_path": str(source), "output_path": str(output)}
    return client.post("/enhance-file", json=fields, timeout=10)


def detail(response, field):
    """The detail of the only wrong field."""
    assert response.status_code == 422, response.text
    (error,) = response.json()["errors"]
    assert error["field"] == field
    return error["detail"]


def snapshot(folder):
    """All content of the folder: links as links, and the bytes of files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        whole = path.is_file() and not path.is_symlink()
        found[path] = path.read_bytes() if whole else path.lstat().st_mode
    return found


WAYS_OUT = [
    "..",
    "../in.raw",
    "../files/in.raw",
    "folder/../in.raw",
    "folder/../../outside.raw",
    "./../in.raw",
    "/etc/passwd",
    "/etc/../etc/passwd",
    "/proc/self/environ",
    "/dev/zero",
    "//etc/passwd",
    "/",
    "/in.raw",
    "out.link.raw",
    "up.link.raw",
    "out.link/in.raw",
    "etc.link/passwd",
    "null.link.raw",
    "in\0.raw",
    "in.raw\0",
    "\0",
    "a" * 5000,
    "b" * 300 + ".raw",
]


@pytest.mark.parametrize("path", WAYS_OUT)
def test_no_source_is_read_from_elsewhere(client, files, outside, path):
    before = snapshot(files)
    assert detail(post(client, path), "source_path")
    assert snapshot(files) == before


@pytest.mark.parametrize("path", WAYS_OUT)
def test_no_output_is_written_elsewhere(client, files, outside, path):
    # The path ends in .raw, so that its extension is not the error.
    path = path if path.endswith((".raw", "\0")) else f"{path}/result.raw"
    before = snapshot(files), snapshot(outside)
    assert detail(post(client, "in.raw", path), "output_path")
    assert (snapshot(files), snapshot(outside)) == before


@pytest.mark.parametrize(
    "path",
    ["%2e%2e/in.raw", "..%2fin.raw", "%2e%2e%2fin.raw", "..\\in.raw", "..%00/in.raw", "．．/in.raw"],
)
def test_encoded_paths_are_names_like_any_other(client, files, path):
    assert post(client, path).status_code == 404
    before = snapshot(files)
    if "/" in path:
        assert "does not exist" in detail(post(client, "in.raw", path), "output_path")
        assert snapshot(files) == before
    else:
        assert post(client, "in.raw", path).status_code == 200
        (files / path).unlink()


@pytest.mark.parametrize("path", ["folder.raw", "pipe.raw", "socket.raw", "self.link.raw"])
def test_special_files_are_refused_without_waiting(client, files, path):
    before = snapshot(files)
    assert detail(post(client, path), "source_path")
    assert detail(post(client, "in.raw", path), "output_path")
    assert snapshot(files) == before


def test_a_folder_as_source_is_reported_as_one(client, files):
    for path in ["folder", "folder/"]:
        assert "folder" in detail(post(client, path), "source_path")
    assert post(client, "in.raw/in.raw").status_code == 422


def test_no_output_goes_through_a_link(client, files):
    before = snapshot(files)
    for link in ["in.link.raw", "nowhere.link.raw"]:
        assert "regular file" in detail(post(client, "in.raw", link), "output_path")
    assert snapshot(files) == before


def test_the_source_is_never_overwritten(client, files):
    os.link(files / "in.raw", files / "same.raw")
    before = snapshot(files)
    for source, output in [
        ("in.raw", "in.raw"),
        ("in.raw", "./in.raw"),
        ("in.raw", files / "in.raw"),
        ("in.link.raw", "folder/in.raw"),
        ("folder.link/in.raw", "folder/in.raw"),
        ("in.raw", "same.raw"),
    ]:
        assert "the source" in detail(post(client, source, output), "output_path")
    assert snapshot(files) == before
    (files / "same.raw").unlink()


def test_an_output_needs_its_folder(client, files):
    assert "folder" in detail(post(client, "in.raw", "missing/out.raw"), "output_path")
    assert not (files / "missing").exists()


def test_links_and_absolute_paths_within_the_folder_are_fine(client, files):
    expected = None
    for source, output in [
        ("in.raw", "out.raw"),
        ("./folder//in.raw", "folder/out.raw"),
        ("in.link.raw", "out.raw"),
        ("folder.link/in.raw", "folder.link/linked.raw"),
        (files / "in.raw", files / "folder" / "absolute.raw"),
    ]:
        response = post(client, source, output)
        assert response.status_code == 200, response.text
        assert response.json()["output_path"] == str(output)
        made = (files / output).read_bytes()
        expected = expected or made
        assert made == expected
    assert not [path for path in files.rglob("*") if path.name.endswith(".part")]


def test_a_root_may_be_named_through_a_link(serve, tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    sources.raw(real / "in.raw", seconds=0.1)
    server = serve("--files-root", link, "--model", "passthrough")
    with server.client() as client:
        for source in ["in.raw", link / "in.raw", real / "in.raw"]:
            assert post(client, source).status_code == 200
    assert (real / "out.raw").read_bytes() == (real / "in.raw").read_bytes()


def test_the_servers_own_folder_is_not_for_requests(serve, tmp_path):
    server = serve("--files-root", tmp_path, "--model", "passthrough")
    server.data.mkdir(exist_ok=True)
    sources.raw(server.data / "in.raw")
    sources.raw(server.files / "in.raw")
    with server.client() as client:
        assert "--data-root" in detail(post(client, "data/in.raw"), "source_path")
        assert "--data-root" in detail(
            post(client, "files/in.raw", server.data / "out.raw"), "output_path"
        )
        assert post(client, "files/in.raw", "files/out.raw").status_code == 200


def test_a_missing_root_stops_the_start(serve, tmp_path):
    with pytest.raises(RuntimeError, match="--files-root.*missing"):
        serve("--files-root", tmp_path / "missing")
    (tmp_path / "data").mkdir(exist_ok=True)
    with pytest.raises(RuntimeError, match="--files-root.*--data-root"):
        serve("--files-root", tmp_path / "data")


def test_swapping_links_during_requests_leads_nowhere(serve, outside):
    """Folders turn into links to other places and back while requests use them."""
    server = serve("--model", "passthrough", "--rate-limit", 10_000)
    inside, swapped = sources.raw(server.files / "in.raw", seconds=0.2), server.files / "swapped"
    kept, stop = snapshot(outside), threading.Event()
    assert inside.read_bytes() != (outside / "in.raw").read_bytes()

    def swap():
        while not stop.is_set():
            swapped.mkdir()
            (swapped / "in.raw").hardlink_to(inside)
            shutil.rmtree(swapped, ignore_errors=True)
            # Files that a request left there in the meantime are removed first.
            while swapped.exists():
                shutil.rmtree(swapped, ignore_errors=True)
            swapped.symlink_to(outside)
            swapped.unlink()

    swapping = threading.Thread(target=swap)
    swapping.start()
    statuses = set()
    try:
        with server.client() as client:
            for _ in range(200):
                status = post(client, "swapped/in.raw").status_code
                # A file from outside would be longer.
                assert status != 200 or (server.files / "out.raw").read_bytes() == inside.read_bytes()
                statuses |= {status, post(client, "in.raw", "swapped/out.raw").status_code}
    finally:
        stop.set()
        swapping.join()
    # Both outcomes happened.
    assert {200, 422} <= statuses <= {200, 404, 422}
    assert snapshot(outside) == kept
