from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from homestream.server.pages import assets
from tests.server.house import House

MAIN = f"/static/{assets.ASSETS.version}/js/main.js"
WEB = Path(assets.folder())


async def test_static_file_may_be_kept_for_ever(empty: House) -> None:
    answer = await empty.client().get(MAIN)
    assert answer.status == 200
    assert answer.type == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.body == (WEB / "static/js/main.js").read_bytes()


async def test_file_asked_for_under_an_old_version_is_revalidated(empty: House) -> None:
    answer = await empty.client().get("/static/0123456789ab/js/main.js")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
    again = await empty.client().get(
        "/static/0123456789ab/js/main.js", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status, again.body) == (304, b"")


async def test_file_travels_compressed_where_that_helps(empty: House) -> None:
    client = empty.client()
    client.session._auto_decompress = False
    zipped = await client.get(MAIN, headers={"Accept-Encoding": "gzip"})
    plain = await client.get(MAIN, headers={"Accept-Encoding": "identity"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert len(zipped.body) < len(plain.body)
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize(
    "path",
    [
        "../pyproject.toml",
        "..%2f..%2fpyproject.toml",
        "%2e%2e/%2e%2e/pyproject.toml",
        "js/../../package.json",
        "js//main.js",
        "/etc/passwd",
        "js",
        "js/",
        "js/main.js%00.css",
    ],
)
async def test_nothing_outside_the_table_is_served(empty: House, path: str) -> None:
    answer = await empty.client().get(f"/static/{assets.ASSETS.version}/{path}")
    assert answer.status == 404


def test_version_changes_with_any_file(tmp_path: Path) -> None:
    script = tmp_path / "static" / "js" / "a.js"
    script.parent.mkdir(parents=True)
    script.write_text("1")
    before = assets.load(tmp_path)
    script.write_text("2")
    after = assets.load(tmp_path)
    assert before.version != after.version
    assert after.url("js/a.js") == f"/static/{after.version}/js/a.js"


def test_every_script_imports_only_what_is_there() -> None:
    for name in assets.ASSETS.under("js/", ".js"):
        text = assets.ASSETS.files[name].body.decode()
        for target in re.findall(r'(?:from|import\() ?"\./([^"]+)"', text):
            assert f"js/{target}" in assets.ASSETS.files, (name, target)


async def test_favicon_is_there(empty: House) -> None:
    answer = await empty.client().get("/favicon.ico")
    assert (answer.status, answer.type) == (200, "image/svg+xml")
