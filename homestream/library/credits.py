"""Who did what on a track, besides its artists: from what its tags say, as printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from homestream.library import identity
from homestream.library.describe import Named

MOST: Final = 100  # of one track

# what to call each role, in the order in which they are printed
ROLES: Final = {
    "composer": "Composer",
    "lyricist": "Lyrics",
    "arranger": "Arrangement",
    "conductor": "Conductor",
    "orchestra": "Orchestra",
    "performer": "Performers",
    "remixer": "Remix",
    "djmixer": "DJ mix",
    "producer": "Producer",
    "engineer": "Engineer",
    "mixer": "Mix",
}
# on the page of a person: what else they did
ALSO: Final = {
    "composer": "Also composed",
    "lyricist": "Also wrote the words of",
    "arranger": "Also arranged",
    "conductor": "Also conducted",
    "orchestra": "Also performed on",
    "performer": "Also performed on",
    "remixer": "Also remixed",
    "djmixer": "Also mixed",
    "producer": "Also produced",
    "engineer": "Also engineered",
    "mixer": "Also mixed",
}
_ENSEMBLES: Final = frozenset({"orchestra", "ensemble", "choir", "chorus", "choir vocals"})


class Person(msgspec.Struct, frozen=True, array_like=True):
    """As `tags.Credit`."""

    name: str
    role: str = ""


class Printed(msgspec.Struct, frozen=True):
    """What `track.tags` holds of all this; see `tags.Tags`."""

    composers: tuple[str, ...] = ()
    composer_sort: str = ""
    conductors: tuple[str, ...] = ()
    performers: tuple[Person, ...] = ()
    credits: tuple[Person, ...] = ()
    work: str = ""
    movement: str = ""
    movement_number: int | None = None
    movement_total: int | None = None
    show_movement: bool = False
    work_mbid: str = ""
    recording_mbid: str = ""
    track_mbid: str = ""
    release_mbid: str = ""
    release_group_mbid: str = ""
    label: str = ""
    catalog_number: str = ""
    barcode: str = ""
    media: str = ""
    version: str = ""
    isrc: str = ""
    copyright: str = ""
    license: str = ""
    moods: tuple[str, ...] = ()
    date: str = ""
    release_date: str = ""
    original_date: str = ""


class Credit(msgspec.Struct, frozen=True):
    """One person in one role; `instrument` is what they play or sing, where that is told."""

    person: Named
    role: str
    instrument: str = ""


def printed(tags: str) -> Printed:
    """What the JSON of `track.tags` says; nothing where it has another shape."""
    try:
        return msgspec.json.decode(tags, type=Printed)
    except msgspec.MsgspecError:
        return Printed()


def of(tags: Printed) -> list[Credit]:
    """Everybody who is named, each once in each role, in the order of `ROLES`."""
    found: dict[tuple[str, str], Credit] = {}

    def add(name: str, role: str, instrument: str = "", sort: str | None = None) -> None:
        key = (role, identity.fold(name))
        before = found.get(key)
        if before is None:
            found[key] = Credit(Named(name, sort=sort), role, instrument)
        elif instrument and instrument not in before.instrument.split(", "):
            both = ", ".join(filter(None, (before.instrument, instrument)))
            found[key] = Credit(before.person, role, both)

    sort = tags.composer_sort if len(tags.composers) == 1 else None
    for name in tags.composers:
        add(name, "composer", sort=sort)
    for name in tags.conductors:
        add(name, "conductor")
    for person in tags.performers:
        ensemble = person.role.casefold() in _ENSEMBLES
        add(person.name, *(("orchestra",) if ensemble else ("performer", person.role)))
    for person in tags.credits:
        if person.role in ROLES:
            add(person.name, person.role)
    order = list(ROLES)
    return sorted(found.values(), key=lambda credit: order.index(credit.role))[:MOST]


def performance(tags: Printed, artist_credit: str) -> str:
    """What tells two performances of one work apart: conductors, ensembles and soloists, or else
    the artists as printed.
    """
    people: Sequence[str] = [
        *tags.conductors,
        *(person.name for person in tags.performers),
    ]
    return "\n".join(sorted({identity.fold(name) for name in people})) or identity.fold(
        artist_credit
    )
