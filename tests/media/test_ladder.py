"""What is offered follows from the files, the player, and what the listener may have."""

from __future__ import annotations

import re

import pytest

from homestream.errors import BadInput, NotFound
from homestream.media import ladder
from homestream.media.facts import Facts
from homestream.media.ladder import Client, Rendition
from homestream.media.programme import Item, Programme
from tests import sounds
from tests.media.test_timeline import facts

FLAC = sounds.with_facts(facts(44_100 * 60, 44_100), bit_depth=16, bit_rate=900_000)
HI_RES = sounds.with_facts(facts(96_000 * 60, 96_000), bit_depth=24, bit_rate=2_800_000)
HI_RES_WAV = sounds.with_facts(HI_RES, container="wav", codec="pcm_s24le", bit_rate=4_608_000)
ALL = Client(
    accepts=("aac", "opus", "mp3", "flac"),
    containers=("fmp4", "packed"),
    max_sample_rate=192_000,
    lossless=True,
    copies=True,
)
FLAC_TOO = Client(accepts=("aac", "flac"), lossless=True)


def lossy(codec: str, bit_rate: int | None, container: str = "mp3", **more: object) -> Facts:
    base = sounds.with_facts(facts(44_100 * 60, 44_100), index=b"there is one")
    return sounds.with_facts(base, codec=codec, container=container, bit_rate=bit_rate, **more)


MP3_64 = lossy("mp3", 64_000)
MP3_96 = lossy("mp3", 96_000)
MP3_128 = lossy("mp3", 128_300, delay_samples=1_105)
MP3_VBR = lossy("mp3", 245_000)
VORBIS = lossy("vorbis", 112_000, "ogg")
AAC_256 = lossy("aac", 256_400, "mov,mp4,m4a,3gp,3g2,mj2", profile="LC", delay_samples=2_112)
HE_AAC = lossy("aac", 64_000, "aac", profile="HE-AAC")


def of(*items: Facts) -> Programme:
    return Programme(tuple(Item(str(place), one) for place, one in enumerate(items)))


def names(renditions: tuple[Rendition, ...]) -> str:
    return " ".join(rendition.name for rendition in renditions)


AAC = "aac-64 aac-96 aac-128 aac-192 aac-256 aac-320"


@pytest.mark.parametrize(
    ("files", "client", "cap", "expected"),
    [
        # a player that tells nothing of itself
        ([FLAC], Client(), None, AAC),
        ([HI_RES], Client(), None, AAC),
        ([MP3_128], Client(), None, "aac-64 aac-96 aac-128"),
        ([MP3_96], Client(), None, "aac-64 aac-96"),
        ([lossy("mp3", 32_000)], Client(), None, "aac-64"),
        ([lossy("mp3", None)], Client(), None, AAC),
        ([MP3_VBR], Client(), None, "aac-64 aac-96 aac-128 aac-192 aac-256"),
        ([MP3_96, MP3_VBR], Client(), None, "aac-64 aac-96 aac-128 aac-192 aac-256"),
        ([MP3_96, FLAC], Client(), None, AAC),
        # what it may have
        ([FLAC], Client(), 128_000, "aac-64 aac-96 aac-128"),
        ([FLAC], Client(), 1_000, "aac-64"),
        ([FLAC], Client(max_bit_rate=200_000), None, "aac-64 aac-96 aac-128 aac-192"),
        ([FLAC], Client(max_bit_rate=200_000), 96_000, "aac-64 aac-96"),
        ([FLAC], Client(metered=True), None, "aac-64 aac-96 aac-128"),
        # Opus where bits are few
        ([FLAC], Client(accepts=("aac", "opus"), metered=True), None, "opus-64 opus-96 opus-128"),
        ([FLAC], Client(accepts=("aac", "opus")), 96_000, "opus-64 opus-96"),
        ([FLAC], Client(accepts=("aac", "opus")), None, AAC),
        ([FLAC], Client(accepts=("opus",)), None, "opus-64 opus-96 opus-128 opus-192"),
        ([VORBIS], Client(accepts=("aac", "opus")), None, "opus-64 opus-96"),
        # players with less
        ([FLAC], Client(accepts=("mp3",), containers=("packed",)), None, AAC.replace("aac", "mp3")),
        ([MP3_96, FLAC], Client(containers=("ts",)), 96_000, "aac-64-ts aac-96-ts"),
        ([FLAC], Client(containers=("packed",)), 64_000, "aac-64-packed"),
        # lossless
        ([FLAC], ALL, None, f"{AAC} copy"),
        ([FLAC, FLAC], ALL, None, f"{AAC} flac"),
        ([FLAC], Client(accepts=("aac", "flac")), None, AAC),
        ([HI_RES], ALL, None, f"{AAC} copy"),
        ([HI_RES_WAV], ALL, None, f"{AAC} flac"),
        ([HI_RES], FLAC_TOO, None, f"{AAC} flac-48"),
        ([FLAC, HI_RES], ALL, None, AAC),
        ([FLAC, MP3_128], ALL, None, AAC),
        ([FLAC], FLAC_TOO, 320_000, AAC),
        # the packets of the file itself
        ([MP3_128], ALL, None, "opus-64 opus-96 copy"),
        ([MP3_VBR], ALL, None, "aac-64 aac-96 aac-128 aac-192 copy"),
        ([AAC_256], Client(copies=True), None, "aac-64 aac-96 aac-128 aac-192 copy"),
        ([AAC_256], Client(), None, "aac-64 aac-96 aac-128 aac-192 aac-256"),
        ([AAC_256], Client(copies=True), 128_000, "aac-64 aac-96 aac-128"),
        ([AAC_256, AAC_256], Client(copies=True), None, "aac-64 aac-96 aac-128 aac-192 aac-256"),
        ([HE_AAC], Client(), None, "aac-64"),
        ([VORBIS], ALL, None, "opus-64 opus-96"),
    ],
)
def test_the_offer(files: list[Facts], client: Client, cap: int | None, expected: str):
    offer = ladder.offer(of(*files), client, cap)
    assert names(offer.renditions) == expected
    bandwidths = [rendition.bandwidth for rendition in offer.renditions]
    assert bandwidths == sorted(bandwidths)


