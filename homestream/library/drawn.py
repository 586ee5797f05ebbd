"""Covers for what has none: drawn from its name and its id alone, so that it always looks the same.

Flat shapes in the colours of the house. Albums have their initials in a corner, artists in the
middle of a calmer ground as their picture is shown round, genres none.
"""

from __future__ import annotations

import hashlib
import unicodedata
from html import escape
from typing import Final, Literal, NamedTuple

LONGEST_NAME: Final = 200
_SIZE: Final = 320

Initials = Literal["corner", "middle", "none"]


class _Palette(NamedTuple):
    ground: str
    deep: str
    light: str
    spark: str


def draw(name: str, *, at: Initials = "corner", of: str = "") -> str:
    """A square SVG for a name: a ground, a few shapes, and its initials where they are wanted."""
    name = name[:LONGEST_NAME]
    seed = hashlib.sha256(f"{unicodedata.normalize('NFC', name)}\0{of}".encode()).digest()
    palette = _PALETTES[seed[0] % len(_PALETTES)]
    drawings = _CALM if at == "middle" else _DRAWINGS
    drawing = drawings[seed[1] % len(drawings)]
    shapes = drawing(seed, palette)
    turn = 0 if drawing in _UPRIGHT else 90 * (seed[2] % 4)
    half = _SIZE // 2
    letters = "" if at == "none" else escape(initials(name))
    place = 'x="50%" y="60.5%" text-anchor="middle"' if at == "middle" else 'x="24" y="294"'
    # a shade under the letters, so that they stand out on every shape
    shade = (
        '<linearGradient id="s" x1="0" y1="1" x2=".35" y2=".35"><stop stop-color="#000"'
        ' stop-opacity=".5"/><stop offset="1" stop-opacity="0"/></linearGradient>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}">'
        f'<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop'
        f' stop-color="{palette.ground}"/><stop offset="1" stop-color="{palette.deep}"/>'
        f"</linearGradient>{shade}</defs>"
        f'<rect width="{_SIZE}" height="{_SIZE}" fill="url(#g)"/>'
        f'<g transform="rotate({turn} {half} {half})">{shapes}</g>'
        + (f'<rect width="{_SIZE}" height="{_SIZE}" fill="url(#s)"/>' if at == "corner" else "")
        + f'<text {place} fill="#fffaf2" font-size="{92 if at == "middle" else 84}"'
        ' font-weight="740" letter-spacing="-3"'
        f' font-family="Inter Variable, Inter, system-ui, sans-serif">{letters}</text></svg>'
    )


def initials(name: str) -> str:
    """One or two letters for a name: "Blue Moon Trio" gives "BM"."""
    words = [word for word in name.split() if word.lower() not in {"the", "a", "an", "of", "and"}]
    letters = [next((c for c in word if c.isalnum()), "") for word in words or name.split()]
    return "".join(letter for letter in letters if letter)[:2].upper() or "♪"


def _sun(seed: bytes, palette: _Palette) -> str:
    x, radius = 80 + seed[3] % 160, 62 + seed[4] % 40
    hills = "".join(
        f'<path d="M-20 {base} C {60 + shift} {base - rise}, {150 + shift} {base + rise},'
        f' 340 {base - rise // 2} V 340 H -20 Z" fill="{colour}"/>'
        for base, rise, shift, colour in (
            (196, 30 + seed[5] % 50, seed[6] % 60, palette.spark),
            (228, 24 + seed[7] % 50, seed[8] % 60, palette.deep),
            (264, 20 + seed[9] % 30, seed[10] % 60, palette.ground),
        )
    )
    return f'<circle cx="{x}" cy="{150}" r="{radius}" fill="{palette.light}"/>{hills}'


def _record(seed: bytes, palette: _Palette) -> str:
    x, y = ((320, 0), (300, 70), (210, 130))[seed[3] % 3]
    step = 22 + seed[4] % 14
    rings = "".join(
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{palette.light}"'
        f' stroke-opacity="{0.9 - radius / 340:.2f}" stroke-width="{step // 3}"/>'
        for radius in range(64, 300, step)
    )
    return f'{rings}<circle cx="{x}" cy="{y}" r="42" fill="{palette.spark}"/>'


def _quarters(seed: bytes, palette: _Palette) -> str:
    """Tiles with a quarter of a disc each, turned at random."""
    count = 3 + seed[3] % 2
    side = _SIZE / count
    wide = side + 0.5  # no seam between tiles that touch
    colours = (palette.light, palette.spark, palette.deep)
    parts = []
    for place in range(count * count):
        chance = seed[5 + place]
        column, row = place % count, place // count
        turn = 90 * (chance % 4)
        x, y = column * side, row * side
        if chance % 7 == 0:
            shape = f'<circle cx="{side / 2:.1f}" cy="{side / 2:.1f}" r="{side * 0.36:.1f}"'
        else:
            shape = (
                f'<path d="M-.5 -.5 H {wide:.1f} A {wide:.1f} {wide:.1f} 0 0 1 -.5 {wide:.1f} Z"'
            )
        middle = f"{side / 2:.1f} {side / 2:.1f}"
        parts.append(
            f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn} {middle})">{shape}'
            f' fill="{colours[chance // 7 % 3]}"/></g>'
        )
    return "".join(parts)


