"""What the first and last bytes of a file tell: its demuxer, where its sound lies, and how many
samples that is, where this can be known without decoding.

A count is told only when the file is whole: a header that promises more than the file holds, or
another number than the end of the file does, is not believed. All reads are small and bounded.
"""

from __future__ import annotations

import functools
import os
import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from homestream.media import keys
from homestream.media.lean import mp4

_HEAD: Final = 4096
_OGG_TAIL: Final = 65_536 + 512  # the longest page is 65,307 bytes
_OGG_LAST: Final = 16_384  # most last pages are shorter
_WAVPACK_TAIL: Final = 1 << 20
_FLAC_TAIL: Final = 1 << 19
_MOST_TAGS: Final = 8  # ID3v2 tags in a row
_ASF_PROPERTIES: Final = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_MOST_SYNCS: Final = 64
_DECODER_DELAY: Final = 529  # of MPEG layer III, samples

_MAGIC: Final = (
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"wvpk", "wv"),
    (b"MAC ", "ape"),
    (b"MPCK", "mpc8"),
    (b"MP+", "mpc"),
    (b"TTA1", "tta"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"\x1aE\xdf\xa3", "matroska"),
)


class Header(NamedTuple):
    """`container` is None where only FFmpeg's own probing can tell; `begin` and `end` are the
    bytes between tags in front (ID3v2) and behind (ID3v1, APEv2)."""

    container: str | None
    begin: int
    end: int


class Extent(NamedTuple):
    """Where the sound lies in the file, in bytes, and its exact sample count if that is known.

    `estimate` is a better guess than FFmpeg's, where a header holds one: FFmpeg counts the bytes
    of pictures too.
    """

    begin: int
    end: int
    samples: int | None
    estimate: int = 0


class Mpeg(NamedTuple):
    """The head of an MPEG layer III frame, and what the Xing or LAME tag in it tells."""

    rate: int
    channels: int
    samples: int  # of one frame
    kilobits: int
    length: int  # bytes of this frame
    info: bool = False  # it holds a tag and no sound
    frames: int = 0  # 0 where the tag does not tell, as below
    told_bytes: int = 0  # with this frame
    delay: int = 0
    padding: int = 0
    named: bool = False  # the tag's writer is one whose delay FFmpeg believes


def look(fd: int, size: int) -> Header:
    """The demuxer by the bytes themselves: a file's name may lie."""
    begin = 0
    for _ in range(_MOST_TAGS):
        head = os.pread(fd, 10, begin)
        if head[:3] != b"ID3" or len(head) < 10:
            break
        begin += 10 + _synchsafe(head[6:10]) + (10 if head[5] & 0x10 else 0)
    head = os.pread(fd, _HEAD, begin)
    while head[:1] == b"\0" and not head.strip(b"\0") and begin < size:
        begin += len(head)  # padding behind a tag
        head = os.pread(fd, _HEAD, begin)
    skipped = len(head) - len(head.lstrip(b"\0"))
    if begin and skipped:
        begin, head = begin + skipped, head[skipped:]
    return Header(_container(fd, head, begin), begin, end(fd, size))


def extent(fd: int, size: int, header: Header, stream: Any) -> Extent:
    """Where the sound is, and the count of canonical samples if the file tells it for certain.

    `stream` is FFmpeg's open stream of the same file.
    """
    find = _COUNTS.get(header.container or "")
    return find(fd, size, header, stream) if find else Extent(header.begin, header.end, None)


def last_page(fd: int, size: int) -> tuple[int, int]:
    """Where the inside of the last page of an Ogg file begins, and how long it is; (0, 0)."""
    at, page = _last_page(fd, size)
    if not page:
        return 0, 0
    head = 27 + page[26]
    return at + head, _page_size(page) - head


def last_ogg_page(fd: int, size: int) -> keys.OggPage | None:
    """The last whole page of an Ogg file; None where the file is cut."""
    at, page = _last_page(fd, size)
    return keys.page_in(page, 0, at)


def streaminfo(stream: Any) -> bytes:
    """FLAC's STREAMINFO block (34 bytes, RFC 9639 section 8.2) in any container, or nothing."""
    extra = bytes(stream.codec_context.extradata or b"")
    return extra[:34] if len(extra) >= 34 else b""


