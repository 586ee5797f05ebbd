"""The report as one page: the figures of benchmarks/report/*.json as bars, and the other
benchmarks' words as they were printed. It needs nothing but itself, by light and in the dark."""

from __future__ import annotations

import os
import platform
from datetime import date
from html import escape
from pathlib import Path

import msgspec

from benchmarks._figures import REPORT, Bar, Figure, Section, spelt

_ORDER = ("streaming", "joins", "serving", "listeners")
_WIDTH, _LINE = 720, 26  # of a drawing; half of a bar with its label
_STYLE = """
:root { color-scheme: light dark; --bg: light-dark(#faf9f7, #0f0f11);
  --surface: light-dark(#fff, #18181b); --text: light-dark(#1c1a18, #f4f2ef);
  --muted: light-dark(#68635c, #a5a19b); --line: light-dark(#e6e2dc, #2c2c31);
  --accent: light-dark(#cf4417, #ff7d4d); --other: light-dark(#c9c3ba, #4a4950);
  --good: light-dark(#1d7a4a, #6fd6a0); --bad: light-dark(#b3261e, #ff8a80); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text);
  font: 15px/1.5 "Inter Variable", system-ui, sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: clamp(1rem, 4vw, 3rem); }
h1 { font-size: clamp(1.7rem, 4vw, 2.5rem); letter-spacing: -.02em; margin: 0; }
h2 { font-size: 1.35rem; margin: 3rem 0 .2rem; } h3 { font-size: .95rem; margin: 0 0 .6rem; }
p { margin: .2rem 0; color: var(--muted); max-width: 75ch; }
.cards { display: grid; gap: 1rem; margin-top: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 14px;
  padding: 1.1rem 1.2rem; min-width: 0; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--text); font-size: 19px; }
svg .value { font-weight: 600; font-variant-numeric: tabular-nums; }
.ours { fill: var(--accent); } .theirs { fill: var(--other); }
.reach { stroke: var(--good); stroke-width: 3; stroke-dasharray: 5 4; }
.verdict { color: var(--text); font-weight: 600; margin-top: .6rem; }
.mark { border-radius: 99px; padding: .1rem .6rem; font-size: .8rem; margin-left: .4rem;
  border: 1px solid currentColor; white-space: nowrap; }
.yes { color: var(--good); } .no { color: var(--bad); } small { color: var(--muted); }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; }
td, th { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { overflow-x: auto; } details { margin: 1rem 0; } summary { cursor: pointer; }
pre { overflow-x: auto; font-size: 12px; line-height: 1.35; background: var(--surface);
  border: 1px solid var(--line); border-radius: 10px; padding: 1rem; }
"""


def write(texts: list[Path]) -> Path:
    """Writes report/index.html of the sections that there are, and of the texts of the others."""
    found = {
        path.stem: msgspec.json.decode(path.read_bytes(), type=Section)
        for path in REPORT.glob("*.json")
    }
    sections = [found[name] for name in _ORDER if name in found]
    sections += [found[name] for name in sorted(found) if name not in _ORDER]
    words = "".join(
        f"<details><summary>{escape(path.stem)}</summary><pre>{escape(path.read_text())}</pre>"
        "</details>"
        for path in texts
        if path.stem not in found
    )
    target = REPORT / "index.html"
    target.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>How fast homestream is</title><style>{_STYLE}</style><main>"
        "<h1>How fast homestream is</h1>"
        f"<p>{date.today():%-d %B %Y}, {os.cpu_count()} cores ({escape(platform.machine())}), "
        f"Python {platform.python_version()}. Everything beside each other ran in turn in one run; "
        "values are medians. The dashed line is the reach: what is aimed at.</p>"
        f"{_summary(sections)}{''.join(map(_section, sections))}"
        f"{'<h2>In words</h2>' if words else ''}{words}</main></html>"
    )
    return target


def _summary(sections: list[Section]) -> str:
    rows = "".join(
        f'<tr><td>{escape(figure.title)}</td><td class="n">{_ratio(figure)}</td>'
        f'<td class="n">{_bound(figure)}</td><td>{_mark(figure)}</td></tr>'
        for section in sections
        for figure in section.figures
        if figure.reached is not None
    )
    return (
        '<div class="wide"><table><tr><th>Measured</th><th>Found</th><th>Reach</th><th></th></tr>'
        f"{rows}</table></div>"
    )


def _section(section: Section) -> str:
    load = f"Load average {section.load[0]:.1f} before, {section.load[1]:.1f} after."
    cards = "".join(map(_card, section.figures))
    return (
        f"<h2>{escape(section.title)}</h2><p>{escape(section.about)} {load}</p>"
        f'<div class="cards">{cards}</div>'
    )


def _card(figure: Figure) -> str:
    verdict = ""
    if figure.ratio is not None:
        verdict = f'<p class="verdict">{_ratio(figure)}{_mark(figure)}</p>'
    note = f"<p><small>{escape(figure.note)}</small></p>" if figure.note else ""
    return (
        f'<div class="card"><h3>{escape(figure.title)}</h3>{_drawn(figure)}'
        f"<p><small>{escape(figure.unit)}</small></p>{verdict}{note}</div>"
    )


def _ratio(figure: Figure) -> str:
    return f"{spelt(figure.ratio or 0)} {escape(figure.ratio_unit)}"


def _bound(figure: Figure) -> str:
    return f"{'at most' if figure.at_most else 'at least'} {spelt(figure.reach or 0)}"


def _mark(figure: Figure) -> str:
    match figure.reached:
        case None:
            return ""
        case True:
            return '<span class="mark yes">reached</span>'
    return f'<span class="mark no">not reached ({_bound(figure)})</span>'


def _drawn(figure: Figure) -> str:
    """The bars, and the value that ours would have at the reach."""
    line = _at_reach(figure)
    most = max([abs(bar.value) for bar in figure.bars] + ([line] if line else [])) or 1
    room = _WIDTH - 110

    def wide(value: float) -> float:
        return max(abs(value) / most * room, 2)

    rows = "".join(_bar(bar, place, wide(bar.value)) for place, bar in enumerate(figure.bars))
    height = 2 * _LINE * len(figure.bars)
    reach = ""
    if line is not None:
        reach = f'<line class="reach" x1="{line / most * room:.0f}" y1="0" '
        reach += f'x2="{line / most * room:.0f}" y2="{height}"/>'
    label = ", ".join(f"{bar.label} {spelt(bar.value)}" for bar in figure.bars)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{rows}{reach}</svg>"
    )


def _bar(bar: Bar, place: int, width: float) -> str:
    top = 2 * _LINE * place
    kind = "theirs" if place else "ours"
    return (
        f'<text x="0" y="{top + 19}">{escape(bar.label)}</text>'
        f'<rect class="{kind}" x="0" y="{top + 26}" width="{width:.0f}" height="18" rx="4"/>'
        f'<text class="value" x="{width + 8:.0f}" y="{top + 42}">{spelt(bar.value)}</text>'
    )


def _at_reach(figure: Figure) -> float | None:
    if not figure.reach or not figure.ratio or (figure.at_most and figure.bars[0].value < 0):
        return None
    ours = figure.bars[0].value
    if figure.unit.startswith("ms") and not figure.at_most:  # fewer are better
        return ours * figure.ratio / figure.reach
    return ours * figure.reach / figure.ratio
