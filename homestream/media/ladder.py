"""Which renditions a programme is offered in, from what is known of its files and of the player.

Nothing is offered that would be larger than the sound is good: no bit rate above that of a file
that has lost something already, FLAC of lossless files alone, and their own packets where a player
takes them. All that is left out is said in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from homestream.errors import BadInput, NotFound
from homestream.media import programme as programmes
from homestream.media.facts import Facts
from homestream.media.programme import Item, Programme

Codec = Literal["aac", "opus", "mp3", "flac"]
Container = Literal["fmp4", "ts", "packed"]

BIT_RATES: Final = (64_000, 96_000, 128_000, 192_000, 256_000, 320_000)  # of AAC
OPUS_BIT_RATES: Final = (64_000, 96_000, 128_000, 192_000)
MP3_BIT_RATES: Final = (64_000, 96_000, 128_000, 192_000, 256_000, 320_000)
USUAL_RATE: Final = 48_000
_WHEN_BUSY: Final = 128_000  # bit/s
# What AAC can carry (ISO/IEC 14496-3 table 1.18), up to where hearing ends; MP3 has the same.
AAC_RATES: Final = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
AAC_FRAME: Final = 1_024  # samples of a packet
AAC_PRIMING: Final = 1_024  # samples by which the encoder is late
OPUS_RATE: Final = 48_000
METERED: Final = 128_000  # bit/s: the most where every byte is paid for
COPY: Final = "copy"
MOST_CHOSEN: Final = 16  # renditions of one offer
MOST_FLAC_RATE: Final = 384_000
MOST_FLAC_CHANNELS: Final = 8
_FLAC_LAYOUTS: Final = frozenset(
    {"mono", "stereo", "3.0", "quad", "5.0", "5.0(side)", "5.1", "5.1(side)", "6.1", "7.1"}
)
# The loudest segment of an encode against its mean, measured over music, and the boxes round it.
_PEAK: Final = 1.4
_BOXES: Final = 1_800  # bit/s
_ADTS: Final = 56  # bits before a packet
_PES: Final = 8 * (
    14 + 8 + 92
)  # bits about a tenth of a second in MPEG-TS: heads, and half a packet
_TAG: Final = 400  # bit/s, before packed audio
_TABLES: Final = 2_400  # bit/s, and what fills a segment up
_SQUEEZED: Final = 0.65  # what FLAC makes of music on a common CD
_COPIED: Final = {"aac": "fmp4", "opus": "fmp4", "flac": "fmp4", "mp3": "packed"}
# Containers whose packets lie where their facts say: of others the delay is told in milliseconds.
_COPIED_FROM: Final = frozenset({"mp3", "mov", "aac", "ogg", "flac"})
_COPIED_AAC_RATES: Final = (96_000, 88_200, 64_000, *AAC_RATES)
_OPUS_UP_TO: Final = 128_000  # bit/s; above, AAC is as good and more players have it
_ABOUT: Final = 1.05  # files of a nominal bit rate may have a little more or less
# RFC 6381, as Apple's authoring rules spell them.
_CODECS: Final = {"aac": "mp4a.40.2", "mp3": "mp4a.40.34", "opus": "Opus", "flac": "fLaC"}


class Rendition(msgspec.Struct, frozen=True):
    """One way in which a programme is encoded. Names are spelt as FFmpeg spells them."""

    name: str  # "aac-128", "opus-96", "flac": unique in a ladder and safe in a path
    codec: str  # "aac", "opus", "mp3", "flac"
    container: str  # "fmp4", "ts" or "packed"
    sample_rate: int  # Hz
    channels: int
    bit_rate: int  # bit/s of the codec alone; of FLAC what may be expected
    frame: int = AAC_FRAME  # samples of a packet
    priming: int = AAC_PRIMING  # samples before the first that is to be heard
    # Hz: segments are cut at the AAC packets of this sample rate, the same for a whole ladder
    pace: int = USUAL_RATE
    bit_depth: int | None = None  # of lossless codecs
    copy: bool = False  # the packets of the file itself

    @property
    def lossless(self) -> bool:
        return self.bit_depth is not None

    @property
    def codecs(self) -> str:
        """The CODECS attribute (RFC 6381)."""
        return _CODECS[self.codec]

    @property
    def bandwidth(self) -> int:
        """Peak segment bit rate, boxes included, in bit/s (RFC 8216 section 4.3.4.2)."""
        if self.bit_depth is not None:
            return self._wrapped(self.sample_rate * self.channels * self.bit_depth)
        if self.codec == "mp3" and not self.copy:  # as many in each
            return self._wrapped(self.bit_rate)
        return self._wrapped(round(self.bit_rate * _PEAK))

    @property
    def average_bandwidth(self) -> int:
        """Mean segment bit rate, boxes included, in bit/s."""
        return self._wrapped(self.bit_rate)

    def _wrapped(self, bit_rate: int) -> int:
        """What a bit rate becomes in the container."""
        if self.container == "fmp4":
            return bit_rate + _BOXES
        packets = self.sample_rate / self.frame  # a second
        if self.container == "packed":
            bit_rate += _TAG
        if self.codec == "aac":
            bit_rate += round(packets * _ADTS)
        if self.container == "ts":
            groups = packets / max(1, packets // 10)
            bit_rate = round((bit_rate + groups * _PES) * 188 / 184) + _TABLES
        return bit_rate


class Client(msgspec.Struct, frozen=True):
    """What a player can do and wants."""

    accepts: tuple[Codec, ...] = ("aac",)
    containers: tuple[Container, ...] = ("fmp4",)
    max_bit_rate: int | None = None  # bit/s
    max_sample_rate: int = USUAL_RATE  # Hz
    metered: bool = False
    lossless: bool = False
    copies: bool = False  # takes the packets of a file as they are


def usual(container: str) -> Client:
    """A player that has told nothing of itself, but which container it takes."""
    return Client(containers=(msgspec.convert(container, Container),))


class Offer(msgspec.Struct, frozen=True):
    """Renditions from the lowest bit rate to the highest, at least one, and why these, in words."""

    renditions: tuple[Rendition, ...]
    why: tuple[str, ...]


def renditions(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    """The AAC that files which play one after another are offered in, from the lowest bit rate to
    the highest.

    All have one sample rate, so that their segments begin and end together: that of the files
    where they agree and AAC has it (no resampling, so no trace of it where tracks join), else
    48 kHz. Mono stays mono; everything else becomes stereo. None has a higher bit rate than the
    files.
    """
    rungs = _aac_rungs(facts)
    most = _source_bit_rate(facts)
    return _up_to(rungs, most)


def every(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    """All renditions that can be encoded of these files, whether or not it is wise to.

    Opus is always at 48 kHz. FLAC keeps the sample rate, the bit depth and the channels that the
    files agree in; of a high sample rate there is one at 44.1 or 48 kHz, too.
    """
    aac = _aac_rungs(facts)
    return (
        *aac,
        *map(_in_ts, aac),
        *map(_packed, aac),
        *_opus_rungs(facts),
        *_mp3_rungs(facts),
        *_flacs(facts),
    )


def of(programme: Programme) -> tuple[Rendition, ...]:
    """All renditions that there are of a programme: those of its files, and their own packets."""
    copied = copy(programme)
    return (
        every(programmes.facts(programme))
        if copied is None
        else (*every(programmes.facts(programme)), copied)
    )


def copy(programme: Programme) -> Rendition | None:
    """The rendition that sends the file's own packets, where a programme is one file as it is.

    Where its index is not there yet, there is none: what is damaged is counted by the index alone.
    """
    if any(item.facts.lacks_index for item in programme.items):
        return None
    return _copy(programme)


def _copy(programme: Programme) -> Rendition | None:
    if len(programme.items) != 1:
        return None
    (item,) = programme.items
    facts = item.facts
    # a part of a file, or one that is changed in any way, is another item
    if item != Item(item.key, facts) or facts.container.split(",")[0] not in _COPIED_FROM:
        return None
    container = _COPIED.get(facts.codec)
    if container is None or facts.bit_rate is None:
        return None
    frame, priming = AAC_FRAME, facts.delay_samples
    match facts.codec:
        case "aac":
            if facts.profile != "LC" or facts.sample_rate not in _COPIED_AAC_RATES:
                return None
        case "opus":
            frame = 960
        case "mp3":
            frame = _mp3_frame(facts.sample_rate)
        case _:
            frame = 4_096
            if facts.bit_depth is None or facts.sample_rate > MOST_FLAC_RATE:
                return None
    most = MOST_FLAC_CHANNELS if facts.codec == "flac" else 2
    if facts.channels > most:
        return None
    return Rendition(
        name=COPY,
        codec=facts.codec,
        container=container,
        sample_rate=facts.sample_rate,
        channels=facts.channels,
        bit_rate=facts.bit_rate,
        frame=frame,
        priming=priming,
        pace=_line([facts])[0],
        bit_depth=facts.bit_depth if facts.codec == "flac" else None,
        copy=True,
    )


def offer(programme: Programme, client: Client, cap: int | None = None) -> Offer:
    """What a player is offered of a programme. `cap` is the most that the listener may have, in
    bit/s; the lowest rung is there whatever it is."""
    facts = programmes.facts(programme)
    why: list[str] = []
    most, reason = _most(client, cap)
    chosen = list(_lossy(facts, client, most, reason, why))
    copied = copy(programme) if client.copies else None
    if client.lossless:
        chosen += _lossless(facts, client, copied, most, reason, why)
    later = _copy(programme) if client.copies and copied is None else None
    if later is not None and _takes(client, later):
        why.append("not the file's own packets yet: this is the first time that it is played")
    if copied is not None and not copied.lossless and _takes(client, copied):
        if most is not None and copied.bit_rate > most:
            why.append(f"not the file's own packets, {_kbit(copied.bit_rate)}: {reason}")
        else:
            # what is as large as the file cannot be as good
            rest = [rung for rung in chosen if rung.bit_rate * _ABOUT < copied.bit_rate]
            chosen = [*rest, copied]
            why.append(f"the file's own {_spoken(copied.codec)} as it is: nothing is lost again")
    return Offer(tuple(sorted(chosen, key=lambda rung: rung.bandwidth)), tuple(why))


def allowed(rendition: Rendition, cap: int | None) -> bool:
    """Whether somebody may have a rendition who may have no more than `cap` bit/s; the lowest rung
    may be had by all."""
    return cap is None or rendition.bit_rate <= max(cap, BIT_RATES[0])


def lowered(renditions: Sequence[Rendition]) -> Sequence[Rendition]:
    """Those that are offered while too much is asked for: the file's own packets, which cost
    nothing, and few rungs, so that what is encoded is the same for many; at least the lowest."""
    few = [each for each in renditions if each.copy or each.bit_rate <= _WHEN_BUSY]
    return few or [min(renditions, key=lambda each: each.bit_rate)]


def spelt(renditions: Iterable[Rendition]) -> str:
    """Renditions as one word of an address."""
    return ".".join(rendition.name for rendition in renditions)


def chosen(programme: Programme, spelling: str) -> tuple[Rendition, ...]:
    """The renditions that `spelt` wrote; NotFound, BadInput."""
    names = spelling.split(".")
    if len(names) > MOST_CHOSEN or len(set(names)) < len(names):
        raise BadInput("renditions are too many, or the same twice")
    there = of(programme)
    return tuple(named(there, name) for name in names)


def named(ladder: Iterable[Rendition], name: str) -> Rendition:
    """The rendition of that name; NotFound if the ladder has none."""
    for rendition in ladder:
        if rendition.name == name:
            return rendition
    raise NotFound(f"rendition {name[:40]!r} is not offered")


def _most(client: Client, cap: int | None) -> tuple[int | None, str]:
    """The most bit/s that may be, and what says so."""
    limits = [
        (cap, "more is not allowed here"),
        (client.max_bit_rate, "the player wants no more"),
        (METERED if client.metered else None, "the network is metered"),
    ]
    known = [(limit, reason) for limit, reason in limits if limit is not None]
    return min(known, default=(None, ""))


def _lossy(
    facts: Sequence[Facts], client: Client, most: int | None, reason: str, why: list[str]
) -> Sequence[Rendition]:
    """The rungs of one codec, so that a player can step between them without a break."""
    source = _source_bit_rate(facts)
    rungs = _family(facts, client, _least(source, most), why)
    kept = _up_to(_up_to(rungs, source), most)
    left = rungs[len(kept) :]
    if left:
        # the lowest that is left out says what was in the way
        if source is not None and left[0].bit_rate > source * _ABOUT:
            why.append(f"no {left[0].bit_rate // 1000}: {_told(facts, source)}")
        else:
            why.append(f"at most {_kbit(kept[-1].bit_rate)}: {reason}")
    return kept


def _family(
    facts: Sequence[Facts], client: Client, most: int | None, why: list[str]
) -> Sequence[Rendition]:
    boxed = "fmp4" in client.containers
    if "opus" in client.accepts and boxed:
        low = most is not None and most <= _OPUS_UP_TO * _ABOUT
        if low:
            why.append("Opus: at few bits it is better than AAC, and your player takes it")
        if low or "aac" not in client.accepts:
            return _opus_rungs(facts)
    if "aac" not in client.accepts and "mp3" in client.accepts and "packed" in client.containers:
        why.append("MP3: your player takes nothing better")
        return _mp3_rungs(facts)
    aac = _aac_rungs(facts)
    if boxed:
        return aac
    return tuple(map(_in_ts if "ts" in client.containers else _packed, aac))


def _lossless(
    facts: Sequence[Facts],
    client: Client,
    copied: Rendition | None,
    most: int | None,
    reason: str,
    why: list[str],
) -> Sequence[Rendition]:
    flac, *lower = _flacs(facts)
    if "flac" not in client.accepts or "fmp4" not in client.containers:
        why.append("no FLAC: your player does not take it")
        return ()
    lossy = [fact for fact in facts if not fact.lossless]
    if lossy or not facts:
        told = f"a file is {_spoken(lossy[0].codec)}" if len(facts) > 1 else _told(lossy, None)
        why.append(f"no FLAC: {told}, which it would only make larger")
        return ()
    if len({(fact.sample_rate, fact.channels) for fact in facts}) > 1:
        why.append("no FLAC: the tracks do not have one sample rate and as many channels")
        return ()
    if flac.sample_rate > client.max_sample_rate and lower:
        (flac,) = lower
        why.append(
            f"FLAC at {flac.sample_rate / 1000:g} kHz: your player takes no "
            f"{facts[0].sample_rate / 1000:g}"
        )
    elif copied is not None and copied.lossless:
        flac = copied
    if most is not None and flac.bit_rate > most:
        why.append(f"no FLAC: it takes about {_kbit(flac.bit_rate)}, and {reason}")
        return ()
    if flac.channels < facts[0].channels:
        why.append("FLAC in stereo: these channels have no place in it")
    if any((fact.bit_depth or 0) > 24 for fact in facts):
        why.append("FLAC with 24 bit: of more there is nothing to be heard")
    if flac.sample_rate == facts[0].sample_rate:
        why.append("FLAC kept: your player takes it, and the network carries it")
    return (flac,)


def _takes(client: Client, rendition: Rendition) -> bool:
    return rendition.codec in client.accepts and rendition.container in client.containers


def _least(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _up_to(rungs: Sequence[Rendition], most: int | None) -> tuple[Rendition, ...]:
    """Those of no more bits, or the lowest."""
    if most is None:
        return tuple(rungs)
    fitting = tuple(rung for rung in rungs if rung.bit_rate <= most * _ABOUT)
    return fitting or tuple(rungs[:1])


def _source_bit_rate(facts: Sequence[Facts]) -> int | None:
    """The most bit/s that a file has; None where one has all of its sound, or does not tell."""
    if any(fact.lossless or fact.bit_rate is None for fact in facts):
        return None
    return max((fact.bit_rate or 0 for fact in facts), default=None)


def _told(facts: Sequence[Facts], bit_rate: int | None) -> str:
    if len(facts) > 1:
        return f"the files have at most {_kbit(bit_rate or 0)}"
    (fact,) = facts
    kind = _spoken(fact.codec)
    article = "an" if kind[0] in "AEIOUM" else "a"
    rate = bit_rate or fact.bit_rate
    return f"the file is {article} {kind}" + (f" at {_kbit(rate)}" if rate else "")


def _spoken(codec: str) -> str:
    """A codec's name as people write it."""
    return {"opus": "Opus", "vorbis": "Vorbis", "wmav2": "WMA", "wmav1": "WMA"}.get(
        codec, codec.upper()
    )


