"""How many samples a packet holds by its own first bytes, without decoding it.

MPEG audio by its frame header (ISO/IEC 11172-3 and 13818-3), AAC by ADTS or AudioSpecificConfig
(ISO/IEC 14496-3 sections 1.A.2 and 1.6.2), FLAC by RFC 9639 section 9.1, Opus by RFC 6716 section
3.1, ALAC by the head of its first element.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from homestream.media.facts import Facts

Length = Callable[[Any], int]  # of a packet, in samples; 0 where it is damaged

_ADTS_RATES: Final = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
)  # fmt: skip
_SBR: Final = frozenset({5, 29})  # audio object types, also below
_GENERAL: Final = frozenset({1, 2, 3, 4})
_ESCAPE: Final = 31
_OPUS_SILK: Final = (480, 960, 1920, 2880)  # at 48 kHz, as Opus counts
_OPUS_HYBRID: Final = (480, 960)
_OPUS_CELT: Final = (120, 240, 480, 960)
_OPUS_MOST: Final = 5760
_CONSTANT: Final = {"mp2": 1152, "ac3": 1536}


def length(facts: Facts, stream: Any) -> Length | None:
    """What tells the length of a packet of this stream; None for codecs whose packets do not."""
    config = bytes(stream.codec_context.extradata or b"")
    codec = facts.codec
    if codec == "aac":
        return _aac(facts.sample_rate, config)
    if codec == "alac":
        usual = int.from_bytes(config[12:16], "big")
        return (lambda packet: _alac(first_bytes(packet), usual)) if len(config) >= 36 else None
    if codec == "vorbis":
        exact = facts.container == "ogg" and stream.time_base * facts.sample_rate == 1
        return (lambda packet: packet.duration or 0) if exact else None
    if codec in _CONSTANT:
        return lambda _: _CONSTANT[codec]
    plain = {"mp3": _mp3, "flac": _flac, "opus": _opus}.get(codec)
    return (lambda packet: plain(first_bytes(packet))) if plain else None


def first_bytes(packet: Any) -> bytes:
    """As many bytes of a packet as its head may have."""
    with memoryview(packet) as data:
        return bytes(data[:24])


def adts_header(head: bytes) -> int:
    """The length of the ADTS header that a packet begins with, or 0."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    return 7 if head[1] & 1 else 9


def _mp3(head: bytes) -> int:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return 0
    return 1152 if head[1] & 0x18 == 0x18 else 576


def _aac(sample_rate: int, config: bytes) -> Length | None:
    told = _config(config) if config else (0, 0)
    if told is None:
        return None
    rate, frame = told

    def of(packet: Any) -> int:
        if rate:
            return frame * round(sample_rate / rate)
        head = first_bytes(packet)
        index = head[2] >> 2 & 15 if adts_header(head) else len(_ADTS_RATES)
        if index >= len(_ADTS_RATES):
            return 0
        if (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5 != packet.size:
            return 0
        blocks = (head[6] & 3) + 1
        return 1024 * blocks * round(sample_rate / _ADTS_RATES[index])

    return of


def _config(config: bytes) -> tuple[int, int] | None:
    """The rate of the core and the samples of its frame; None for what is no general audio."""
    bits = int.from_bytes(config[:16].ljust(16, b"\0"), "big")
    at = 128

    def take(count: int) -> int:
        nonlocal at
        at -= count
        return bits >> at & (1 << count) - 1

    def kind() -> int:
        found = take(5)
        return 32 + take(6) if found == _ESCAPE else found

    def rate() -> int:
        index = take(4)
        if index == 15:
            return take(24)
        return _ADTS_RATES[index] if index < len(_ADTS_RATES) else 0

    form, core = kind(), rate()
    take(4)
    if form in _SBR:
        rate()
        form = kind()
    if form not in _GENERAL or not core:
        return None
    return core, 960 if take(1) else 1024


def _flac(head: bytes) -> int:
    if len(head) < 8 or head[0] != 0xFF or head[1] & 0xFE != 0xF8:
        return 0
    code = head[2] >> 4
    if code == 1:
        return 192
    if code == 0:
        return 0
    if code < 6:
        return 576 << code - 2
    if code >= 8:
        return 256 << code - 8
    more = 0
    while head[4] << more & 0x80:
        more += 1
    at = 4 + max(1, more)
    return int.from_bytes(head[at : at + code - 5], "big") + 1


def _opus(head: bytes) -> int:
    if not head:
        return 0
    mode, code = head[0] >> 3, head[0] & 3
    if mode < 12:
        frame = _OPUS_SILK[mode & 3]
    elif mode < 16:
        frame = _OPUS_HYBRID[mode & 1]
    else:
        frame = _OPUS_CELT[mode & 3]
    count = (1, 2, 2, head[1] & 63 if len(head) > 1 else 0)[code]
    return frame * count if frame * count <= _OPUS_MOST else 0


def _alac(head: bytes, usual: int) -> int:
    # 3 bits of kind, 4 of instance, 12 unused, then whether a count follows 3 bits later
    bits = int.from_bytes(head[:7].ljust(7, b"\0"), "big")
    return bits >> 1 & 0xFFFF_FFFF if bits >> 36 & 1 else usual
