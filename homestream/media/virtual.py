"""A programme as one file that is nowhere: its bytes are made as they are asked for, piece by
piece, for players that know nothing but a file (DLNA, Subsonic, radios).

Of MP3, WAV and L16 the size and the place of each sample are known before anything is encoded, so
any range of bytes is as near as the first. MP3 is made at 48 kHz, where each frame is as long as
the next, and without its reservoir, so that each stands by itself. Of the others the size is not
known: they are read from their start, which may be anywhere in the programme.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import msgspec

from homestream.errors import BadInput, MediaError, NotFound
from homestream.formats import adts, flac, fmp4, ogg
from homestream.media import encode, encoders, ladder, late, mix, timeline
from homestream.media import programme as programmes
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme
from homestream.media.source import Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = late.module("numpy")

PIECE_SECONDS: Final = 5
MP3_BIT_RATES: Final = (64_000, 96_000, 128_000, 192_000, 256_000, 320_000)
_MP3_RATE: Final = 48_000
_MP3_DELAY: Final = 576  # of the encoder; a decoder adds its own 529
_OGG_PACKETS: Final = 40  # of a page: 1275 bytes at most each, 255 times 255 together
_OGG_PIECE: Final = 6 * _OGG_PACKETS
_SERIAL: Final = 0x686F6D65
_MOST_RIFF: Final = (1 << 32) - 64
_MAKER: Final = "homestream"
_VERSION: Final = 1


class Form(msgspec.Struct, frozen=True):
    """What kind of file a programme is given as. `unit_bytes` is the size of a packet, or of a
    sample of all channels; None where they differ."""

    name: str  # "mp3-192", "aac-128", "opus-128", "flac", "wav", "l16"
    ending: str
    media_type: str
    rendition: Rendition
    unit_bytes: int | None = None


def forms(programme: Programme) -> tuple[Form, ...]:
    """Every form that the programme can be given in."""
    facts = programmes.facts(programme)
    rungs = {each.name: each for each in ladder.every(facts)}
    channels = rungs["aac-64"].channels
    return (
        *(_mp3(bit_rate, channels) for bit_rate in MP3_BIT_RATES),
        *(
            Form(name, "aac", "audio/aac", rungs[name])
            for name in ("aac-128", "aac-256")
            if name in rungs
        ),
        *(
            Form(name, "opus", "audio/ogg", rungs[name])
            for name in ("opus-96", "opus-128", "opus-192")
        ),
        Form("flac", "flac", "audio/flac", rungs["flac"]),
        _pcm("wav", programme, channels),
        _pcm("l16", programme, channels),
    )


def named(programme: Programme, name: str) -> Form:
    """The form of that name; NotFound."""
    for form in forms(programme):
        if form.name == name:
            return form
    raise NotFound(f"form {name[:40]!r} is not offered")


def units(programme: Programme, form: Form) -> int:
    """How many packets, or samples of all channels, the file has."""
    if form.rendition.codec == "pcm":
        return programmes.samples(programme, form.rendition.sample_rate)
    return timeline.packets(programme, form.rendition)


def pieces(programme: Programme, form: Form) -> int:
    """How many pieces the file is made in."""
    return -(-units(programme, form) // piece_units(form))


def piece_units(form: Form) -> int:
    """How many units a piece has; the last one may have less."""
    if form.rendition.codec == "opus":
        return _OGG_PIECE
    return max(1, PIECE_SECONDS * form.rendition.sample_rate // form.rendition.frame)


def size(programme: Programme, form: Form) -> int | None:
    """The file's size in bytes, exactly; None where that depends on what is in it."""
    if form.unit_bytes is None:
        return None
    return len(head(programme, form)) + units(programme, form) * form.unit_bytes


def head(programme: Programme, form: Form) -> bytes:
    """What the file begins with. Cheap and pure."""
    rendition = form.rendition
    samples = programmes.samples(programme, rendition.sample_rate)
    match form.ending:
        case "wav":
            return _wav_head(rendition, samples * (form.unit_bytes or 0))
        case "mp3":
            return _info_frame(form, timeline.packets(programme, rendition), samples)
        case "flac":
            return _flac_head(rendition, samples)
        case "opus":
            return ogg.opus_head(
                channels=rendition.channels,
                priming=rendition.priming,
                sample_rate=programmes.line_rate(programme),
                serial=_SERIAL,
                maker=_MAKER,
            )
    return b""


def reach(programme: Programme, form: Form, number: int) -> range:
    """The items that piece `number` is made from: places in `programme.items`; NotFound."""
    first, end = _span(programme, form, number)
    if form.rendition.codec == "pcm":
        return programmes.touching(programme, form.rendition.sample_rate, first, end)
    return encode.reach_of_packets(programme, form.rendition, first, end)


def content(programme: Programme, form: Form, number: int) -> list[object]:
    """All that the bytes of piece `number` depend on, for its name."""
    first, end = _span(programme, form, number)
    rate = form.rendition.sample_rate
    samples = programmes.samples(programme, rate)
    start, finish, identity = first, end, "pcm"
    if form.rendition.codec != "pcm":
        start, finish = encoders.window(form.rendition, first, end, samples)
        identity = encoders.identity(form.rendition)
    heard = programmes.pieces(programme, rate, start, finish)
    last = samples if number == pieces(programme, form) - 1 else None
    return ["file", _VERSION, form, first, end, last, heard, identity]