def _kbit(bit_rate: int) -> str:
    return f"{round(bit_rate / 1000)} kbit/s"


def _aac_rungs(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    rate, channels = _line(facts)
    lowest, *others = (_aac(bit_rate, rate, channels) for bit_rate in BIT_RATES)
    # 6144 bits a channel is the most that a packet holds
    return (lowest, *(rung for rung in others if rung.bit_rate <= 6 * rate * channels))


def _opus_rungs(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    rate, channels = _line(facts)
    return tuple(_opus(bit_rate, rate, channels) for bit_rate in OPUS_BIT_RATES)


def _mp3_rungs(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    rate, channels = _line(facts)
    most = _most_mp3_bit_rate(rate)
    return tuple(_mp3(bit_rate, rate, channels) for bit_rate in MP3_BIT_RATES if bit_rate <= most)


def _flacs(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    pace, channels = _line(facts)
    flac = _flac(facts, pace, channels)
    if flac.sample_rate <= USUAL_RATE:
        return (flac,)
    rate = 44_100 if flac.sample_rate % 11_025 == 0 else USUAL_RATE
    lower = msgspec.structs.replace(
        flac,
        name=f"flac-{rate // 1000}",
        sample_rate=rate,
        bit_rate=round(flac.bit_rate * rate / flac.sample_rate),
        # what is resampled is mixed to one or two channels first
        channels=flac.channels if flac.channels <= 2 else channels,
    )
    return flac, lower


def _line(facts: Sequence[Facts]) -> tuple[int, int]:
    """The sample rate and the channels of what is encoded with loss."""
    rates = {fact.sample_rate for fact in facts}
    rate = rates.pop() if len(rates) == 1 else USUAL_RATE
    if rate not in AAC_RATES:
        rate = USUAL_RATE
    return rate, 1 if all(fact.channels == 1 for fact in facts) else 2


def _aac(bit_rate: int, rate: int, channels: int) -> Rendition:
    return Rendition(
        name=f"aac-{bit_rate // 1000}",
        codec="aac",
        container="fmp4",
        sample_rate=rate,
        channels=channels,
        bit_rate=bit_rate,
        pace=rate,
    )


def _in_ts(rendition: Rendition) -> Rendition:
    return msgspec.structs.replace(rendition, name=f"{rendition.name}-ts", container="ts")


def _packed(rendition: Rendition) -> Rendition:
    return msgspec.structs.replace(rendition, name=f"{rendition.name}-packed", container="packed")


def _opus(bit_rate: int, pace: int, channels: int) -> Rendition:
    return Rendition(
        name=f"opus-{bit_rate // 1000}",
        codec="opus",
        container="fmp4",
        sample_rate=OPUS_RATE,
        channels=channels,
        bit_rate=bit_rate,
        frame=960,
        priming=312,  # libopus: 6.5 ms
        pace=pace,
    )


def _mp3(bit_rate: int, rate: int, channels: int) -> Rendition:
    return Rendition(
        name=f"mp3-{bit_rate // 1000}",
        codec="mp3",
        container="packed",
        sample_rate=rate,
        channels=channels,
        bit_rate=bit_rate,
        frame=_mp3_frame(rate),
        priming=1_105,  # LAME's 576 and the 529 of every decoder
        pace=rate,
    )


def _mp3_frame(rate: int) -> int:
    return 1_152 if rate >= 32_000 else 576


def _most_mp3_bit_rate(rate: int) -> int:
    """ISO/IEC 11172-3 and 13818-3; LAME keeps to 64 kbit/s below them."""
    if rate >= 32_000:
        return 320_000
    return 160_000 if rate >= 16_000 else 64_000


def _depth(fact: Facts) -> int:
    """The bits of a sample that FLAC keeps of a file: those of a lossless one, unknown ones too."""
    return 16 if not fact.lossless or (fact.bit_depth or 24) <= 16 else 24


def _flac_bit_rate(facts: Sequence[Facts], plain: int) -> int:
    """What may be expected: what files have that are packed without loss, else a guess."""
    known = [fact.bit_rate for fact in facts if fact.lossless and "pcm" not in fact.codec]
    if not known or len(known) < len(facts) or None in known:
        return round(plain * _SQUEEZED)
    return min(max(rate for rate in known if rate is not None), plain)


def _flac(facts: Sequence[Facts], pace: int, channels: int) -> Rendition:
    rates = {fact.sample_rate for fact in facts}
    rate = rates.pop() if len(rates) == 1 else USUAL_RATE
    if rate > MOST_FLAC_RATE:
        rate = MOST_FLAC_RATE
    layouts = {(fact.channels, fact.layout) for fact in facts}
    if len(layouts) == 1:
        (count, layout) = layouts.pop()
        if layout in _FLAC_LAYOUTS and count <= MOST_FLAC_CHANNELS:
            channels = count
    depth = max((_depth(fact) for fact in facts), default=16)
    return Rendition(
        name="flac",
        codec="flac",
        container="fmp4",
        sample_rate=rate,
        channels=channels,
        bit_rate=_flac_bit_rate(facts, rate * channels * depth),
        frame=4_096 if rate >= 32_000 else 1_024,
        priming=0,
        pace=pace,
        bit_depth=depth,
    )
