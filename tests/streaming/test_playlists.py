"""A programme's playlists say exactly what its segments hold."""

from __future__ import annotations

from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.formats import m3u8
from homestream.media import ladder, timeline
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme
from homestream.streaming import playlists
from tests.media.test_timeline import lengths, of, rates


def signed(name: str) -> str:
    return f"/hls/p1/{name}?s=abc"


def every(
    samples: int = 44_100 * 100, rate: int = 44_100
) -> tuple[Programme, dict[str, Rendition]]:
    programme, _ = of((samples, rate))
    made = ladder.every([item.facts for item in programme.items])
    return programme, {rendition.name: rendition for rendition in made}


def test_the_multivariant_playlist_lists_the_ladder_from_low_to_high():
    programme, _ = of((44_100 * 100, 44_100))
    rungs = ladder.renditions([item.facts for item in programme.items])
    text = playlists.multivariant(rungs[::-1], signed)
    variants = m3u8.read_multivariant(text).variants
    assert [one.uri for one in variants] == [
        f"/hls/p1/aac-{kbit}/index.m3u8?s=abc" for kbit in (64, 96, 128, 192, 256, 320)
    ]
    assert all(one.bandwidth > one.average_bandwidth for one in variants)
    assert sorted(variants, key=lambda one: one.bandwidth) == list(variants)
    assert {one.codecs for one in variants} == {"mp4a.40.2"}


def test_variants_of_one_codec_stand_together():
    _, made = every()
    names = ["aac-256", "opus-96", "flac", "aac-64", "opus-64"]
    text = playlists.multivariant([made[name] for name in names], signed)
    listed = m3u8.read_multivariant(text)
    assert [one.stable_id for one in listed.variants] == [
        "aac-64", "aac-256", "opus-64", "opus-96", "flac",
    ]  # fmt: skip
    assert (listed.version, listed.start_us, listed.session_data) == (6, None, ())


@pytest.mark.parametrize("container", ["ts", "packed"])
def test_old_players_get_old_playlists(container: str):
    programme, made = every(44_100 * 20 + 5)
    rendition = made[f"aac-128-{container}"]
    assert m3u8.read_multivariant(playlists.multivariant([rendition], signed)).version == 3
    playlist = m3u8.read_media(playlists.media(programme, rendition, signed))
    cuts = list(timeline.segments(programme, rendition))
    assert (playlist.map_uri, playlist.version) == (None, 3)
    ending = {"ts": "ts", "packed": "aac"}[container]
    assert [part.uri for part in playlist.parts] == [
        f"/hls/p1/{cut.number}.{ending}?s=abc" for cut in cuts
    ]
    # all that is in the packets is played, the priming too
    total = sum(part.duration_us for part in playlist.parts)
    assert abs(total - cuts[-1].end_packet * 1024 / 44_100 * 1e6) <= 1


def test_packed_mp3_has_its_own_ending():
    programme, made = every()
    text = playlists.media(programme, made["mp3-192"], signed)
    assert m3u8.read_media(text).parts[0].uri == "/hls/p1/0.mp3?s=abc"


@pytest.mark.parametrize("wrapped", ["aac-128-ts", "aac-128-packed"])
def test_what_a_wrapping_adds_is_counted(wrapped: str):
    _, made = every()
    bare, one = made["aac-128"], made[wrapped]
    assert bare.bit_rate < one.average_bandwidth < one.bandwidth
    assert one.average_bandwidth < 1.2 * bare.average_bandwidth


def test_a_title_is_told_whatever_is_in_it():
    programme, made = every()
    title = 'The "One"\x00 & <Only>\n'
    listed = m3u8.read_multivariant(
        playlists.multivariant([made["aac-64"]], signed, title=title, start=61.5)
    )
    assert listed.session_data == (m3u8.SessionData(m3u8.TITLE, "The ”One”  & <Only>"),)
    assert listed.start_us == 61_500_000
    root = ElementTree.fromstring(playlists.dash(programme, [made["aac-64"]], signed, title=title))
    assert root.findtext("{*}ProgramInformation/{*}Title") == 'The "One"  & <Only>'


