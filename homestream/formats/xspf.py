"""XSPF playlists, version 1 (xspf.org): XML with a URI for each track."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from homestream.errors import BadInput
from homestream.formats.tracklist import LONGEST_VALUE, MOST_ENTRIES, Entry, Tracklist, one_line

NAMESPACE: Final = "http://xspf.org/ns/0/"
_DECLARED: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def parse(raw: bytes) -> Tracklist:
    """A list from the bytes of its document; BadInput where it is none.

    A document type, and with it every entity of one's own, is refused.
    """
    if _DECLARED.search(raw) or b"\0" in raw:
        raise BadInput("it declares a document type, which no such list needs")
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314 - see above
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise BadInput("it is not well-formed XML") from error
    if _local(root.tag) != "playlist":
        raise BadInput("it is not an XSPF playlist")
    tracks = next((each for each in root if _local(each.tag) == "trackList"), None)
    entries: list[Entry] = []
    for track in tracks if tracks is not None else ():
        told = {_local(each.tag): (each.text or "").strip() for each in reversed(list(track))}
        if _local(track.tag) != "track" or not told.get("location"):
            continue
        if len(entries) >= MOST_ENTRIES:
            break
        title = " - ".join(filter(None, (told.get("creator"), told.get("title"))))
        entries.append(
            Entry(told["location"][:LONGEST_VALUE], one_line(title), _seconds(told.get("duration")))
        )
    name = next((each.text or "" for each in root if _local(each.tag) == "title"), "")
    return Tracklist(tuple(entries), one_line(name))


def write(tracklist: Tracklist) -> str:
    """The document of a list. Paths become relative URIs."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<playlist version="1" xmlns="{NAMESPACE}">',
        *([f"  <title>{_text(tracklist.name)}</title>"] if tracklist.name else []),
        "  <trackList>",
    ]
    for entry in tracklist.entries:
        lines += ["    <track>", f"      <location>{_text(_location(entry.said))}</location>"]
        if entry.title:
            lines.append(f"      <title>{_text(entry.title)}</title>")
        if entry.duration is not None:
            lines.append(f"      <duration>{round(entry.duration * 1000)}</duration>")
        lines.append("    </track>")
    lines += ["  </trackList>", "</playlist>"]
    return "".join(line + "\n" for line in lines)


def _location(said: str) -> str:
    """A path as a URI; what is one already stays."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", said):
        return said
    return quote(said.encode("utf-8", "surrogateescape"))


def _text(text: str) -> str:
    return escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _seconds(text: str | None) -> float | None:
    return int(text) / 1000 if text and re.fullmatch(r"\d{1,10}", text) else None
