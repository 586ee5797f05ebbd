"""Covers for what has none: drawn from the name alone, so that a name always looks the same."""

from __future__ import annotations

import colorsys
import hashlib
import unicodedata
from html import escape
from typing import Final, Literal

import msgspec
from aiohttp import web

from homestream.server.routing import Call

LONGEST_NAME: Final = 200
_SIZE: Final = 320


Initials = Literal["corner", "middle", "none"]


class CoverQuery(msgspec.Struct, frozen=True):
    initials: Initials = "corner"


async def cover(call: Call) -> web.Response:
    """GET /covers/{name}: the drawing for a name, as SVG."""
    query: CoverQuery = call.query
    return web.Response(
        text=draw(call.path["name"][:LONGEST_NAME], at=query.initials),
        content_type="image/svg+xml",
        headers={"Cache-Control": "public, max-age=604800"},
    )


def draw(name: str, *, at: Initials = "corner") -> str:
    """A square SVG for `name`: two colours, a pattern, and its initials where they are wanted."""
    seed = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).digest()
    hue = seed[0] / 256
    top = _colour(hue, 0.50 + seed[1] / 256 * 0.14, 0.52)
    low = _colour(hue + 0.06 + seed[2] / 256 * 0.12, 0.34 + seed[3] / 256 * 0.1, 0.60)
    pattern = _PATTERNS[seed[4] % len(_PATTERNS)](seed)
    letters = "" if at == "none" else escape(initials(name))
    place = 'x="50%" y="61%" text-anchor="middle"' if at == "middle" else 'x="26" y="292"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}">'
        '<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop stop-color="{top}"/><stop offset="1" stop-color="{low}"/></linearGradient></defs>'
        f'<rect width="{_SIZE}" height="{_SIZE}" fill="url(#g)"/>'
        f'<g fill="none" stroke="#fff" stroke-opacity=".17">{pattern}</g>'
        f'<text {place} fill="#fff" fill-opacity=".94" font-size="86" font-weight="700"'
        f' letter-spacing="-3" font-family="Inter Variable, Inter, system-ui, sans-serif">{letters}'
        "</text></svg>"
    )


def initials(name: str) -> str:
    """One or two letters for a name: "Blue Moon Trio" gives "BM"."""
    words = [word for word in name.split() if word.lower() not in {"the", "a", "an", "of", "and"}]
    letters = [next((c for c in word if c.isalnum()), "") for word in words or name.split()]
    return "".join(letter for letter in letters if letter)[:2].upper() or "♪"


def _colour(hue: float, lightness: float, saturation: float) -> str:
    parts = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _rings(seed: bytes) -> str:
    x, y = 60 + seed[5] % 220, 40 + seed[6] % 160
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{radius}" stroke-width="{5 + seed[7] % 9}"/>'
        for radius in range(24, 330, 30 + seed[8] % 16)
    )


def _waves(seed: bytes) -> str:
    height = 14 + seed[5] % 26
    return "".join(
        f'<path d="M-40 {y} q 50 {-height} 100 0 t 100 0 t 100 0 t 100 0" stroke-width="7"/>'
        for y in range(-10, 360, 26 + seed[6] % 14)
    )


def _bars(seed: bytes) -> str:
    return "".join(
        f'<path d="M{26 + 27 * n} {160 - 20 - seed[5 + n] % 110} V {160 + 20 + seed[5 + n] % 110}"'
        ' stroke-width="13" stroke-linecap="round"/>'
        for n in range(11)
    )


def _arcs(seed: bytes) -> str:
    x, y = ((0, 0), (_SIZE, 0), (_SIZE, _SIZE))[seed[5] % 3]
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{radius}" stroke-width="{16 + seed[6] % 14}"/>'
        for radius in range(60, 470, 62)
    )


def _diagonals(seed: bytes) -> str:
    step = 34 + seed[5] % 26
    return "".join(
        f'<path d="M{x} -10 L {x - 340} 330" stroke-width="{step // 3}"/>'
        for x in range(0, 680, step)
    )


_PATTERNS: Final = (_rings, _waves, _bars, _arcs, _diagonals)