def bit_depth(fd: int, header: Header, stream: Any, codec: str) -> int | None:
    """Bits of a sample as they are stored, of lossless codecs whose header tells."""
    extra = bytes(stream.codec_context.extradata or b"")
    if codec == "flac" and len(extra) >= 34:
        return ((extra[12] & 1) << 4 | extra[13] >> 4) + 1
    if codec == "alac" and len(extra) >= 18:
        return extra[17]
    if codec == "wmalossless" and len(extra) >= 2:
        return int.from_bytes(extra[:2], "little") or None
    head = os.pread(fd, 80, header.begin)
    if codec == "wavpack" and header.container == "wv" and len(head) >= 32:
        flags = int.from_bytes(head[24:28], "little")
        return 32 if flags & 0x80 else ((flags & 3) + 1) * 8 - (flags >> 13 & 0x1F)
    if codec == "tta" and len(head) >= 10:
        return int.from_bytes(head[8:10], "little") or None
    if codec == "ape" and len(head) >= 76 and int.from_bytes(head[4:6], "little") >= 3980:
        at = int.from_bytes(head[8:12], "little") + 16
        bits = os.pread(fd, 2, header.begin + at)
        return int.from_bytes(bits, "little") or None
    if codec.startswith("pcm_"):
        digits = "".join(each for each in codec[4:] if each.isdigit())
        return int(digits) if digits else None
    return None


def frame_bytes(codec: str, channels: int) -> int:
    """Bytes of one sample of all channels; 0 for what is not plain PCM."""
    digits = "".join(each for each in codec[4:] if each.isdigit())
    if not codec.startswith("pcm_") or not digits:
        return channels if codec in ("pcm_alaw", "pcm_mulaw") else 0
    return int(digits) // 8 * channels


# -- which demuxer ---------------------------------------------------------------------------------


def _container(fd: int, head: bytes, begin: int) -> str | None:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    kind, form = head[:4], head[8:12]
    if kind == b"RIFF" and form == b"WAVE":
        return "wav"
    if kind == b"FORM" and form in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] == b"ftyp":
        return "mov"
    if length := _mp3_frame(head):
        return "mp3" if _mp3_frame(os.pread(fd, 4, begin + length)) else None
    if length := _adts_frame(head):
        return "aac" if _adts_frame(os.pread(fd, 7, begin + length)) else None
    return None


def end(fd: int, size: int) -> int:
    """Where the sound of a file ends at the latest: before ID3v1 and APEv2 tags."""
    tail = os.pread(fd, 160, max(0, size - 160))
    behind = size
    if tail[-128:-125] == b"TAG":
        behind, tail = size - 128, tail[:-128]
    if tail[-32:-24] == b"APETAGEX":
        length, _, flags = ape_footer(tail[-32:])
        behind = max(0, behind - length - (32 if flags & 0x8000_0000 else 0))
    return behind


def ape_footer(footer: bytes) -> tuple[int, int, int]:
    """An APE tag's length without its header, its count of items and its flags."""
    length, count, flags = struct.unpack_from("<III", footer, 12)
    return length, count, flags


def _synchsafe(raw: bytes) -> int:
    return (raw[0] & 127) << 21 | (raw[1] & 127) << 14 | (raw[2] & 127) << 7 | raw[3] & 127


