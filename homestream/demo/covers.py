"""The sleeves of the demo library: flat shapes, few colours, a little grain, one lamp as emblem.

Coordinates are pixels on a square of SIZE, y downwards; colours are "#rrggbb".
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIZE: Final = 1000
SCALE: Final = 2  # of drawn masks, for smooth edges
CREAM: Final = "#f4ead6"

Mask = NDArray[np.floating[Any]]  # (SIZE, SIZE), 0 to 1
Point = tuple[float, float]


@functools.cache
def jpeg(name: str) -> bytes:
    """The sleeve of that name as a JPEG of 1000 by 1000 pixels."""
    canvas = Canvas()
    SLEEVES[name](canvas)
    return canvas.jpeg()


class Canvas:
    def __init__(self) -> None:
        self.image = np.zeros((SIZE, SIZE, 3), np.float32)
        self.y, self.x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) + np.float32(0.5)

    def ground(self, *colours: str) -> None:
        """A gradient from the top to the bottom."""
        stops = np.array([_rgb(colour) for colour in colours])
        at = np.linspace(0, SIZE, len(colours))
        rows = np.stack([np.interp(self.y[:, 0], at, stops[:, c]) for c in range(3)], axis=1)
        self.image[:] = rows[:, None, :]

    def paint(self, mask: Mask, colour: str, *, opacity: float = 1.0, to: str = "") -> None:
        """The colour where the mask is; with `to`, a gradient downwards over the mask's height."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        share = np.linspace(0, 1, rows[-1] + 1 - rows[0], dtype=np.float32)[:, None, None]
        ink = _rgb(colour) + share * (_rgb(to or colour) - _rgb(colour))
        self.image[box] += (ink - self.image[box]) * (mask[box][:, :, None] * np.float32(opacity))

    def glow(self, x: float, y: float, radius: float, colour: str, opacity: float) -> None:
        """Light that falls off with distance."""
        at = np.arange(SIZE, dtype=np.float32) + 0.5
        across, down = (np.exp(-2 * ((at - middle) / radius) ** 2) for middle in (x, y))
        self.paint(np.outer(down, across), colour, opacity=opacity)

    def disc(self, x: float, y: float, radius: float) -> Mask:
        mask = np.zeros((SIZE, SIZE), np.float32)
        box = tuple(
            slice(max(0, int(middle - radius) - 1), max(0, int(middle + radius) + 2))
            for middle in (y, x)
        )
        mask[box] = _edge(radius - np.hypot(self.x[box] - x, self.y[box] - y))
        return mask

    def ring(self, x: float, y: float, radius: float, width: float) -> Mask:
        return self.disc(x, y, radius + width / 2) - self.disc(x, y, radius - width / 2)

    def below(self, heights: Mask) -> Mask:
        """All that lies under a line, given as y for each column."""
        return _edge(self.y - heights[None, :])

    def drawn(self, draw: Callable[[ImageDraw.ImageDraw], None]) -> Mask:
        """A mask by Pillow's drawing, on a sheet that is SCALE times as large."""
        sheet = Image.new("L", (SIZE * SCALE, SIZE * SCALE))
        draw(ImageDraw.Draw(sheet))
        small = sheet.reduce(SCALE)
        return np.asarray(small, np.float32) / 255

    def polygon(self, points: Sequence[Point]) -> Mask:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        return self.drawn(lambda draw: draw.polygon(scaled, fill=255))

    def dots(self, dots: Sequence[tuple[float, float, float]]) -> Mask:
        """Many small discs, each (x, y, radius)."""

        def draw(sheet: ImageDraw.ImageDraw) -> None:
            for x, y, r in dots:
                box = ((x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE)
                sheet.ellipse(box, fill=255)

        return self.drawn(draw)

    def boxes(self, boxes: Sequence[tuple[float, float, float, float]], radius: float = 0) -> Mask:
        def draw(sheet: ImageDraw.ImageDraw) -> None:
            for x0, y0, x1, y1 in boxes:
                box = (x0 * SCALE, y0 * SCALE, x1 * SCALE - 1, y1 * SCALE - 1)
                sheet.rounded_rectangle(box, radius * SCALE, fill=255)

        return self.drawn(draw)

    def lines(self, lines: Sequence[Sequence[Point]], width: float) -> Mask:
        def draw(sheet: ImageDraw.ImageDraw) -> None:
            for points in lines:
                scaled = [(x * SCALE, y * SCALE) for x, y in points]
                sheet.line(scaled, fill=255, width=round(width * SCALE), joint="curve")
                for x, y in (scaled[0], scaled[-1]):
                    r = width * SCALE / 2
                    sheet.ellipse((x - r, y - r, x + r, y + r), fill=255)

        return self.drawn(draw)

    def jpeg(self) -> bytes:
        self._emblem()
        rng = np.random.default_rng(7)
        grain = rng.normal(0, 1, (SIZE, SIZE)).astype(np.float32)
        grain = 0.6 * grain + 0.4 * (np.roll(grain, 1, 0) + np.roll(grain, 1, 1))
        self.image += 2.6 * grain[:, :, None]
        far = ((self.x - 500) ** 2 + (self.y - 500) ** 2) / 500**2
        self.image *= (1 - 0.05 * far)[:, :, None]
        out = io.BytesIO()
        pixels = np.clip(np.rint(self.image), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(out, "JPEG", quality=86, optimize=False)
        return out.getvalue()

    def _emblem(self) -> None:
        """The lamp of Lamplight Recordings."""
        x, y = 945.0, 945.0
        lamp = self.disc(x, y - 8, 13) + self.boxes(
            [(x - 8, y + 9, x + 8, y + 12), (x - 5, y + 15, x + 5, y + 18)], radius=1.5
        )
        self.paint(np.minimum(lamp, 1), CREAM, opacity=0.85)


def _ice(c: Canvas) -> None:
    """A pale sun over a sheet of ice, and the sea below it in layers."""
    c.ground("#dfeaec", "#c3dade", "#8fbcc6", "#5d98a8")
    c.glow(500, 330, 420, "#fff6e2", 0.8)
    c.paint(c.disc(500, 330, 150), "#fff3d9", to="#f7cfa5")
    c.paint(c.below(_wave(c, 448, 10, 1.2, 0.4)), "#e9f2f1", to="#b9d6da")
    shards = [
        [(60, 500), (250, 470), (330, 512), (170, 540)],
        [(640, 486), (890, 462), (960, 505), (760, 530)],
        [(360, 476), (560, 462), (610, 492), (450, 512)],
    ]
    for shard in shards:
        c.paint(c.polygon(shard), "#ffffff", opacity=0.8)
    layers = ("#4f93a6", "#357b93", "#22617d", "#164a68", "#0d3552", "#08233c")
    for number, colour in enumerate(layers):
        y = 560 + 76 * number
        line = _wave(c, y, 20 + 3 * number, 1.3 + 0.22 * number, 1.7 * number)
        c.paint(c.below(line), colour)
        c.paint(c.below(line) - c.below(line + 3), "#bfe3e6", opacity=0.35 - 0.04 * number)


def _dusk(c: Canvas) -> None:
    """Mountains behind mountains, a low sun and the first star."""
    c.ground("#231f4b", "#4a3672", "#8d4f86", "#d9787d", "#f6b282", "#fbd9a5")
    c.glow(640, 560, 420, "#ffdca6", 0.75)
    c.paint(c.disc(640, 560, 118), "#fff0cd", to="#ffc98a")
    rng = np.random.default_rng(3)
    for opacity in (0.35, 0.55, 0.85):
        spots = rng.uniform((0, 0, 0.8), (1000, 330, 2), (16, 3))
        c.paint(c.dots([(x, y, r) for x, y, r in spots.tolist()]), CREAM, opacity=opacity)
    star = [
        (250, 122),
        (258, 162),
        (298, 170),
        (258, 178),
        (250, 218),
        (242, 178),
        (202, 170),
        (242, 162),
    ]
    c.paint(c.polygon(star), CREAM)
    layers = (
        ("#c9748c", "#e79a8b", 560),
        ("#93568a", "#bd6d8b", 640),
        ("#633f7c", "#83508a", 725),
        ("#3d2d63", "#553b76", 815),
        ("#211c47", "#2f2658", 905),
    )
    for number, (dark, light, y) in enumerate(layers):
        c.paint(c.below(_ridge(c, y, 95 - 9 * number, 11 + number)), dark, to=light)


def _train(c: Canvas) -> None:
    """A night train in front of a striped sun, its windows lit."""
    c.ground("#140f33", "#2b1655", "#6b1f72", "#c83a78", "#ff8a5c")
    c.glow(500, 470, 430, "#ff9e6d", 0.55)
    sun = c.disc(500, 440, 270)
    gaps = [(0, 380 + 46 * n, 1000, 380 + 46 * n + 5 + 3.4 * n) for n in range(8)]
    c.paint(sun * (1 - c.boxes(gaps)), "#ffe27a", to="#ff4f87")
    c.paint(c.below(_ridge(c, 640, 60, 21)), "#1d1147", to="#150c38")
    c.paint(c.boxes([(0, 690, 1000, 1000)]), "#120a30", to="#1e0f48")
    grid = [[(500 + 60 * n, 690), (500 + 420 * n, 1010)] for n in range(-9, 10)]
    across = [[(0, y), (1000, y)] for y in (712, 742, 784, 842, 922)]
    c.paint(c.lines([*grid, *across], 2), "#ff5fa8", opacity=0.5)
    c.paint(c.boxes([(-40, 556, 770, 690)], 20), "#0d0726")
    c.paint(c.polygon([(740, 556), (810, 560), (905, 640), (915, 690), (740, 690)]), "#0d0726")
    windows = [(18 + 108 * n, 586, 100 + 108 * n, 634) for n in range(-1, 7)]
    c.paint(c.boxes(windows, 10), "#ffd978", to="#ff9d5c")
    c.paint(c.polygon([(784, 588), (806, 588), (862, 634), (784, 634)]), "#7fe3f0")
    c.paint(c.boxes([(-40, 656, 912, 664)]), "#ff4f87")
    c.glow(908, 668, 90, "#fff2b8", 0.9)


def _cup(c: Canvas) -> None:
    """A cup of coffee in fat pixels."""
    c.ground("#0e6e74", "#118a86", "#2fb39a")
    unit = 50
    for row in range(20):
        for column in range(20):
            if (row + column) % 2:
                box = (column * unit, row * unit, column * unit + unit, row * unit + unit)
                c.image[box[1] : box[3], box[0] : box[2]] *= 0.965
    art = (
        "....................",
        "....................",
        "......s...s.........",
        ".......s...s........",
        "......s...s.........",
        ".....s...s..........",
        "......s...s.........",
        "....................",
        "...kkkkkkkkkkk......",
        "..kbbbbbbbbbbbk.....",
        "..kwbbbbbbbbbgkkkk..",
        "..kwwrrwwrrwwgk..k..",
        "..kwrrrrrrrrwgk..k..",
        "..kwrrrrrrrrwgk..k..",
        "..kwwrrrrrrwwgkkk...",
        "..kwwwrrrrwwwgk.....",
        "...kwwwrrwwwgk......",
        "....kwwwwwwgk.......",
        "..yyykkkkkkkkyyy....",
        "....................",
    )
    inks = {
        "s": "#d8f3e6",
        "k": "#12233f",
        "b": "#7a4328",
        "w": "#fff4dc",
        "r": "#ff5d6c",
        "g": "#e6cfae",
        "y": "#ffc857",
    }
    for letter, ink in inks.items():
        boxes = [
            (x * unit + 15, y * unit - 25, x * unit + unit + 15, y * unit + unit - 25)
            for y, row in enumerate(art)
            for x, found in enumerate(row)
            if found == letter
        ]
        c.paint(c.boxes(boxes), ink)


def _rain(c: Canvas) -> None:
    """Slanting drops over rings on a pond."""
    c.ground("#e8ead2", "#cfdcbf", "#9fc0a0", "#6c9d88")
    c.paint(c.below(_wave(c, 610, 8, 0.8, 0.3)), "#4f8a7c", to="#2f6463")
    for x, y, count, ink in (
        (300.0, 800.0, 5, "#d9ead3"),
        (720.0, 705.0, 4, "#f2c879"),
        (640.0, 900.0, 3, "#d9ead3"),
    ):
        for number in range(count):
            radius = 30 + 42 * number
            far = np.abs(np.hypot(c.x - x, (c.y - y) * 2.6) - radius)
            c.paint(_edge(4.5 - far * 0.9), ink, opacity=0.85 - 0.14 * number)
    rng = np.random.default_rng(14)
    for ink, count, width in (("#4f8a7c", 26, 9), ("#f7f4e3", 16, 12), ("#e2765a", 5, 12)):
        drops: list[list[Point]] = []
        for _ in range(count):
            x, y = float(rng.uniform(-20, 1040)), float(rng.uniform(-40, 560))
            length = float(rng.uniform(50, 120))
            drops.append([(x, y), (x - 0.34 * length, y + length)])
        c.paint(c.lines(drops, width), ink, opacity=0.92)
    leaf = _leaf(640, 560, 820, 680)
    c.paint(c.polygon(leaf), "#e2765a")
    c.paint(c.lines([[(646, 566), (815, 676)]], 5), "#f7f4e3", opacity=0.8)


def _kettle(c: Canvas) -> None:
    """A kettle of circles and arcs, and the steam that sings."""
    c.ground("#f6e3bd", "#f2cf94", "#eab775")
    c.paint(c.disc(500, 470, 400), "#f9eccd", opacity=0.7)
    c.paint(c.boxes([(0, 800, 1000, 1000)]), "#a4472f", to="#7f3426")
    c.paint(c.ring(500, 470, 190, 34) * (c.y < 480), "#2f3a4a")
    body = c.disc(500, 620, 235) * (c.y < 800)
    c.paint(c.polygon([(640, 560), (812, 412), (880, 412), (880, 440), (655, 745)]), "#c8553d")
    c.paint(body, "#d9653f", to="#b5432f")
    c.paint(body * c.disc(400, 560, 250) * (1 - c.disc(455, 590, 250)), "#f2a65a", opacity=0.9)
    c.paint(c.boxes([(370, 398, 630, 424)], 13), "#2f3a4a")
    c.paint(c.disc(500, 384, 26), "#2f3a4a")
    c.paint(c.boxes([(265, 786, 735, 806)], 10), "#2f3a4a")
    steam = []
    for shift, height in ((0, 230), (46, 310)):
        up = np.linspace(0, height, 80)
        x = 824 + shift + 26 * np.sin(up / 36) * (0.4 + up / 310)
        steam.append(list(zip(x.tolist(), (372 - up).tolist(), strict=True)))
    c.paint(c.lines(steam, 13), "#fff8e6", opacity=0.95)
    crumbs = [(130, 870, 12), (250, 930, 12), (420, 880, 12), (600, 940, 12), (760, 875, 12)]
    c.paint(c.dots(crumbs), "#f2cf94", opacity=0.5)


def _umbrella(c: Canvas) -> None:
    """An umbrella in wedges under a grey sky, and lights in the wet street."""
    c.ground("#4b5a78", "#66769a", "#8f97ae", "#b9a9ac")
    rng = np.random.default_rng(5)
    rain: list[list[Point]] = []
    for _ in range(70):
        x, y = float(rng.uniform(0, 1000)), float(rng.uniform(-30, 900))
        rain.append([(x, y), (x, y + float(rng.uniform(30, 80)))])
    c.paint(c.lines(rain, 3), "#dfe4ee", opacity=0.35)
    c.paint(c.boxes([(0, 770, 1000, 1000)]), "#2e3550", to="#20253c")
    for x, ink in ((140, "#ffcf6e"), (330, "#e86a5c"), (690, "#7bd0c4"), (860, "#ffcf6e")):
        c.glow(x, 800, 120, ink, 0.4)
        stripes = [(x - 36 + 6 * n, 790 + 26 * n, x + 36 - 6 * n, 800 + 26 * n) for n in range(5)]
        c.paint(c.boxes(stripes, 5), ink, opacity=0.7)
    centre, top, radius = 500.0, 480.0, 350.0
    wedge = 2 * radius / 5
    hem = top - 34 * np.abs(np.sin(np.pi * (c.x[0] - centre + radius) / wedge))
    dome = c.disc(centre, top, radius) * (1 - c.below(hem))
    inks = ("#e86a5c", "#f4ead6", "#f0b65d", "#f4ead6", "#e86a5c")
    edges = np.linspace(-1, 1, 6)
    rise = np.sqrt(np.clip(1 - ((c.y - top) / radius) ** 2, 0, 1)) * radius
    across = (c.x - centre) / np.maximum(rise, 1)
    for number, ink in enumerate(inks):
        inside = (across >= edges[number]) & (across < edges[number + 1])
        c.paint(dome * inside, ink)
    c.paint(c.boxes([(493, 440, 507, 800)], 7), "#20253c")
    c.paint(c.ring(452, 800, 48, 14) * (c.y >= 800), "#20253c")
    c.paint(c.boxes([(494, 108, 506, 140)], 5), "#20253c")


def _lamps(c: Canvas) -> None:
    """Sixteen windows, one for each evening, in the colours of all the sleeves."""
    c.ground("#1b1f3a", "#141730")
    inks = ("#f0b65d", "#e86a5c", "#4f8a7c", "#8fbcc6", "#f4ead6", "#93568a", "#2fb39a", "#ff8a5c")
    order = np.random.default_rng(12)
    unit = 205
    for row in range(4):
        for column in range(4):
            x, y = 90 + column * unit, 90 + row * unit
            one, two = order.choice(len(inks), 2, replace=False)
            box = c.boxes([(x, y, x + unit, y + unit)])
            kind = int(order.integers(4))
            lit = (row, column) in {(1, 1), (2, 3)}
            c.paint(box, "#20254a" if lit else inks[one], opacity=1.0)
            if lit:
                at = (x + unit / 2, y + unit / 2)
                c.paint(
                    box * np.exp(-((np.hypot(c.x - at[0], c.y - at[1]) / 90) ** 2)),
                    "#ffd978",
                )
                c.paint(c.disc(*at, 44), "#fff4d2")
                continue
            corner = ((x, y), (x + unit, y), (x, y + unit), (x + unit, y + unit))[kind]
            c.paint(box * c.disc(*corner, unit), inks[two])
            c.paint(box * c.disc(*corner, unit * 0.55), inks[one])
            c.paint(box * c.disc(*corner, unit * 0.22), "#1b1f3a")


SLEEVES: Final[dict[str, Callable[[Canvas], None]]] = {
    "ice": _ice,
    "dusk": _dusk,
    "train": _train,
    "cup": _cup,
    "rain": _rain,
    "kettle": _kettle,
    "umbrella": _umbrella,
    "lamps": _lamps,
}


def _rgb(colour: str) -> Mask:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)


def _edge(inside: Mask) -> Mask:
    """A signed distance in pixels as coverage."""
    return np.asarray(np.clip(inside + 0.5, 0, 1), np.float32)


def _wave(c: Canvas, y: float, height: float, turns: float, phase: float) -> Mask:
    at = c.x[0] / SIZE * 2 * np.pi * turns + phase
    return np.asarray(y + height * (np.sin(at) + 0.35 * np.sin(2.3 * at + 1)), np.float32)


def _ridge(c: Canvas, y: float, height: float, seed: int) -> Mask:
    """A mountain line: sharp steps, halved in size at each turn."""
    rng = np.random.default_rng(seed)
    line = np.zeros(SIZE)
    for octave, count in enumerate((5, 10, 21, 43, 90)):
        knots = rng.uniform(-1, 1, count + 1)
        line += np.interp(np.arange(SIZE), np.linspace(0, SIZE, count + 1), knots) / 2**octave
    return (y - height * line / 1.4).astype(np.float32)


def _leaf(x0: float, y0: float, x1: float, y1: float) -> list[Point]:
    t = np.linspace(0, 1, 40)
    along = np.array([x1 - x0, y1 - y0])
    side = np.array([-along[1], along[0]]) * 0.28
    bulge = np.sin(np.pi * t)[:, None] * side
    spine = np.array([x0, y0]) + t[:, None] * along
    outline = np.concatenate([spine + bulge, (spine - bulge)[::-1]])
    return [(float(x), float(y)) for x, y in outline]
