"""The pages' static files: found once, held in memory, served under an address of their content.

The files lie in the package (`homestream/_web`) or, in a checkout, in `web/`. All are read when
this module is imported, before the server answers anybody, so no request touches the disk and no
path from outside is ever joined to a folder: what is not in the table is not there.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from homestream.errors import NotFound
from homestream.server.routing import Call

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_SMALL: Final = {".css", ".js", ".svg", ".webmanifest", ".txt"}  # what gzip makes smaller
_FOREVER: Final = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct, frozen=True):
    body: bytes
    zipped: bytes | None
    type: str
    etag: str


class Assets(msgspec.Struct, frozen=True):
    """`files` by path, as after /static/{version}/; `version` changes when any file does."""

    files: dict[str, Asset]
    version: str

    def url(self, path: str) -> str:
        """The immutable address of one file; KeyError when there is none (a template's mistake)."""
        if path not in self.files:
            raise KeyError(f"static file {path} is not here")
        return f"/static/{self.version}/{path}"

    def under(self, prefix: str, suffix: str) -> list[str]:
        """The paths that start and end so, in order."""
        return sorted(p for p in self.files if p.startswith(prefix) and p.endswith(suffix))


def folder() -> Path:
    """Where templates and static files lie: in the installed package, or in a checkout."""
    package = Path(__file__).resolve().parents[2]
    inside = package / "_web"
    return inside if inside.is_dir() else package.parent / "web"


def load(source: Path) -> Assets:
    """Reads `static/` and `vendor/` (the latter under that name) of a web folder."""
    files: dict[str, Asset] = {}
    for root, prefix in ((source / "static", ""), (source / "vendor", "vendor/")):
        for file in sorted(root.rglob("*")):
            if file.is_file() and file.suffix in TYPES:
                files[prefix + file.relative_to(root).as_posix()] = _asset(file)
    whole = hashlib.sha256("\n".join(f"{p} {a.etag}" for p, a in files.items()).encode())
    return Assets(files, whole.hexdigest()[:12])


async def static(call: Call) -> web.Response:
    """GET /static/{version}/{path}: immutable under the running version, revalidated otherwise."""
    return answer(
        call.request,
        call.path["path"],
        _FOREVER if call.path["version"] == ASSETS.version else "no-cache",
    )


async def favicon(call: Call) -> web.Response:
    """GET /favicon.ico, which browsers ask for by themselves."""
    return answer(call.request, "icons/favicon.svg", "public, max-age=86400")


def answer(request: web.Request, path: str, caching: str) -> web.Response:
    """One file, compressed where the client takes it; NotFound when it is not in the table."""
    asset = ASSETS.files.get(path)
    if asset is None:
        raise NotFound("page file is not here")
    headers = {
        "Cache-Control": caching,
        "ETag": f'"{asset.etag}"',
        "Content-Type": asset.type,
        "Vary": "Accept-Encoding",
    }
    if any(tag.value in (asset.etag, "*") for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    if asset.zipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=asset.zipped, headers=headers)
    return web.Response(body=asset.body, headers=headers)


def _asset(file: Path) -> Asset:
    body = file.read_bytes()
    zipped = gzip.compress(body, 6, mtime=0) if file.suffix in _SMALL else None
    return Asset(body, zipped, TYPES[file.suffix], hashlib.sha256(body).hexdigest()[:20])


ASSETS: Final = load(folder())