_LAYER3: Final = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3_frame(head: bytes) -> int:
    """Bytes of the MPEG layer III frame that begins here, or 0."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, code, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or code in (0, 15) or rate == 3:
        return 0
    kilobits = _LAYER3[3 if version == 3 else 2][code]
    samples = 144_000 if version == 3 else 72_000
    return samples * kilobits // _RATES[version][rate] + (head[2] >> 1 & 1)


def _adts_frame(head: bytes) -> int:
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


# -- how many samples ------------------------------------------------------------------------------


def _mp3(fd: int, size: int, header: Header, stream: Any) -> Extent:
    """By the LAME tag in the first frame: frames, encoder delay and padding."""
    first = mpeg(os.pread(fd, 512, header.begin))
    if first is None:
        return Extent(header.begin, header.end, None)
    return mpeg_extent(fd, header.begin, header.end, first)


def mpeg(head: bytes) -> Mpeg | None:
    """The frame that begins here."""
    length = _mp3_frame(head)
    if not length:
        return None
    newer = head[1] >> 3 & 3 == 3
    mono = head[3] >> 6 == 3
    rate = _RATES[head[1] >> 3 & 3][head[2] >> 2 & 3]
    channels, samples = 1 if mono else 2, 1152 if newer else 576
    kilobits = _LAYER3[3 if newer else 2][head[2] >> 4]
    at = 4 + ((17 if mono else 32) if newer else (9 if mono else 17))
    if head[at : at + 4] not in (b"Xing", b"Info"):
        return Mpeg(rate, channels, samples, kilobits, length, info=head[36:40] == b"VBRI")
    flags, frames, told = (
        struct.unpack_from(">III", head, at + 4) if len(head) > at + 160 else (0,) * 3
    )
    if flags & 3 != 3:
        return Mpeg(rate, channels, samples, kilobits, length, info=True)
    at += 16 + (100 if flags & 4 else 0) + (4 if flags & 8 else 0)
    pads = int.from_bytes(head[at + 21 : at + 24], "big")
    named = head[at : at + 4] in (b"LAME", b"Lavf", b"Lavc")
    delay, padding = pads >> 12, pads & 0xFFF
    return Mpeg(
        rate, channels, samples, kilobits, length, True, frames, told, delay, padding, named
    )


def mpeg_follows(first: bytes, second: bytes) -> bool:
    """Whether two MPEG frames are of one stream, by their heads."""
    return (
        _mp3_frame(second) > 0
        and second[1] == first[1]
        and not (second[2] ^ first[2]) & 0x0C
        and (second[3] >> 6 == 3) is (first[3] >> 6 == 3)
    )


def mpeg_extent(fd: int, begin: int, end: int, first: Mpeg) -> Extent:
    """Where the sound of an MP3 lies, and its count if its first frame tells it for certain."""
    behind = begin + first.told_bytes
    if not first.info:
        return Extent(begin, end, None, (end - begin) * first.rate // (first.kilobits * 125))
    if not first.delay or behind > end or not _only_padding(fd, behind, end):
        return Extent(begin, end, None)
    samples = first.frames * first.samples
    samples -= first.delay + _DECODER_DELAY + max(0, first.padding - _DECODER_DELAY)
    return Extent(begin, end, samples if samples > 0 else None)


def _only_padding(fd: int, begin: int, end: int) -> bool:
    # what stands there may be another file's frames, which would be decoded too
    if end == begin:
        return True
    return end - begin <= _HEAD and not os.pread(fd, end - begin, begin).strip(b"\0")


def _wav(fd: int, size: int, header: Header, stream: Any) -> Extent:
    begin, length = _chunk(fd, size, header.begin + 12, b"data", "<")
    codec = stream.codec_context.name
    frame = frame_bytes(codec, stream.codec_context.channels)
    whole = bool(begin) and begin + length <= size
    count = length // frame if whole and frame and 0 < length < 0xFFFF_FFFF else None
    return Extent(begin or header.begin, min(begin + length, size) or size, count)


def _aiff(fd: int, size: int, header: Header, stream: Any) -> Extent:
    common, _ = _chunk(fd, size, header.begin + 12, b"COMM", ">")
    begin, length = _chunk(fd, size, header.begin + 12, b"SSND", ">")
    if not common or not begin or length < 8:
        return Extent(header.begin, header.end, None)
    frames = int.from_bytes(os.pread(fd, 4, common + 2), "big")
    begin, length = begin + 8, length - 8
    frame = frame_bytes(stream.codec_context.name, stream.codec_context.channels)
    whole = begin + length <= size and frame and frames == length // frame
    return Extent(begin, min(begin + length, size), frames if whole and frames else None)


def _chunk(fd: int, size: int, at: int, wanted: bytes, order: str) -> tuple[int, int]:
    """Where a RIFF or IFF chunk's content begins, and the length its header tells; (0, 0)."""
    for _ in range(64):
        head = os.pread(fd, 8, at)
        if len(head) < 8:
            break
        kind, length = struct.unpack(f"{order}4sI", head)
        if kind == wanted:
            return at + 8, length
        at += 8 + length + (length & 1)
        if at >= size:
            break
    return 0, 0


def _flac(fd: int, size: int, header: Header, stream: Any) -> Extent:
    """By STREAMINFO, when the last frame in the file ends at that count and is whole."""
    whole = flac_is_whole(fd, header.begin, header.end, streaminfo(stream))
    return Extent(header.begin, header.end, _flac_total(stream) if whole else None)