NO_FLAC_OF_MP3 = "no FLAC: the file is an MP3 at 245 kbit/s, which it would only make larger"
OPUS = "Opus: at few bits it is better than AAC, and your player takes it"


@pytest.mark.parametrize(
    ("files", "client", "cap", "expected"),
    [
        ([FLAC], ALL, None, ["FLAC kept: your player takes it, and the network carries it"]),
        ([FLAC], Client(), None, []),
        ([MP3_128], Client(), None, ["no 192: the file is an MP3 at 128 kbit/s"]),
        (
            [MP3_96, lossy("mp3", 64_000)],
            Client(),
            None,
            ["no 128: the files have at most 96 kbit/s"],
        ),
        ([VORBIS], Client(), None, ["no 128: the file is a Vorbis at 112 kbit/s"]),
        ([FLAC], Client(metered=True), None, ["at most 128 kbit/s: the network is metered"]),
        (
            [FLAC],
            Client(max_bit_rate=96_000),
            None,
            ["at most 96 kbit/s: the player wants no more"],
        ),
        ([FLAC], Client(), 96_000, ["at most 96 kbit/s: more is not allowed here"]),
        ([MP3_128], Client(), 96_000, ["at most 96 kbit/s: more is not allowed here"]),
        (
            [FLAC],
            Client(accepts=("aac", "opus"), metered=True),
            None,
            [OPUS, "at most 128 kbit/s: the network is metered"],
        ),
        ([FLAC], Client(lossless=True), None, ["no FLAC: your player does not take it"]),
        (
            [FLAC],
            FLAC_TOO,
            500_000,
            ["no FLAC: it takes about 900 kbit/s, and more is not allowed here"],
        ),
        (
            [MP3_VBR],
            FLAC_TOO,
            None,
            ["no 320: the file is an MP3 at 245 kbit/s", NO_FLAC_OF_MP3],
        ),
        (
            [FLAC, HI_RES],
            ALL,
            None,
            ["no FLAC: the tracks do not have one sample rate and as many channels"],
        ),
        ([HI_RES], FLAC_TOO, None, ["FLAC at 48 kHz: your player takes no 96"]),
        (
            [AAC_256],
            Client(copies=True),
            None,
            [
                "no 320: the file is an AAC at 256 kbit/s",
                "the file's own AAC as it is: nothing is lost again",
            ],
        ),
        (
            [sounds.with_facts(MP3_128, index=b"")],
            Client(accepts=("aac", "mp3"), containers=("fmp4", "packed"), copies=True),
            None,
            [
                "no 192: the file is an MP3 at 128 kbit/s",
                "not the file's own packets yet: this is the first time that it is played",
            ],
        ),
    ],
)
def test_the_offer_says_why(
    files: list[Facts], client: Client, cap: int | None, expected: list[str]
):
    assert list(ladder.offer(of(*files), client, cap).why) == expected


@pytest.mark.parametrize("cap", [None, 1, 64_000, 100_000, 128_000, 1_000_000])
@pytest.mark.parametrize("files", [[FLAC], [HI_RES], [MP3_128], [AAC_256], [FLAC, MP3_96]])
@pytest.mark.parametrize("client", [Client(), ALL])
def test_what_is_offered_may_be_had(files: list[Facts], client: Client, cap: int | None):
    offer = ladder.offer(of(*files), client, cap)
    assert offer.renditions
    assert all(ladder.allowed(rendition, cap) for rendition in offer.renditions)


def test_an_offer_is_spelt_in_an_address_and_read_back():
    programme = of(FLAC)
    offer = ladder.offer(programme, ALL)
    spelt = ladder.spelt(offer.renditions)
    assert spelt == "aac-64.aac-96.aac-128.aac-192.aac-256.aac-320.copy"
    assert ladder.chosen(programme, spelt) == offer.renditions


