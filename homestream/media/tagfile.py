"""The tags of a file as mutagen finds them, brought to the one table of fields (see `table`)."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, Final, NamedTuple, cast

import mutagen
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.flac import Picture as PictureBlock
from mutagen.id3 import COMM, ID3, TIT2, TXXX, Frame, Frames, Frames_2_2, ID3Tags, TextFrame
from mutagen.id3._tags import ID3Header
from mutagen.id3._util import ID3JunkFrameError
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from homestream.formats import lrc
from homestream.media.table import (
    FRAMES,
    INVOLVED,
    MP4_ATOMS,
    MUSICBRAINZ,
    OLD_FRAMES,
    PROGRAMS,
    TEXT_FRAMES,
    Collected,
    Fields,
    add,
    add_kind,
    sung,
    texts,
)


class Picture(NamedTuple):
    """An embedded picture as found. `kind` is ID3's picture type: 3 is the front cover."""

    kind: int
    mime: str
    data: bytes


class Loaded(NamedTuple):
    """What mutagen found: the tag objects of one file, the one to believe first."""

    found: tuple[Any, ...]


# what mutagen lets through besides its own errors when a file lies (found by fuzzing)
_FOREIGN: Final = (
    mutagen.MutagenError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

_OGG: Final[tuple[tuple[bytes, Callable[..., Any]], ...]] = (
    (b"\x01vorbis", OggVorbis),
    (b"OpusHead", OggOpus),
    (b"\x7fFLAC", OggFLAC),
    (b"Speex   ", OggSpeex),
)


def load(fileobj: IO[bytes], container: str, suffix: str = "") -> Loaded:
    """The tag objects in an open file, whose demuxer is `container` (FFmpeg's name or its first).

    Damaged tags count as none: the sound behind them may be good. `suffix` (".mp3") decides only
    where the demuxer does not.
    """
    kind = container.split(",")[0] or suffix.lower().lstrip(".")
    fileobj.seek(0)
    if kind == "ogg":
        head = fileobj.read(512)
        readers: list[Callable[..., Any]] = [make for mark, make in _OGG if mark in head][:1]
    else:
        readers = _READERS.get(kind, [])
    found = []
    for reader in readers:
        fileobj.seek(0)
        try:
            tag = reader(fileobj)
        except _FOREIGN:
            continue
        if tag is not None:
            found.append(tag)
    return Loaded(tuple(found))


def fields(loaded: Loaded, extra: Mapping[str, str] | None = None) -> Collected:
    """What the tags say in one table.

    A field that several tags of one file tell is taken from the first. `extra` are FFmpeg's own
    pairs, for a file in which mutagen found nothing.
    """
    table: Fields = {}
    lyrics: list[lrc.Lyrics] = []
    marks: list[tuple[int, str]] = []
    for tag in loaded.found:
        more: Fields = {}
        try:
            _collect(tag, Collected(more, lyrics, marks))
        except _FOREIGN:
            continue
        for name, values in more.items():
            table.setdefault(name, values)
    if extra and not table:
        for name, value in extra.items():
            add(table, name, [value])
    return Collected(table, lyrics, marks)


def pictures(loaded: Loaded) -> list[Picture]:
    """Embedded pictures in the file's own order; what is no picture at all is left to the gate."""
    found: list[Picture] = []
    for tag in loaded.found:
        try:
            found.extend(_pictures(tag))
        except _FOREIGN:
            continue
    return [picture for picture in found if picture.data]


def collect_frame(name: str, data: bytes, major: int, into: Collected) -> None:
    """One frame of an ID3v2 tag of that major version, without flags, as `fields` takes it; `name`
    is the one of ID3v2.3 also where the tag is of ID3v2.2.

    ValueError where it is not to be read as it stands.
    """
    try:
        known: Any = _BOUNDED[name] if major > 2 else _BOUNDED[_OLD_NAMES[name]]
        frame = known._fromData(_HEADERS[major], 0, data)
        _collect_frame(frame if major > 2 else frame._upgrade_frame(), into)
    except (*_FOREIGN, NotImplementedError) as error:
        raise ValueError(name) from error


class _Frames(dict[str, type[Frame]]):
    """The ID3 frames that are read, and how many of them: mutagen itself has no bound.

    A new one for each tag, as it counts.
    """

    def __init__(self) -> None:
        super().__init__(_BOUNDED)
        self._looked = 0

    def __getitem__(self, name: str) -> type[Frame]:
        self._looked += 1
        if self._looked > _MOST_FRAMES:
            raise mutagen.MutagenError("too many frames")
        return super().__getitem__(name)


def _bounded(name: str, original: Any) -> type[Frame]:
    """A frame's class that leaves out what is too long, packed or not, before it is parsed."""
    old = len(name) == 3  # ID3v2.2
    most = _FRAME_BYTES.get(_newer(original) if old else name, _TEXT_BYTES)

    only_text = issubclass(original, TextFrame) and not issubclass(original, COMM)

    def from_data(cls: Any, header: Any, flags: int, data: bytes) -> Any:
        if name == "CHAP":
            return _chapter_frame(cls, data[:_TEXT_BYTES], newer=header.version >= (2, 4, 0))
        packed = flags & (0x08 if header.version >= (2, 4, 0) else 0x80)
        if len(data) > most or (packed and _inflated(data[4:], most) > most):
            raise ID3JunkFrameError("frame too long")
        newer = header.version >= (2, 4, 0)
        if only_text and not flags & 0xFF and not (newer and header.f_unsynch):
            frame = _text_frame(cls, data)
            if frame is not None:
                return frame
        return original._fromData.__func__(cls, header, flags, data)

    members: dict[str, Any] = {"_fromData": classmethod(from_data)}
    if old:
        # mutagen looks one class up for the frame of the newer version
        members["_upgrade_frame"] = lambda frame: original.__base__(frame)
    return type(name, (original,), members)


def _text_frame(cls: Any, data: bytes) -> Frame | None:
    """A text frame in one step, where mutagen goes from character to character; None if odd."""
    values = texts(data)
    if values is None:
        return None
    if issubclass(cls, TXXX):
        return cast(Frame, cls(encoding=data[0], desc=values[0], text=values[1:]))
    return cast(Frame, cls(encoding=data[0], text=values))


def _chapter_frame(cls: Any, data: bytes, *, newer: bool) -> Frame:
    """A CHAP frame (ID3v2 Chapter Frame Addendum 1.0) with its title.

    mutagen would go into the frames inside of frames, as deep as a file lets it.
    """
    end = data.find(b"\0")
    if end < 0 or len(data) < end + 17:
        raise ID3JunkFrameError("chapter is cut")
    frames, at = ID3Tags(), end + 17
    while at + 10 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if newer:
            size = sum((size >> 8 * place & 0x7F) << 7 * place for place in range(4))
        body = data[at + 10 : at + 10 + size]
        if data[at : at + 4] == b"TIT2" and (title := _text_frame(TIT2, body)) is not None:
            frames.add(title)
            break
        at += 10 + size
    frame: Frame = cls(
        element_id=data[:end].decode("latin-1"),
        start_time=int.from_bytes(data[end + 1 : end + 5], "big"),
        sub_frames=frames,
    )
    return frame


def _newer(frame: Any) -> str:
    return str(frame.__base__.__name__)


def _inflated(data: bytes, most: int) -> int:
    try:
        return len(zlib.decompressobj().decompress(data, most + 1))
    except zlib.error:
        return most + 1


def _id3(fileobj: IO[bytes]) -> Any:
    return ID3(fileobj, known_frames=_Frames())


def _mp4(fileobj: IO[bytes]) -> Any:
    return MP4(fileobj).tags


def _wave(fileobj: IO[bytes]) -> Any:
    return WAVE(fileobj, known_frames=_Frames()).tags


def _aiff(fileobj: IO[bytes]) -> Any:
    return AIFF(fileobj, known_frames=_Frames()).tags


_STREAM: Final[list[Callable[..., Any]]] = [_id3, APEv2]
_APE: Final[list[Callable[..., Any]]] = [APEv2, _id3]
_READERS: Final[dict[str, list[Callable[..., Any]]]] = {
    "mp3": _STREAM,
    "mp2": _STREAM,
    "aac": _STREAM,
    "ac3": _STREAM,
    "eac3": _STREAM,
    "tta": _STREAM,
    "flac": [FLAC],
    "mov": [_mp4],
    "asf": [ASF],
    "wav": [_wave],
    "aiff": [_aiff],
    "wv": _APE,
    "ape": _APE,
    "mpc": _APE,
    "mpc8": _APE,
}
_READERS.update({"m4a": [_mp4], "mp4": [_mp4], "m4b": [_mp4], "wma": [ASF], "aif": [_aiff]})


def _collect(tag: Any, into: Collected) -> None:
    fields = into.fields
    if isinstance(tag, ID3):
        for frame in tag.values():
            _collect_frame(frame, into)
    elif isinstance(tag, APEv2):
        for name, value in tag.items():
            if value.kind == 0:
                add(fields, name, list(value))
    elif isinstance(tag, ASF):
        for name, value in tag.tags or ():
            add(fields, name[3:] if name[:3].upper() == "WM/" else name, [str(value)])
    elif isinstance(tag, mutagen.FileType):
        for name, value in tag.tags or ():
            add(fields, name, [value])
        if sheet := getattr(tag, "cuesheet", None):
            fields.setdefault("cuesheet", [_cue_text(sheet, tag.info.sample_rate)])
    else:
        _collect_mp4(tag, fields)


def _collect_frame(frame: Any, into: Collected) -> None:
    fields, lyrics = into.fields, into.lyrics
    name = frame.FrameID
    if name in TEXT_FRAMES:
        values = frame.genres if name == "TCON" else getattr(frame, "text", None)
        if values is None:
            values = [getattr(frame, "url", None) or getattr(frame, "value", "")]
        add(fields, TEXT_FRAMES[name], [str(value) for value in values])
    elif name == "TXXX":
        add(fields, frame.desc, [str(value) for value in frame.text])
    elif name == "UFID" and frame.owner == MUSICBRAINZ:
        add(fields, "musicbrainztrackid", [frame.data.decode("ascii", "replace")])
    elif name == "COMM" and not frame.desc.startswith(PROGRAMS):
        told = "comment" if not frame.desc else "description"
        add(fields, told, [str(value) for value in frame.text])
    elif name == "USLT":
        lyrics += sung(str(frame.text), frame.lang)
    elif name == "SYLT" and frame.type in (0, 1) and frame.format == 2:
        lyrics.append(lrc.synced(((at, words) for words, at in frame.text), frame.lang))
    elif name in ("TIPL", "TMCL", "IPLS"):
        for role, person in (pair for pair in frame.people if len(pair) == 2):
            known = INVOLVED.get(role.casefold())
            add(fields, known or "performer", [person if known else f"{person} ({role})"])
    elif name == "POPM":
        add(fields, "popularimeter", [str(frame.rating)])
        add(fields, "playcounter", [str(getattr(frame, "count", 0))])
    elif name == "PCNT":
        add(fields, "playcounter", [str(frame.count)])
    elif name == "RVA2" and frame.desc.lower() in ("track", "album"):
        kind = frame.desc.lower()
        add(fields, f"replaygain{kind}gain", [str(frame.gain)])
        if frame.peak:
            add(fields, f"replaygain{kind}peak", [str(frame.peak)])
    elif name in ("PCST", "WFED", "TGID"):
        fields["podcast"] = ["1"]
    elif name == "CHAP":
        titles = frame.sub_frames.getall("TIT2")
        into.marks.append((frame.start_time, str(titles[0]) if titles else ""))


def _cue_text(sheet: Any, rate: int) -> str:
    """A FLAC CUESHEET block (RFC 9639 section 8.7) as the text that others write."""
    lines = [f"CATALOG {catalog}"] if (catalog := _ascii(sheet.media_catalog_number)) else []
    lines.append('FILE "" WAVE')
    for track in sheet.tracks:
        if track.track_number in (170, 255):
            continue  # lead-out
        lines.append(f"  TRACK {track.track_number:02} {'AUDIO' if track.type == 0 else 'DATA'}")
        if isrc := _ascii(track.isrc):
            lines.append(f"    ISRC {isrc}")
        for index in track.indexes:
            frames = round((track.start_offset + index.index_offset) * 75 / rate)
            minutes, frames = divmod(frames, 60 * 75)
            lines.append(
                f"    INDEX {index.index_number:02} {minutes:02}:{frames // 75:02}:{frames % 75:02}"
            )
    return "\n".join(lines)


def _ascii(raw: bytes) -> str:
    return raw.rstrip(b"\0 ").decode("ascii", "replace")


def _collect_mp4(tag: Mapping[str, Any], fields: Fields) -> None:
    for name, values in tag.items():
        if name.startswith("----:"):
            told = [bytes(value).decode("utf-8", "replace") for value in values]
            add(fields, name.rsplit(":", 1)[1], told)
        elif name in ("trkn", "disk"):
            number, total = values[0]
            add(fields, MP4_ATOMS[name], [f"{number}/{total}"])
        elif name in ("cpil", "pcst"):
            add(fields, MP4_ATOMS[name], ["1" if values else "0"])
        elif name == "stik":
            add_kind(fields, values)
        elif name in MP4_ATOMS:
            add(fields, MP4_ATOMS[name], [str(value) for value in values])


def _pictures(tag: Any) -> Iterable[Picture]:
    if isinstance(tag, ID3):
        for frame in tag.getall("APIC"):
            yield Picture(int(frame.type), frame.mime, frame.data)
    elif isinstance(tag, APEv2):
        for name, value in tag.items():
            if name.lower().startswith("cover art") and value.kind == 1:
                kind = 3 if "front" in name.lower() else 0
                yield Picture(kind, "", bytes(value.value).partition(b"\0")[2])
    elif isinstance(tag, ASF):
        for name, value in tag.tags or ():
            if name == "WM/Picture":
                yield _asf_picture(value.value)
    elif isinstance(tag, FLAC):
        for block in tag.pictures:
            yield Picture(int(block.type), block.mime, block.data)
    elif isinstance(tag, mutagen.FileType):
        yield from _vorbis_pictures(tag.tags or {})
    else:
        for cover in tag.get("covr", []):
            yield Picture(3, "", bytes(cover))


def _asf_picture(raw: bytes) -> Picture:
    kind, size = struct.unpack_from("<BI", raw)
    return Picture(kind, "", raw[len(raw) - size :] if 0 < size < len(raw) else b"")


def _vorbis_pictures(tag: Any) -> Iterable[Picture]:
    for value in tag.get("metadata_block_picture", []):
        block = PictureBlock(b64decode(value))
        yield Picture(int(block.type), block.mime, block.data)
    for value in tag.get("coverart", []):
        yield Picture(3, "", b64decode(value))


_TEXT_BYTES: Final = 1 << 16
_FRAME_BYTES: Final = {"APIC": 1 << 25, "USLT": 1 << 20, "SYLT": 1 << 20}
_MOST_FRAMES: Final = 1_000
_OLD_NAMES: Final = {new: old for old, new in OLD_FRAMES.items()}


def _header(major: int) -> ID3Header:
    header = ID3Header()
    header.version = (2, major, 0)
    return header


_HEADERS: Final = {major: _header(major) for major in (2, 3, 4)}
_BOUNDED: Final = {
    name: _bounded(name, frame)
    for name, frame in [*Frames.items(), *Frames_2_2.items()]
    if (name if len(name) == 4 else _newer(frame)) in FRAMES
}