def flac_is_whole(fd: int, begin: int, end: int, info: bytes) -> bool:
    """Whether the last FLAC frame before `end` is whole and ends where STREAMINFO says."""
    if len(info) < 34:
        return False
    total = int.from_bytes(info[13:18], "big") & 0xF_FFFF_FFFF
    longest = int.from_bytes(info[7:10], "big") or _FLAC_TAIL
    length = min(longest + 16, _FLAC_TAIL, end - begin)
    tail = os.pread(fd, length, end - length)
    return total > 0 and _ends_at(tail, total, int.from_bytes(info[2:4], "big"))


def _flac_total(stream: Any) -> int:
    return int.from_bytes(streaminfo(stream)[13:18], "big") & 0xF_FFFF_FFFF


def _ends_at(tail: bytes, total: int, block: int) -> bool:
    """Whether the last FLAC frame of `tail` is whole and ends with sample `total`."""
    for mark in (b"\xff\xf8", b"\xff\xf9"):
        at = len(tail)
        for _ in range(_MOST_SYNCS):
            at = tail.rfind(mark, 0, at)
            if at < 0:
                break
            if frame_end(tail[at : at + 16], block) == total:
                return _whole(tail[at:])
    return False


def frame_end(head: bytes, block: int) -> int:
    """The sample after the FLAC frame with this header (RFC 9639 section 9.1); 0 for none."""
    if len(head) < 16 or head[2] >> 4 == 0 or head[2] & 15 == 15 or head[3] & 1:
        return 0
    more = 0
    first = head[4]
    if first & 0x80:
        while first << more & 0x80:
            more += 1
        if more < 2 or more > 7:
            return 0
    number = first & (0x7F >> more)
    at = 5 + max(0, more - 1)
    for byte in head[5:at]:
        number = number << 6 | byte & 0x3F
    code, rate = head[2] >> 4, head[2] & 15
    if code == 1:
        length = 192
    elif code < 6:
        length = 576 << code - 2
    elif code == 6:
        length, at = head[at] + 1, at + 1
    elif code == 7:
        length, at = int.from_bytes(head[at : at + 2], "big") + 1, at + 2
    else:
        length = 256 << code - 8
    at += {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if at >= len(head) or _crc8(head[: at + 1]) != 0:
        return 0
    return number + length if head[1] & 1 else number * block + length


def _ogg(fd: int, size: int, header: Header, stream: Any) -> Extent:
    """By the granule of the last page, in a file of one logical stream that ends in order.

    Of Vorbis this is not yet the count: see `probe`, which knows where FFmpeg lets it begin.
    """
    told = Extent(header.begin, header.end, None)
    first = os.pread(fd, 27 + 255, header.begin)
    if len(first) < 28 or first[5] & 2 == 0:
        return told
    behind = header.begin + _page_size(first)
    codec = stream.codec_context.codec.canonical_name
    if codec not in ("vorbis", "opus", "flac") or os.pread(fd, 6, behind)[5:6] not in (
        b"\0",
        b"\1",
    ):
        return told
    _, last = _last_page(fd, size)
    if not last:
        return told
    granule = int.from_bytes(last[6:14], "little", signed=True)
    if last[14:18] != first[14:18] or last[5] & 4 == 0 or stream.start_time not in (0, None):
        return told
    skipped = 0
    if codec == "opus":
        skipped = int.from_bytes(bytes(stream.codec_context.extradata or b"")[10:12], "little")
    elif codec == "flac" and _flac_total(stream) not in (0, granule):
        return told
    if granule <= skipped or stream.duration != granule:
        return told
    return told._replace(samples=granule - skipped)


def _last_page(fd: int, size: int) -> tuple[int, bytes]:
    """Where the last whole Ogg page begins, and its header; (0, b"") where the file is cut."""
    for length in (_OGG_LAST, _OGG_TAIL):
        begin = max(0, size - length)
        tail = os.pread(fd, size - begin, begin)
        if (at := tail.rfind(b"OggS")) >= 0:
            break
    if at < 0 or len(tail) - at < 28 or at + _page_size(tail[at : at + 282]) > len(tail):
        return 0, b""
    return begin + at, tail[at : at + 282]


def _page_size(page: bytes) -> int:
    return 27 + page[26] + sum(page[27 : 27 + page[26]])


def _mov(fd: int, size: int, header: Header, stream: Any) -> Extent:
    """ALAC's by its sample table; the padding of lossy codecs is trimmed by decoding only."""
    told = Extent(*(mp4.data(fd, size) or (header.begin, header.end)), None)
    context, entries = stream.codec_context, stream.index_entries
    if context.codec.canonical_name != "alac" or not len(entries) or not stream.duration:
        return told
    last = entries[-1]
    frame = int.from_bytes(bytes(context.extradata or b"")[12:16], "big")
    whole = (
        stream.time_base.numerator == 1
        and stream.time_base.denominator == context.sample_rate
        and stream.start_time == 0
        and last.pos + last.size <= size
        and 0 < stream.duration - last.timestamp <= frame
    )
    return told._replace(samples=stream.duration if whole else None)


def _asf(fd: int, size: int, header: Header, stream: Any) -> Extent:
    """The data object behind the header object, and the time that the file properties tell."""
    top = os.pread(fd, 30, header.begin)
    if len(top) < 30:
        return Extent(header.begin, header.end, None)
    begin = header.begin + int.from_bytes(top[16:24], "little")
    length = int.from_bytes(os.pread(fd, 8, begin + 16), "little") if begin < size else 0
    ticks, at = 0, header.begin + 30
    for _ in range(64):
        part = os.pread(fd, 104, at)
        if len(part) < 104 or at >= begin:
            break
        if part[:16] == _ASF_PROPERTIES:
            play, preroll = struct.unpack_from("<Q8xQ", part, 64)
            ticks = max(0, play - preroll * 10_000)  # of 100 ns
            break
        at += max(24, int.from_bytes(part[16:24], "little"))
    estimate = ticks * stream.codec_context.sample_rate // 10_000_000
    return Extent(min(begin, size), min(begin + length, size), None, estimate)


def _tta(fd: int, size: int, header: Header, stream: Any) -> Extent:
    """By the header, when the table of frames fits into the file."""
    told = Extent(header.begin, header.end, None)
    head = os.pread(fd, 22, header.begin)
    if len(head) < 22:
        return told
    rate, total = struct.unpack_from("<II", head, 10)
    frame = rate * 256 // 245
    frames = -(-total // frame) if frame else 0
    if not 0 < frames <= 1 << 18:
        return told
    table = os.pread(fd, frames * 4, header.begin + 22)
    if len(table) < frames * 4:
        return told
    needed = header.begin + 22 + frames * 4 + 4 + sum(struct.unpack(f"<{frames}I", table))
    return told._replace(samples=total if needed <= size else None)


def _wavpack(fd: int, size: int, header: Header, stream: Any) -> Extent:
    """By the first block, when the last block of the file ends there and is whole."""
    told = Extent(header.begin, header.end, None)
    head = os.pread(fd, 32, header.begin)
    if len(head) < 32 or head[12:16] == b"\xff\xff\xff\xff":
        return told
    total = int.from_bytes(head[12:16], "little") + (head[11] << 32)
    begin = max(header.begin, header.end - _WAVPACK_TAIL)
    tail = os.pread(fd, header.end - begin, begin)
    at = len(tail)
    while (at := tail.rfind(b"wvpk", 0, at)) >= 0:
        block = tail[at : at + 32]
        if len(block) < 32:
            continue
        length, _, high, _, _, index, samples = struct.unpack_from("<IHBBIII", block, 4)
        if not samples:
            continue  # a block of metadata only
        whole = at + 8 + length <= len(tail) and index + (high << 32) + samples == total
        return told._replace(samples=total if whole and total else None)
    return told


_COUNTS: Final[dict[str, Callable[[int, int, Header, Any], Extent]]] = {
    "mp3": _mp3,
    "wav": _wav,
    "aiff": _aiff,
    "flac": _flac,
    "ogg": _ogg,
    "mov": _mov,
    "asf": _asf,
    "tta": _tta,
    "wv": _wavpack,
}


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


def _whole(frame: bytes) -> bool:
    """Whether a FLAC frame ends with its own check (CRC-16, polynomial x^16+x^15+x^2+1).

    That polynomial is (x+1)(x^15+x+1). In the second factor's ring x^15 is x+1, and so x^(15n) is
    x^n+1 where n is a power of two: the frame as one number is folded in a few long shifts.
    """
    value = int.from_bytes(frame, "big")
    if value.bit_count() & 1:
        return False
    power = 1 << max(0, (value.bit_length() // 15).bit_length() - 1)
    while power:
        places = 15 * power
        while (high := value >> places) and value.bit_length() > 15:
            value = (value & (1 << places) - 1) ^ high ^ high << power
        power >>= 1
    return value == 0


_CRC8: Final = bytes(
    functools.reduce(lambda crc, _: crc << 1 ^ (0x107 if crc & 0x80 else 0), range(8), value)
    for value in range(256)
)