@pytest.mark.parametrize(
    ("spelling", "error"),
    [
        ("aac-64.aac-64", BadInput),
        (".".join(f"aac-{number}" for number in range(17)), BadInput),
        ("aac-64.copy", NotFound),
        ("aac-65", NotFound),
        ("aac-64.", NotFound),
        ("", NotFound),
    ],
)
def test_another_spelling_names_nothing(spelling: str, error: type[Exception]):
    with pytest.raises(error):
        ladder.chosen(of(FLAC, FLAC), spelling)


@pytest.mark.parametrize(
    "item",
    [
        Item("part", AAC_256, 10),
        Item("part", AAC_256, 0, 1_000),
        Item("surround", sounds.with_facts(AAC_256, channels=6, layout="5.1")),
        Item("unknown", sounds.with_facts(AAC_256, profile=None)),
        Item("matroska", sounds.with_facts(AAC_256, container="matroska,webm")),
        Item("alac", sounds.with_facts(FLAC, codec="alac", container="mov")),
        Item("not read through yet", sounds.with_facts(AAC_256, index=b"")),
    ],
)
def test_only_a_whole_file_that_players_know_is_copied(item: Item):
    assert ladder.copy(Programme((item,))) is None


def test_a_copy_is_what_the_file_is():
    copied = ladder.copy(of(AAC_256))
    assert copied is not None
    assert (copied.codec, copied.container, copied.priming) == ("aac", "fmp4", 2_112)
    assert copied in ladder.of(of(AAC_256))
    mp3 = ladder.copy(of(MP3_128))
    assert mp3 is not None
    assert (mp3.codec, mp3.container, mp3.priming, mp3.frame) == ("mp3", "packed", 1_105, 1_152)


@pytest.mark.parametrize(
    ("rates", "rate"),
    [
        ([44_100], 44_100),
        ([44_100, 44_100], 44_100),
        ([22_050], 22_050),
        ([8_000], 8_000),
        ([44_100, 48_000], 48_000),
        ([96_000, 96_000], 48_000),
        ([192_000], 48_000),
        ([37_800], 48_000),
        ([], 48_000),
    ],
)
def test_the_common_rate_is_kept_where_aac_has_it(rates: list[int], rate: int):
    rungs = ladder.renditions([facts(1, one) for one in rates])
    assert {rung.sample_rate for rung in rungs} == {rate}


@pytest.mark.parametrize(
    ("channels", "expected"), [([1], 1), ([1, 1], 1), ([2], 2), ([1, 2], 2), ([6], 2), ([1, 6], 2)]
)
def test_mono_stays_mono_and_the_rest_is_stereo(channels: list[int], expected: int):
    rungs = ladder.renditions([facts(1, 48_000, count) for count in channels])
    assert {rung.channels for rung in rungs} == {expected}


def test_no_rung_has_more_bits_than_its_packets_hold():
    assert names(ladder.renditions([facts(1, 8_000, 1)])) == "aac-64"
    assert names(ladder.renditions([facts(1, 22_050, 1)])) == "aac-64 aac-96 aac-128"
    every = ladder.every([facts(1, 22_050, 1)])
    assert max(one.bit_rate for one in every if one.codec == "mp3") <= 160_000


@pytest.mark.parametrize(
    ("fact", "rate", "depth", "lower"),
    [
        (FLAC, 44_100, 16, None),
        (HI_RES, 96_000, 24, "flac-48"),
        (sounds.with_facts(HI_RES, sample_rate=176_400), 176_400, 24, "flac-44"),
        (sounds.with_facts(FLAC, bit_depth=20), 44_100, 24, None),
        (sounds.with_facts(FLAC, bit_depth=None), 44_100, 24, None),
        (sounds.with_facts(HI_RES, sample_rate=768_000), 384_000, 24, "flac-48"),
        (MP3_128, 44_100, 16, None),
    ],
)
def test_flac_keeps_what_the_file_has(fact: Facts, rate: int, depth: int, lower: str | None):
    every = ladder.every([fact])
    flac = ladder.named(every, "flac")
    assert (flac.sample_rate, flac.bit_depth, flac.lossless) == (rate, depth, True)
    assert flac.average_bandwidth < flac.bandwidth
    assert [one.name for one in every if one.codec == "flac"][1:] == ([lower] if lower else [])


def test_a_rung_is_found_by_its_name():
    rungs = ladder.renditions([facts(1, 44_100)])
    assert ladder.named(rungs, "aac-128") is rungs[2]
    with pytest.raises(NotFound):
        ladder.named(rungs, "aac-97")


def test_every_rendition_has_a_name_of_its_own_that_is_safe_in_a_path():
    every = ladder.every([facts(1, 96_000)])
    told = [rendition.name for rendition in every]
    assert len(set(told)) == len(told)
    assert all(re.fullmatch("[a-z0-9-]{1,32}", name) for name in told)
    wanted = {"aac-64", "aac-320", "aac-128-ts", "aac-128-packed", "opus-96", "mp3-320", "flac-48"}
    assert wanted < set(told)
    assert set(ladder.renditions([facts(1, 96_000)])) < set(every)
