"""Works, their performances, and everything about one track; and how an album of works is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from homestream import ids
from homestream.household.access import Role
from homestream.ids import ArtistId, TrackId, WorkId
from homestream.library import about, analysis, catalogue, chapters, credits, works
from homestream.library.analysis import Heard
from homestream.library.catalogue import Track
from homestream.library.works import Movement
from homestream.listening import earlier
from homestream.media.facts import LOSSLESS
from homestream.server import answers
from homestream.server.pages.render import page
from homestream.server.routing import Access, Call, Route

PAGE: Final = 100
_AUDIBLE: Final = 0.1  # seconds of silence that are worth telling
_ROMAN: Final = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


class WorksQuery(msgspec.Struct, frozen=True):
    composer: Annotated[str, msgspec.Meta(max_length=24)] | None = None
    cursor: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


async def every(call: Call) -> web.Response:
    """GET /works: by composer."""
    query: WorksQuery = call.query
    db, visibility = call.home.db, call.who.visibility
    composer = None
    if query.composer is not None:
        wanted = ArtistId(ids.parse("artist", query.composer))
        composer = (await catalogue.artist(db, visibility, call.listener.id, wanted))[0]
    found = await works.every(
        db,
        visibility,
        composer=composer.id if composer is not None else None,
        limit=PAGE,
        cursor=query.cursor,
    )
    return await page(
        call,
        "pages/works.html",
        composer=composer,
        works=found.items,
        next=answers.next_page(call.request, found.next),
    )


async def one(call: Call) -> web.Response:
    """GET /works/{work}"""
    wanted = WorkId(ids.parse("work", call.path["work"]))
    work, performances = await works.one(
        call.home.db, call.who.visibility, call.listener.id, wanted
    )
    return await page(
        call, "pages/work.html", work=work, performances=performances, movement_title=movement_title
    )


async def track(call: Call) -> web.Response:
    """GET /tracks/{track}: about this track; the menu shows it as a dialog."""
    wanted = TrackId(ids.parse("track", call.path["track"]))
    found = await about.track(call.home.db, call.who.visibility, call.listener.id, wanted)
    heard = await analysis.of_track(call.home.db, call.who.visibility, wanted)
    return await page(
        call,
        "pages/track.html",
        about=found,
        track=found.track,
        chapters=(await chapters.of_tracks(call.home.db, [wanted])).get(wanted, []),
        credits=[(credits.ROLES[role], named) for role, named in found.credits.items()],
        movement_title=movement_title,
        plays=await earlier.of(call.home.db, call.who.visibility, call.listener.id, wanted),
        sound=None if heard is None else _sound(heard),
        file=_file(found.file),
        place=found.file.path if call.who.role is Role.OWNER else None,
        license_link=_link(found.license),
    )


def parts(tracks: Sequence[Track], movements: Mapping[TrackId, Movement]) -> list[dict[str, Any]]:
    """Tracks of a disc in turn, those of one performance of a work together under its name.

    A work that is one track and no movement of it is a track like others.
    """
    found: list[dict[str, Any]] = []
    for each in tracks:
        movement = movements.get(each.id)
        before = found[-1]["work"] if found else None
        if (
            found
            and (movement is None) == (before is None)
            and (movement is None or not works.begins_anew(found[-1]["last"], movement))
        ):
            found[-1]["tracks"].append(each)
        else:
            found.append({"work": movement, "tracks": [each]})
        found[-1]["last"] = movement
    for part in found:
        work = part["work"]
        if work is not None and len(part["tracks"]) == 1 and not work.movement:
            part["work"] = None
    return found


def movement_title(each: Track, movement: Movement | None) -> str:
    """What a track is called under the name of its work: "II. Andante"; empty: as ever."""
    if movement is None or not (movement.movement or movement.number):
        return ""
    name = movement.movement or each.title
    number = movement.number
    if number is None or name.partition(" ")[0].rstrip(".:") in (str(number), _roman(number)):
        return name
    return f"{_roman(number)}. {name}"


def _roman(number: int) -> str:
    if not 0 < number < 40:
        return str(number)
    written = ""
    for value, letters in _ROMAN:
        while number >= value:
            written += letters
            number -= value
    return written


def _file(file: catalogue.File) -> list[tuple[str, str]]:
    """The facts of a file, as people say them."""
    facts = file.facts
    exact = facts.codec in LOSSLESS or facts.codec.startswith("pcm_")
    told = [
        ("Format", f"{facts.codec.upper()} in {facts.container}"),
        ("Sampled at", f"{facts.sample_rate / 1000:g} kHz, {facts.layout}"),
        ("Size", f"{file.size / 1_000_000:.1f} MB"),
    ]
    if facts.bit_depth and exact:
        told.insert(2, ("Depth", f"{facts.bit_depth} bit, lossless"))
    if facts.bit_rate:
        told.insert(2, ("Bit rate", f"{round(facts.bit_rate / 1000)} kbit/s"))
    return told


def _sound(heard: Heard) -> list[tuple[str, str]]:
    """What the analysis told, as people say it."""
    lead, trail = (
        samples / heard.sample_rate for samples in (heard.lead_samples, heard.trail_samples)
    )
    told: list[tuple[str, str]] = []
    if heard.loudness is not None:
        told.append(
            (
                "Loudness",
                f"{_number(heard.loudness)} LUFS, range {_number(heard.loudness_range or 0)} LU",
            )
        )
    if heard.true_peak is not None:
        told.append(("True peak", f"{_number(heard.true_peak)} dB"))
    if heard.bpm is not None:
        told.append(("Tempo", f"{round(heard.bpm)} beats a minute"))
    if heard.key is not None:
        minor = heard.key.endswith("m")
        told.append(("Key", f"{heard.key[:-1]} minor" if minor else f"{heard.key} major"))
    if heard.energy is not None:
        told.append(("Energy", f"{round(heard.energy * 100)} of 100"))
    silent = max(lead, trail) >= _AUDIBLE
    told.append(
        ("Silence", f"{_number(lead)} s before, {_number(trail)} s after" if silent else "none")
    )
    if heard.problem:
        told.append(("Problem", heard.problem))
    return told


def _number(value: float) -> str:
    return f"{round(value, 1):g}".replace("-", "−")


def _link(text: str) -> str | None:
    """The licence as a link, if it is the address of a page and nothing else."""
    address = text.strip()
    plain = address.isascii() and address.isprintable() and not set(" \"'<>\\") & set(address)
    return address if plain and address.lower().startswith(("https://", "http://")) else None


ROUTES: Final = [
    Route("GET", "/works", every, Access.LISTENER, query=WorksQuery),
    Route("GET", "/works/{work}", one, Access.LISTENER),
    Route("GET", "/tracks/{track}", track, Access.LISTENER),
]