def piece(sources: list[Source], programme: Programme, form: Form, number: int) -> bytes:
    """Piece `number` (0-based) of the file, behind its head.

    `sources` are those of the items in `reach(programme, form, number)`, in their order. NotFound
    past the end, MediaError for a file that cannot be opened.
    """
    first, end = _span(programme, form, number)
    rendition = form.rendition
    if rendition.codec == "pcm":
        return _pcm_bytes(mix.sound(sources, programme, rendition, first, end), form)
    made = encode.packets(sources, programme, rendition, first, end)
    match form.ending:
        case "aac":
            config = fmp4.audio_specific_config(rendition.sample_rate, rendition.channels)
            made = [adts.frame(config, packet) for packet in made]
        case "opus":
            made = _pages(programme, form, made, number)
        case "mp3" if any(len(packet) != form.unit_bytes for packet in made):
            raise MediaError("encoder gave a frame of another size")
    return b"".join(made)


def _span(programme: Programme, form: Form, number: int) -> tuple[int, int]:
    if not 0 <= number < pieces(programme, form):
        raise NotFound(f"piece {number} lies outside the file")
    step = piece_units(form)
    return number * step, min((number + 1) * step, units(programme, form))


def _mp3(bit_rate: int, channels: int) -> Form:
    rendition = Rendition(
        name=f"mp3-{bit_rate // 1000}",
        codec="mp3",
        container="packed",
        sample_rate=_MP3_RATE,
        channels=channels,
        bit_rate=bit_rate,
        frame=1_152,
        priming=_MP3_DELAY + 529,
        pace=_MP3_RATE,
    )
    unit = bit_rate * rendition.frame // (8 * _MP3_RATE)
    return Form(rendition.name, "mp3", "audio/mpeg", rendition, unit)


def _pcm(name: str, programme: Programme, channels: int) -> Form:
    """WAV in the files' own depth, L16 as RFC 2586 has it: 16 bits, the high byte first."""
    facts = programmes.facts(programme)
    fine = name == "wav" and all(each.lossless and (each.bit_depth or 16) > 16 for each in facts)
    depth, rate = 24 if fine else 16, programmes.line_rate(programme)
    rendition = Rendition(
        name=name,
        codec="pcm",
        container="packed",
        sample_rate=rate,
        channels=channels,
        bit_rate=rate * channels * depth,
        frame=1,
        priming=0,
        pace=rate,
        bit_depth=depth,
    )
    kind = "audio/wav" if name == "wav" else f"audio/L16;rate={rate};channels={channels}"
    return Form(name, "wav" if name == "wav" else "pcm", kind, rendition, depth // 8 * channels)


def _pcm_bytes(sound: NDArray[np.float32], form: Form) -> bytes:
    depth = form.rendition.bit_depth or 16
    scale = 1 << depth - 1
    whole = np.clip(np.rint(sound.T.astype(np.float64) * scale), -scale, scale - 1)
    if depth == 16:
        return whole.astype(">i2" if form.ending == "pcm" else "<i2").tobytes()
    return whole.astype("<i4").reshape(-1, 1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _pages(programme: Programme, form: Form, packets: list[bytes], number: int) -> list[bytes]:
    frame, total = form.rendition.frame, units(programme, form)
    made = []
    for at in range(0, len(packets), _OGG_PACKETS):
        end = number * _OGG_PIECE + min(at + _OGG_PACKETS, len(packets))
        last = end == total
        heard = form.rendition.priming + programmes.samples(programme, form.rendition.sample_rate)
        made.append(
            ogg.page(
                packets[at : at + _OGG_PACKETS],
                granule=heard if last else end * frame,
                number=2 + (number * _OGG_PIECE + at) // _OGG_PACKETS,
                serial=_SERIAL,
                flags=ogg.LAST if last else 0,
            )
        )
    return made


def _wav_head(rendition: Rendition, size: int) -> bytes:
    """RIFF with a plain format; of what is longer than 4 GiB the size is told as the most there is,
    which players take for "until the end"."""
    channels, depth, rate = rendition.channels, rendition.bit_depth or 16, rendition.sample_rate
    told = min(size, _MOST_RIFF)
    unit = channels * depth // 8
    return struct.pack(
        *("<4sI4s4sIHHIIHH4sI", b"RIFF", told + 36, b"WAVE", b"fmt ", 16, 1),
        *(channels, rate, rate * unit, unit, depth, b"data", told),
    )


def _flac_head(rendition: Rendition, samples: int) -> bytes:
    told = bytearray(
        flac.stream_info(
            sample_rate=rendition.sample_rate,
            channels=rendition.channels,
            bit_depth=rendition.bit_depth or 16,
            blocks=(rendition.frame, rendition.frame),
        )
    )
    if samples < 1 << 36:
        known = int.from_bytes(told[10:18], "big") | samples
        told[10:18] = known.to_bytes(8, "big")
    return b"fLaC\x80" + len(told).to_bytes(3, "big") + bytes(told)


def _info_frame(form: Form, packets: int, samples: int) -> bytes:
    """A frame of silence that tells the length and what to skip (the Info tag, and LAME's after
    it)."""
    rendition = form.rendition
    kbit = rendition.bit_rate // 1000
    index = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320).index(kbit) + 1
    mono = rendition.channels == 1
    header = 0xFFFB0000 | index << 12 | 1 << 10 | (3 if mono else 0) << 6
    size = form.unit_bytes or 0
    padding = packets * rendition.frame - _MP3_DELAY - samples
    tag = struct.pack(">4sIII", b"Info", 3, packets, min((packets + 1) * size, (1 << 32) - 1))
    lame = b"LAME3.100" + bytes(12)
    lame += (_MP3_DELAY << 12 | min(padding, 0xFFF)).to_bytes(3, "big") + bytes(12)
    made = header.to_bytes(4, "big") + bytes(17 if mono else 32) + tag + lame
    if len(made) > size:
        raise BadInput("frame is too short to tell anything")
    return made.ljust(size, b"\0")
