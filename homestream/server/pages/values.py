"""What scripts get with the HTML, in the JSON API's own shapes, and numbers in words."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from homestream import ids
from homestream.ids import ArtId
from homestream.library.catalogue import Track
from homestream.library.watch import State

SIZES: Final = (96, 320, 640, 960)


def art(picture: ArtId | None, size: int, name: str, of: str = "") -> str:
    """The address of a cover of about `size` pixels, or of a drawing for `name`.

    `of` is the public id of what is drawn.
    """
    if picture is None:
        return f"/covers/{quote(name.strip() or '-', safe='')}" + (f"?of={of}" if of else "")
    return f"/api/v1/art/{ids.public('art', picture)}/{size}.webp"


def track(item: Track) -> dict[str, Any]:
    """A track as GET /api/v1/tracks/{track} gives it, without the facts of its file."""
    return {
        "id": ids.public("track", item.id),
        "title": item.title,
        "album": {"id": ids.public("album", item.album), "title": item.album_title},
        "artists": [{"id": ids.public("artist", a.id), "name": a.name} for a in item.artists],
        "artist_credit": item.artist_credit,
        "disc": item.disc,
        "position": item.position,
        "duration": item.duration,
        "explicit": item.explicit,
        "starred": item.starred,
        "away": item.away,
        "art": None
        if item.art is None
        else {str(size): art(item.art, size, item.album_title) for size in SIZES},
        "codec": item.codec,
        "sample_rate": item.sample_rate,
        "bit_depth": item.bit_depth,
        "bit_rate": item.bit_rate,
        "lossless": item.lossless,
        "spoken": item.spoken,
    }


def codec(name: str) -> str:
    """What people call a codec: "FLAC", "MP3", "PCM"."""
    return "PCM" if name.startswith("pcm") else name.upper()


def quality(item: Track) -> str:
    """A track's quality in short: "MP3 320", "FLAC", "FLAC 24/96"."""
    name = codec(item.codec)
    if item.lossless:
        fine = item.bit_depth is not None and (item.bit_depth > 16 or item.sample_rate > 48_000)
        return f"{name} {item.bit_depth}/{item.sample_rate / 1000:g}" if fine else name
    return f"{name} {round(item.bit_rate / 1000)}" if item.bit_rate else name


def clock(seconds: float) -> str:
    """A track's length: "3:45", "1:02:03"."""
    whole = round(seconds)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def length(seconds: float) -> str:
    """An album's length in words: "52 min", "1 hr 12 min"."""
    minutes = max(1, round(seconds / 60))
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} hr {rest} min" if rest else f"{hours} hr"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 album", "12 albums"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def room(size: int) -> str:
    """A number of bytes as people say it: "3.2 GB", "640 MB", "12 kB"."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            number = size / scale
            return f"{number:.1f} {unit}" if number < 10 else f"{number:,.0f} {unit}"
    return count(size, "byte")


def ago(milliseconds: int, now: float | None = None) -> str:
    """When something was, as people say it: "just now", "5 minutes ago", "3 March 2026"."""
    seconds = (time.time() if now is None else now) - milliseconds / 1000
    if seconds < 90:
        return "just now"
    if seconds < 3600:
        return f"{round(seconds / 60)} minutes ago"
    if seconds < 86400:
        return f"{count(round(seconds / 3600), 'hour')} ago"
    if seconds < 14 * 86400:
        return f"{count(round(seconds / 86400), 'day')} ago"
    when = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{when.day} {when:%B %Y}"


def watching(state: State) -> str:
    """How changes in a folder are noticed, as a sentence."""
    every = period(state.every)
    if state.kind == "polled":
        return f"Looked through every {every}: {state.reason}."
    if state.kind == "off":
        return "Not watched: switched off in the configuration."
    if state.kind == "away":
        return f"Away {since(state.since)}: {state.reason}."
    if state.part:
        return f"Watched; {state.part} is looked through every {every}, as {state.reason}."
    return "Watched: changes show up within seconds."


def period(seconds: float) -> str:
    """A span of time between two things: "30 seconds", "10 minutes", "2 hours"."""
    if seconds < 120:
        return count(round(seconds), "second")
    return count(round(seconds / 60), "minute") if seconds < 7200 else f"{seconds / 3600:g} hours"


def since(milliseconds: int) -> str:
    """Since when something is so: "since 14:05", "since 3 March, 14:05", as the clock here goes."""
    when, now = datetime.fromtimestamp(milliseconds / 1000), datetime.now()
    if when.date() == now.date():
        return f"since {when:%H:%M}"
    return f"since {when.day} {when:%B}, {when:%H:%M}"


def greeting(hour: int) -> str:
    if 5 <= hour < 12:
        return "Good morning"
    return "Good afternoon" if 12 <= hour < 18 else "Good evening"