def test_dash_has_a_set_for_each_codec_and_tells_if_its_cuts_agree():
    programme, made = every()
    names = ["aac-64", "aac-256", "opus-64", "opus-96", "flac"]
    text = playlists.dash(programme, [made[name] for name in names], signed)
    groups = ElementTree.fromstring(text).findall("{*}Period/{*}AdaptationSet")
    assert [group.get("segmentAlignment") for group in groups] == ["true"] * 3
    found = {}
    for one in (each for group in groups for each in group.findall("{*}Representation")):
        (template,) = one.findall("{*}SegmentTemplate")
        assert template.get("media") == f"/hls/p1/{one.get('id')}/$Number$.m4s?s=abc"
        found[one.get("id")] = [
            int(s.get("d", "")) for s in template.iterfind("{*}SegmentTimeline/{*}S")
            for _ in range(int(s.get("r", 0)) + 1)
        ]  # fmt: skip
    assert list(found) == names
    for name in names:
        cuts = timeline.segments(programme, made[name])
        assert found[name] == [cut.end - cut.start for cut in cuts], name


@given(samples=lengths, rate=rates)
def test_durations_are_exact_one_by_one_and_together(samples: int, rate: int):
    programme, rendition = of((samples, rate))
    playlist = m3u8.read_media(playlists.media(programme, rendition, signed))
    cuts = list(timeline.segments(programme, rendition))
    assert playlist.map_uri == "/hls/p1/init.mp4?s=abc"
    assert [part.uri for part in playlist.parts] == [
        f"/hls/p1/{cut.number}.m4s?s=abc" for cut in cuts
    ]
    for part, cut in zip(playlist.parts, cuts, strict=True):
        assert abs(part.duration_us - (cut.end - cut.start) * 1e6 / rate) <= 1
    assert abs(sum(part.duration_us for part in playlist.parts) - samples * 1e6 / rate) <= 0.5
    assert playlist.target_duration <= 8


@given(samples=st.integers(44_100 * 12, 10**8))
def test_all_renditions_are_cut_at_the_same_places(samples: int):
    programme, _ = of((samples, 44_100))
    rungs = ladder.renditions([item.facts for item in programme.items])
    assert len({playlists.media(programme, rung, signed) for rung in rungs}) == 1


def test_a_programme_that_grows_lists_what_is_settled():
    programme, rendition = of((44_100 * 100, 44_100))
    growing = msgspec.structs.replace(programme, growing=True)
    whole = playlists.media(growing, rendition, signed)
    begun = playlists.media(growing, rendition, signed, listed=4)
    assert whole.startswith(begun)
    assert begun.count("#EXTINF") == 4
    assert "EXT-X-ENDLIST" not in begun
    assert "#EXT-X-TARGETDURATION:8\n" in begun


def test_tracks_are_told_with_what_a_list_can_hold():
    programme, rendition = of((44_100 * 10, 44_100), (44_100 * 90, 44_100))
    tracks = [
        playlists.Told(
            "tr-1", 0.0, 10.0, 'Say "yes"\r\n#EXT-X-ENDLIST', "Ä, b", cover="/a?b=c&d=e"
        ),
        playlists.Told("tr-2", 10.0, 90.0, "\x00"),
    ]
    text = playlists.media(programme, rendition, signed, tracks=tracks)
    ranges = [line for line in text.splitlines() if line.startswith("#EXT-X-DATERANGE")]
    assert ranges == [
        '#EXT-X-DATERANGE:ID="part-0",CLASS="track",START-DATE="2000-01-01T00:00:00.000Z",'
        'DURATION=10.000000,X-TRACK="tr-1",X-TITLE="Say ”yes” #EXT-X-ENDLIST",X-ARTIST="Ä, b",'
        'X-COVER="/a?b=c&d=e"',
        '#EXT-X-DATERANGE:ID="part-1",CLASS="track",START-DATE="2000-01-01T00:00:10.000Z",'
        'DURATION=90.000000,X-TRACK="tr-2"',
    ]
    # of what grows, only what is listed is told, and no length that may become another
    growing = msgspec.structs.replace(programme, growing=True)
    text = playlists.media(growing, rendition, signed, tracks=tracks, listed=2)
    assert [line for line in text.splitlines() if line.startswith("#EXT-X-DATERANGE")] == [
        ranges[0].replace("DURATION=10.000000", "END-ON-NEXT=YES")
    ]
