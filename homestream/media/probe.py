"""What a file is: its facts, its tags and a key of its sound, or why it is none of ours.

Runs in a worker on files that nobody vouches for. A file of a common format is good when its
headers are whole and agree with each other; whether it decodes to its end is found when it is
measured. Any other file is good when one frame of it decodes. The key stays the same when a file is
moved, tagged again or given a picture, and whichever way it was read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from homestream.errors import Busy, HomestreamError, MediaError
from homestream.media import headers, keys, late, skim, tags
from homestream.media.facts import Facts
from homestream.media.lean import mp4, ogg
from homestream.media.lean.found import Unusual
from homestream.media.skim import Read as Read
from homestream.media.skim import Refused as Refused
from homestream.media.source import (
    MOST_CHANNELS,
    RATES,
    Source,
    audio_stream,
    descriptor,
    opened,
)

if TYPE_CHECKING:
    import av

    from homestream.media import tagfile
else:
    av = late.module("av")
    tagfile = late.module("homestream.media.tagfile")

KEY_PACKETS: Final = 64
KEY_PACKETS_ALONE: Final = 256  # where no other part of the sound goes into the key
_KEY_BYTES: Final = 1 << 18  # packets of lossless codecs hold seconds
_MIDDLE_BYTES: Final = 4096
LONGEST: Final = 100 * 3600  # seconds; what tells more is not believed
# nothing but packets between tags in front and behind
_BARE: Final = frozenset({"mp3", "aac", "ac3", "eac3", "mpegts", "wv", "tta", "ape", "mpc", "mpc8"})
_CHUNKED: Final = frozenset({"wav", "aiff", "asf"})
_SAMPLED: Final = _BARE | _CHUNKED | {"mov", "ogg"}
# a demuxer that was asked for by one name answers with it alone
_NAMES: Final = {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}
_LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}


def read(sources: list[Source], names: list[str]) -> list[Read | Refused]:
    """Each file of a batch, in order. `names` are file names, of which the ending is a hint.

    Never raises for what is in a file: one that cannot be read refuses itself alone. Busy where
    it is not the file's fault that it cannot be opened.
    """
    return [_guarded(source, name) for source, name in zip(sources, names, strict=True)]


def _guarded(source: Source, name: str) -> Read | Refused:
    try:
        return _read(source, os.path.splitext(name)[1])
    except Busy:
        raise
    except HomestreamError as error:
        return Refused(str(error))
    except MemoryError:
        return Refused("reading it needs more memory than one file may take")
    except Exception as error:  # noqa: BLE001 - the edge: a parser met what its author did not
        return Refused(f"damaged in a way that stops it from being read ({type(error).__name__})")


def _read(source: Source, suffix: str) -> Read:
    with descriptor(source) as fd:
        size = skim.sized(fd)
        try:
            return skim.read(fd, size, suffix)
        except Unusual:
            return _read_slowly(fd, size, suffix)


def read_slowly(source: Source, name: str) -> Read:
    """A file read by FFmpeg and mutagen, whatever the lean readers would say of it."""
    with descriptor(source) as fd:
        return _read_slowly(fd, os.fstat(fd).st_size, os.path.splitext(name)[1])


def _read_slowly(fd: int, size: int, suffix: str) -> Read:
    header = headers.look(fd, size)
    sound = _listen(Source(fd=fd), size, header)
    with os.fdopen(os.dup(fd), "rb") as fileobj:
        loaded = tagfile.load(fileobj, sound.facts.container, suffix)
    pictures = tagfile.pictures(loaded)
    has_picture = sound.picture or bool(pictures)
    key = b"" if sound.key.startswith(b"flac") else _key(fd, size, header)
    return Read(
        facts=sound.facts,
        tags=tags.of(loaded, sound.metadata, sound.marks, suffix),
        audio_key=key or sound.key,
        picture=has_picture,
        picture_key=_picture_key(pictures, sound.key) if has_picture else b"",
    )


def _picture_key(pictures: list[tagfile.Picture], sound_key: bytes) -> bytes:
    """A hash of the pictures; of the sound where only FFmpeg sees one."""
    return keys.pictures([_picture(each) for each in pictures] or [sound_key])


def _picture(picture: tagfile.Picture) -> bytes:
    def part(place: int, some: int) -> bytes:
        return picture.data[place : place + some]

    return keys.picture(picture.kind, len(picture.data), part)


def _key(fd: int, size: int, header: headers.Header) -> bytes:
    """The key of a container whose sound is found without FFmpeg; empty of others."""
    if header.container == "mp3":
        first = headers.mpeg(os.pread(fd, 512, header.begin))
        skipped = first.length if first and first.info else 0
        return keys.stretch(fd, header.begin + skipped, header.end)
    if header.container == "ogg":
        return ogg.key(fd, size)
    if header.container == "mov":
        return mp4.key(fd, size)
    return b""


class _Sound(NamedTuple):
    facts: Facts
    key: bytes
    metadata: dict[str, str]
    marks: list[tuple[int, str]]
    picture: bool


class _Start(NamedTuple):
    """What the first packets tell: one decoded frame, their hash, bytes and length."""

    frame: Any
    digest: Any
    first_pos: int
    first_pts: int
    first_duration: int
    size: int
    seconds: float


def _listen(source: Source, size: int, header: headers.Header) -> _Sound:
    if header.container is not None:
        try:
            with opened(source, container=header.container) as media:
                return _sound(source.fd, size, header, media)
        except MediaError:
            # the short way probes little; what it does not see may be there all the same
            pass
    with opened(source) as media:
        # the demuxer that FFmpeg names is not the one whose header was looked at
        return _sound(source.fd, size, header._replace(container=None), media)


def _sound(fd: int, size: int, header: headers.Header, media: Any) -> _Sound:
    stream = audio_stream(media)
    codec = stream.codec_context.codec.canonical_name
    extent = headers.extent(fd, size, header, stream)
    start = _start(media, stream, _packets_needed(media, stream))
    rate, channels = start.frame.sample_rate, start.frame.layout.nb_channels
    if rate not in RATES:
        raise MediaError("sample rate outside 8 to 768 kHz")
    if not 1 <= channels <= MOST_CHANNELS:
        raise MediaError("no channel, or more than 16")
    if codec == "vorbis" and extent.samples is not None:
        extent = extent._replace(samples=_vorbis_samples(extent.samples, start))
    delay = _delay(stream, start, rate)
    samples = extent.samples or _estimate(media, stream, start, extent, rate)
    if samples <= 0:
        raise MediaError("no sound in this file")
    facts = Facts(
        container=_NAMES.get(media.format.name, media.format.name),
        codec=codec,
        sample_rate=rate,
        channels=channels,
        layout=_layout(start.frame.layout.name, channels),
        samples=samples,
        samples_exact=extent.samples is not None,
        delay_samples=delay,
        bit_depth=headers.bit_depth(fd, header, stream, codec),
        bit_rate=_bit_rate(media, stream, start, extent, samples / rate),
        profile=stream.codec_context.profile,
    )
    return _Sound(
        facts=facts,
        key=_packets_key(fd, size, facts, extent, media, stream, start),
        metadata={**media.metadata, **stream.metadata},
        marks=_marks(media),
        picture=any(
            each.disposition & av.stream.Disposition.attached_pic for each in media.streams.video
        ),
    )


def _marks(media: Any) -> list[tuple[int, str]]:
    """The chapters that FFmpeg knows: those of MP4 and Matroska have no tags."""
    return [
        (max(0, round(each["start"] * each["time_base"] * 1000)), each["metadata"].get("title", ""))
        for each in media.chapters()[: tags.MOST_CHAPTERS]
    ]


def _packets_needed(media: Any, stream: Any) -> int:
    if any(_flac_md5(stream)):
        return 1
    return KEY_PACKETS if _kind(media) in _SAMPLED else KEY_PACKETS_ALONE


def _kind(media: Any) -> str:
    return str(media.format.name).split(",")[0]


def _flac_md5(stream: Any) -> bytes:
    if stream.codec_context.codec.canonical_name != "flac":
        return b""
    return headers.streaminfo(stream)[18:34]


def _start(media: Any, stream: Any, needed: int) -> _Start:
    digest = hashlib.blake2b(digest_size=20)
    frame, first = None, None
    size = ticks = 0
    for count, packet in enumerate(_packets(media, stream), 1):
        if frame is None:
            frame = _first_frame(stream, packet)
        if first is None:
            first = packet
        digest.update(packet.size.to_bytes(4, "little"))
        digest.update(packet)
        size += packet.size
        ticks += packet.duration or 0
        if frame is None:
            if count >= KEY_PACKETS_ALONE:
                break
        elif count >= needed or size >= _KEY_BYTES:
            break
    if frame is None or first is None:
        raise MediaError("nothing in this file can be decoded as sound")
    return _Start(
        frame=frame,
        digest=digest,
        first_pos=first.pos or 0,
        first_pts=first.pts or 0,
        first_duration=first.duration or 0,
        size=size,
        seconds=float(ticks * stream.time_base),
    )


def _vorbis_samples(granule: int, start: _Start) -> int | None:
    """The first packet decodes to nothing. Of sound before 0 FFmpeg drops none; where it has set
    the beginning later, because the first page is the last one too, the count is open."""
    lead = start.first_pts + start.first_duration
    return granule - lead if lead <= 0 else None


def _packets(media: Any, stream: Any) -> Iterator[Any]:
    try:
        yield from (packet for packet in media.demux(stream) if packet.size)
    except av.FFmpegError:
        return  # what stands behind the sound, or a file that was cut: the rest is judged alone


def _first_frame(stream: Any, packet: Any) -> Any:
    try:
        frames = stream.codec_context.decode(packet)
    except av.FFmpegError:
        return None  # a file that was cut begins with a packet that leans on the one before
    return next((frame for frame in frames if frame.samples > 0), None)


def _layout(name: str, channels: int) -> str:
    # FFmpeg says "2 channels" where a header does not tell which ones they are
    return _LAYOUTS.get(channels, name) if name.endswith(" channels") else name


def _delay(stream: Any, start: _Start, rate: int) -> int:
    if stream.codec_context.codec.canonical_name == "mp3":
        return max(0, round(float((stream.start_time or 0) * stream.time_base * rate)))
    return max(0, round(float(-start.first_pts * stream.time_base * rate)))


def _estimate(media: Any, stream: Any, start: _Start, extent: headers.Extent, rate: int) -> int:
    context = stream.codec_context
    if frame := headers.frame_bytes(context.name, context.channels):
        bytes_of_sound = extent.end - max(extent.begin, start.first_pos)
        return int(min(bytes_of_sound // frame, LONGEST * rate))
    if extent.estimate:
        return min(extent.estimate, LONGEST * rate)
    if stream.duration:
        seconds = float(stream.duration * stream.time_base)
    elif media.duration:
        seconds = media.duration / av.time_base
    else:
        seconds = start.seconds * (extent.end - start.first_pos) / start.size
    return round(min(max(seconds, 0.0), LONGEST) * rate)


def _bit_rate(
    media: Any, stream: Any, start: _Start, extent: headers.Extent, seconds: float
) -> int:
    # other streams and pictures stand between the packets of these
    if _kind(media) in ("mov", "matroska", "asf") and stream.codec_context.name != "alac":
        told = stream.codec_context.bit_rate or media.bit_rate
        if told:
            return int(told)
    return round((extent.end - max(extent.begin, start.first_pos)) * 8 / seconds)


def _packets_key(
    fd: int, size: int, facts: Facts, extent: headers.Extent, media: Any, stream: Any, start: _Start
) -> bytes:
    """The first packets alone would not do: programmes may share a jingle, and albums a silence.
    So the length goes in, and some bytes from further on where the container says where that is."""
    if any(_flac_md5(stream)):
        return b"flac" + headers.streaminfo(stream)[10:34]
    kind = _kind(media)
    length = extent.samples or stream.duration or media.duration or 0
    at, count = 0, 0
    if kind in _BARE:
        length = extent.end - start.first_pos
        at, count = start.first_pos + length // 2, _MIDDLE_BYTES
    elif kind in _CHUNKED:
        length = extent.end - extent.begin
        at, count = extent.begin + length // 2, _MIDDLE_BYTES
    elif kind == "ogg":
        # pages carry numbers that longer comments shift, so only the inside of the last one
        length, at, count = stream.duration or 0, *headers.last_page(fd, size)
    elif kind == "mov" and len(entries := stream.index_entries):
        middle = entries[len(entries) // 2]
        at, count = middle.pos, min(middle.size, _MIDDLE_BYTES)
    start.digest.update(f"{facts.codec} {facts.sample_rate} {facts.channels} {length}".encode())
    start.digest.update(os.pread(fd, count, at) if count else b"")
    return b"pkts" + bytes(start.digest.digest())