def _waves(seed: bytes, palette: _Palette) -> str:
    height, width = 16 + seed[3] % 26, 11 + seed[4] % 8
    colours = (palette.light, palette.spark, palette.light)
    return "".join(
        f'<path d="M-60 {y} q 55 {-height} 110 0 t 110 0 t 110 0 t 110 0" fill="none"'
        f' stroke="{colours[n % 3]}" stroke-opacity="{0.25 + 0.6 * n / 9:.2f}"'
        f' stroke-width="{width}"/>'
        for n, y in enumerate(range(10, 360, 36))
    )


def _bars(seed: bytes, palette: _Palette) -> str:
    return "".join(
        f'<rect x="{22 + 36 * n}" y="{150 - length}" width="22" height="{2 * length}" rx="11"'
        f' fill="{palette.spark if n == seed[3] % 8 else palette.light}"/>'
        for n in range(8)
        for length in (24 + seed[5 + n] % 112,)
    )


def _moons(seed: bytes, palette: _Palette) -> str:
    radius = 74 + seed[3] % 30
    gap = 46 + seed[4] % 50
    return (
        f'<circle cx="{160 - gap}" cy="140" r="{radius}" fill="{palette.light}"/>'
        f'<circle cx="{160 + gap}" cy="140" r="{radius}" fill="{palette.spark}"'
        ' fill-opacity=".88"/>'
        f'<circle cx="160" cy="{140 + gap + seed[5] % 50}" r="{radius * 3 // 4}"'
        f' fill="{palette.deep}" fill-opacity=".8"/>'
    )


def _steps(seed: bytes, palette: _Palette) -> str:
    """Arches inside each other, as a rainbow or a doorway."""
    x = 110 + seed[3] % 100
    colours = (palette.light, palette.spark, palette.deep, palette.light, palette.ground)
    return "".join(
        f'<path d="M{x - radius} 340 V {y} A {radius} {radius} 0 0 1 {x + radius} {y} V 340 Z"'
        f' fill="{colour}"/>'
        for radius, colour in zip((150, 118, 86, 54, 24), colours, strict=True)
        for y in (170 + seed[4] % 40,)
    )


def _halo(seed: bytes, palette: _Palette) -> str:
    return (
        f'<circle cx="{90 + seed[3] % 140}" cy="{70 + seed[4] % 80}" r="{120 + seed[5] % 60}"'
        f' fill="{palette.spark}" fill-opacity=".5"/>'
        f'<circle cx="{seed[6] % 320}" cy="{200 + seed[7] % 100}" r="{110 + seed[8] % 60}"'
        f' fill="{palette.deep}" fill-opacity=".75"/>'
    )


def _horizon(seed: bytes, palette: _Palette) -> str:
    y = 120 + seed[3] % 110
    return (
        f'<path d="M-20 {y} Q 160 {y - 60 - seed[4] % 60} 340 {y} V 340 H -20 Z"'
        f' fill="{palette.deep}" fill-opacity=".85"/>'
        f'<path d="M-20 {y + 70} Q 160 {y + 10 - seed[5] % 60} 340 {y + 70} V 340 H -20 Z"'
        f' fill="{palette.spark}" fill-opacity=".45"/>'
    )


_PALETTES: Final = (
    _Palette("#d96b3f", "#a63a24", "#f6d7b0", "#f2a950"),
    _Palette("#c8913a", "#8c5a1c", "#f8e6b8", "#e2603c"),
    _Palette("#2c8556", "#185a41", "#d9ecc4", "#e9b44c"),
    _Palette("#1a8c98", "#0f5b6b", "#cfeee6", "#f08a5d"),
    _Palette("#3c83d8", "#23529b", "#d6e8fb", "#f5c04e"),
    _Palette("#4a56b8", "#2b2f7a", "#d9d8fb", "#ef7b8a"),
    _Palette("#8450ad", "#532d78", "#ecd9f7", "#f0a35b"),
    _Palette("#c2407e", "#7f2456", "#f9d5e2", "#f6b25e"),
    _Palette("#7c756c", "#4d463f", "#ece4d6", "#d96b3f"),
    _Palette("#78872c", "#4c5a1b", "#eef0c4", "#dd6b4d"),
    _Palette("#31485f", "#1b2a3d", "#e7dfcf", "#e2603c"),
    _Palette("#b8503c", "#6e2a2a", "#f3dcc8", "#3f8f8c"),
)
_DRAWINGS: Final = (_sun, _record, _quarters, _waves, _bars, _moons, _steps)
_CALM: Final = (_halo, _horizon)
_UPRIGHT: Final = (_sun, _bars)
