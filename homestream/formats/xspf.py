"""XSPF playlists, version 1 (xspf.org): XML with a URI for each track."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape

import msgspec

from homestream.errors import BadInput
from homestream.formats.tracklist import LONGEST_VALUE, MOST_ENTRIES, Entry, Tracklist, one_line

NAMESPACE: Final = "http://xspf.org/ns/0/"
_DECLARED: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_TAG: Final = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_OPENED: Final = re.compile(r"<([\w.-]+:)?trackList\b[^<]*$")
_OTHER_CHARSET: Final = re.compile(r"""^\s*<\?xml[^>]*encoding=["'](?!utf-?8["'])""", re.IGNORECASE)
_DECLARATION: Final = 200  # characters
_SPACE: Final = re.compile(r"\s*(?=<)")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def parse(raw: bytes) -> Tracklist:
    """A list from the bytes of its document; BadInput where it is none.

    A document type, and with it every entity of one's own, is refused. `lead` of an entry is its
    whole element and what stands before it, so that `write` gives back what was read.
    """
    if _DECLARED.search(raw) or b"\0" in raw:
        raise BadInput("it declares a document type, which no such list needs")
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314 - see above
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise BadInput("it is not well-formed XML") from error
    if _local(root.tag) != "playlist":
        raise BadInput("it is not an XSPF playlist")
    places = _places(raw)
    tracks = next((each for each in root if _local(each.tag) == "trackList"), None)
    entries: list[Entry] = []
    begin = places.begin
    elements = (
        [each for each in tracks if _local(each.tag) == "track"] if tracks is not None else []
    )
    for track, end in zip(elements, places.ends, strict=True):
        told = {_local(each.tag): (each.text or "").strip() for each in reversed(list(track))}
        if not told.get("location"):
            continue  # it goes with the next one
        if len(entries) >= MOST_ENTRIES:
            break
        title = " - ".join(filter(None, (told.get("creator"), told.get("title"))))
        entries.append(
            Entry(
                told["location"][:LONGEST_VALUE],
                one_line(title),
                _seconds(told.get("duration")),
                lead=(_decoded(raw, begin, end),),
            )
        )
        begin = end
    name = next((each.text or "" for each in root if _local(each.tag) == "title"), "")
    if tracks is None:
        return Tracklist(tuple(entries), one_line(name))
    head, tail = _decoded(raw, 0, places.begin), _decoded(raw, begin, len(raw))
    if places.closed:  # <trackList/>
        head = f"{head.rstrip()[:-2].rstrip()}>"
        tail = f"</{places.prefix}trackList>{tail}"
    return Tracklist(tuple(entries), one_line(name), (head,), (tail,))


def write(tracklist: Tracklist) -> str:
    """The document of a list. Paths become relative URIs; what `parse` read stays as it was."""
    if not tracklist.head:
        named = [f"  <title>{_text(tracklist.name)}</title>"] if tracklist.name else []
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<playlist version="1" xmlns="{NAMESPACE}">',
            *named,
            "  <trackList>",
        ]
        before, behind = "\n".join(lines), "\n  </trackList>\n</playlist>\n"
    else:
        before, behind = "".join(tracklist.head), "".join(tracklist.tail)
    opened = _OPENED.search(before)
    prefix = opened[1] or "" if opened else ""
    written = next((each.lead[0] for each in tracklist.entries if each.lead), "")
    space = _SPACE.match(written)
    indent = space[0] if space and space[0] else "\n    "
    plain = _OTHER_CHARSET.search(before[:_DECLARATION]) is not None
    parts: list[str] = []
    for each in tracklist.entries:
        made = "".join(each.lead) if each.lead else _track(each, prefix, indent)
        if plain and not each.lead:
            made = made.encode("ascii", "xmlcharrefreplace").decode()
        parts.append(made)
    return before + "".join(parts) + behind


class _Places(msgspec.Struct):
    """Where the elements of a document stand, in bytes."""

    lists: int = 0  # there should be one
    begin: int = 0  # behind the tag that opens the list
    ends: list[int] = []  # behind each track
    prefix: str = ""
    closed: bool = False  # the list is one empty element


def _places(raw: bytes) -> _Places:
    found = _Places()
    path: list[str] = []
    parser = expat.ParserCreate()

    def enter(name: str, _: dict[str, str]) -> None:
        path.append(name.rpartition(":")[2])
        found.lists += path == ["playlist", "trackList"]
        if path == ["playlist", "trackList"] and found.lists == 1:
            tag = _TAG.match(raw, parser.CurrentByteIndex)
            found.begin = tag.end() if tag else 0
            found.closed = tag is not None and tag[0].endswith(b"/>")
            found.prefix = name[: -len("trackList")]

    def leave(name: str) -> None:
        if path == ["playlist", "trackList", "track"] and found.lists == 1:
            tag = _TAG.match(raw, parser.CurrentByteIndex)
            found.ends.append(tag.end() if tag else parser.CurrentByteIndex)
        path.pop()

    parser.StartElementHandler, parser.EndElementHandler = enter, leave
    parser.Parse(raw, True)
    return found


def _decoded(raw: bytes, begin: int, end: int) -> str:
    """Some bytes of a document; see `charset`."""
    return raw[begin:end].decode(charset(raw), "replace")


def charset(raw: bytes) -> str:
    """In which a document is read and written here: one in which every other byte stays as it is
    where it is not UTF-8."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _track(entry: Entry, prefix: str, indent: str) -> str:
    deeper = f"{indent}  "
    told = [("location", _location(entry.said)), ("title", entry.title)]
    if entry.duration is not None:
        told.append(("duration", str(round(entry.duration * 1000))))
    inside = "".join(
        f"{deeper}<{prefix}{name}>{_text(value)}</{prefix}{name}>" for name, value in told if value
    )
    return f"{indent}<{prefix}track>{inside}{indent}</{prefix}track>"


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
