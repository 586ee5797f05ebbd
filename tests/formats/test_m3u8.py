"""Playlists are read back as they were written, and nonsense is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.errors import BadInput
from homestream.formats import m3u8

uris = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters='"'),
    min_size=1,
    max_size=60,
).filter(lambda uri: not uri.startswith("#"))
bit_rates = st.integers(1, 10**9)
variants = st.builds(
    m3u8.Variant,
    uri=uris,
    bandwidth=bit_rates,
    average_bandwidth=bit_rates,
    codecs=st.sampled_from(["mp4a.40.2", "fLaC", "avc1.4d401f,mp4a.40.2"]),
    stable_id=st.sampled_from(["", "aac-128", "A.b_c+/="]),
)
session_data = st.builds(
    m3u8.SessionData,
    id=st.sampled_from([m3u8.TITLE, "net.example.data"]),
    value=st.text(st.characters(exclude_categories=("C",), exclude_characters='"'), max_size=60),
)
multivariants = st.builds(
    m3u8.MultivariantPlaylist,
    variants=st.lists(variants, max_size=8).map(tuple),
    session_data=st.lists(session_data, max_size=3).map(tuple),
    version=st.integers(1, 12),
    start_us=st.none() | st.integers(0, 10**12),
)
parts = st.builds(m3u8.Part, uri=uris, duration_us=st.integers(0, 10**10))


@given(multivariants)
def test_a_multivariant_playlist_is_read_back(playlist: m3u8.MultivariantPlaylist):
    assert m3u8.read_multivariant(m3u8.write_multivariant(playlist)) == playlist


@given(
    st.builds(
        m3u8.MediaPlaylist, map_uri=st.none() | uris, parts=st.lists(parts, max_size=8).map(tuple)
    )
)
def test_a_media_playlist_is_read_back(playlist: m3u8.MediaPlaylist):
    assert m3u8.read_media(m3u8.write_media(playlist)) == playlist


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=20))
def test_no_duration_rounds_above_the_target(durations: list[int]):
    playlist = m3u8.MediaPlaylist("i", tuple(m3u8.Part("s", one) for one in durations))
    assert all(one / 1e6 < playlist.target_duration + 0.5 for one in durations)
    assert isinstance(playlist.target_duration, int)
    assert playlist.target_duration >= 1


def test_a_media_playlist_as_it_is_written():
    playlist = m3u8.MediaPlaylist(
        "init.mp4?s=1", (m3u8.Part("0.m4s", 1_973_696), m3u8.Part("1.m4s", 3_993_832))
    )
    assert m3u8.write_media(playlist) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:6\n"
        "#EXT-X-TARGETDURATION:4\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MAP:URI="init.mp4?s=1"\n'
        "#EXTINF:1.973696,\n"
        "0.m4s\n"
        "#EXTINF:3.993832,\n"
        "1.m4s\n"
        "#EXT-X-ENDLIST\n"
    )


def test_a_media_playlist_without_an_init_segment_asks_for_an_older_player():
    playlist = m3u8.MediaPlaylist(None, (m3u8.Part("0.ts", 2_000_000),))
    assert m3u8.write_media(playlist) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:3\n"
        "#EXT-X-TARGETDURATION:2\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXTINF:2.000000,\n"
        "0.ts\n"
        "#EXT-X-ENDLIST\n"
    )


def test_a_multivariant_playlist_as_it_is_written():
    playlist = m3u8.MultivariantPlaylist(
        (
            m3u8.Variant("a", 91_400, 65_800, "mp4a.40.2", "aac-64"),
            m3u8.Variant("b", 900_000, 600_000, "fLaC"),
        ),
        (m3u8.SessionData(m3u8.TITLE, "Notes, on the Engine"),),
        start_us=61_500_000,
    )
    assert m3u8.write_multivariant(playlist) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:6\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-START:TIME-OFFSET=61.500000,PRECISE=YES\n"
        '#EXT-X-SESSION-DATA:DATA-ID="com.apple.hls.title",VALUE="Notes, on the Engine"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=91400,AVERAGE-BANDWIDTH=65800,CODECS="mp4a.40.2",'
        'STABLE-VARIANT-ID="aac-64"\n'
        "a\n"
        '#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=600000,CODECS="fLaC"\n'
        "b\n"
    )


@pytest.mark.parametrize(
    "playlist",
    [
        m3u8.MultivariantPlaylist((m3u8.Variant("a", 1, 1, "x", 'a"b'),)),
        m3u8.MultivariantPlaylist((m3u8.Variant("a", 1, 1, "x", "ä"),)),
        m3u8.MultivariantPlaylist((), (m3u8.SessionData(m3u8.TITLE, 'the "one"'),)),
        m3u8.MultivariantPlaylist((), (m3u8.SessionData(m3u8.TITLE, "one\ntwo"),)),
    ],
)
def test_a_word_that_would_break_an_attribute_is_not_written(playlist: m3u8.MultivariantPlaylist):
    with pytest.raises(BadInput):
        m3u8.write_multivariant(playlist)


def test_what_others_write_is_understood():
    text = (
        "#EXTM3U\r\n#EXT-X-VERSION:4\r\n#EXT-X-START:TIME-OFFSET=-12.5\r\n"
        '#EXT-X-SESSION-DATA:DATA-ID="x",URI="chapters.json"\r\n'
        "\r\n#EXT-X-STREAM-INF:PROGRAM-ID=1,"
        'CODECS="a,b",BANDWIDTH=5,NAME="x"\r\n# a comment\r\nlow.m3u8\r\n'
    )
    assert m3u8.read_multivariant(text) == m3u8.MultivariantPlaylist(
        (m3u8.Variant("low.m3u8", 5, 5, "a,b"),), version=4
    )
    text = (
        '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-MAP:URI="i",BYTERANGE="1@2"\n'
        "#EXTINF:9.5,a title\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n1\n"
        "#EXTINF:3\n2\n#EXT-X-ENDLIST"
    )
    assert m3u8.read_media(text).parts == (m3u8.Part("1", 9_500_000), m3u8.Part("2", 3_000_000))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff#EXTM3U\n",
        "#EXTM3U8\n",
        "#EXTM3U\nsong.mp3\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=5\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:CODECS\na\n",
        '#EXTM3U\n#EXT-X-STREAM-INF:CODECS="a"b,BANDWIDTH=5\na\n',
        '#EXTM3U\n#EXT-X-STREAM-INF:CODECS="a\na\n',
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=-5\na\n",
        "#EXTM3U\n#EXTINF:1,\na\n",
    ],
)
def test_a_bad_multivariant_playlist_is_refused(text: str):
    with pytest.raises(BadInput):
        m3u8.read_multivariant(text)


GOOD = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="i"\n#EXTINF:4,\na\n#EXT-X-ENDLIST\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#EXT-X-ENDLIST\n", ""),
        ('#EXT-X-MAP:URI="i"\n', '#EXT-X-MAP:BYTERANGE="1@2"\n'),
        ("#EXT-X-TARGETDURATION:4\n", ""),
        ("#EXTINF:4,\n", ""),
        ("#EXTINF:4,", "#EXTINF:5,"),
        ("#EXTINF:4,", "#EXTINF:1e3,"),
        ("#EXTINF:4,", "#EXTINF:nan,"),
        ("\na\n", "\na\x07\n"),
        ("\na\n", "\n"),
        ("#EXTINF:4,", "#EXT-X-STREAM-INF:BANDWIDTH=1"),
    ],
)
def test_a_bad_media_playlist_is_refused(old: str, new: str):
    assert m3u8.read_media(GOOD).parts == (m3u8.Part("a", 4_000_000),)
    with pytest.raises(BadInput):
        m3u8.read_media(GOOD.replace(old, new))


@pytest.mark.parametrize("uri", ["", "#a", " a", "a\nb", "a\r", "a\x00"])
def test_a_uri_that_would_break_the_playlist_is_not_written(uri: str):
    with pytest.raises(BadInput):
        m3u8.write_media(m3u8.MediaPlaylist("i", (m3u8.Part(uri, 1),)))
    with pytest.raises(BadInput):
        m3u8.write_multivariant(m3u8.MultivariantPlaylist((m3u8.Variant(uri, 1, 1, "a"),)))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str):
    for read in (m3u8.read_media, m3u8.read_multivariant):
        try:
            read("#EXTM3U\n" + text)
        except BadInput:
            continue


def test_a_list_that_grows_says_so_and_where_to_begin():
    parts = (m3u8.Part("0.m4s", 2_000_000),)
    growing = m3u8.MediaPlaylist("i", parts, kind="EVENT", ended=False, least_target=8)
    lines = m3u8.write_media(growing).splitlines()
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in lines
    assert "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES" in lines
    assert "#EXT-X-TARGETDURATION:8" in lines
    assert "#EXT-X-ENDLIST" not in lines
    ended = m3u8.MediaPlaylist("i", parts, kind="EVENT", least_target=8)
    assert m3u8.write_media(ended) == m3u8.write_media(growing) + "#EXT-X-ENDLIST\n"


def test_what_is_heard_is_told_with_its_date():
    ranges = (
        m3u8.DateRange("part-0", "track", 0, 1_234_567, (("X-TITLE", "A, B; C=”D”"),)),
        m3u8.DateRange("part-1", "track", 86_400_000_499, None),
    )
    playlist = m3u8.MediaPlaylist("i", (m3u8.Part("0.m4s", 1),), date_ranges=ranges)
    text = m3u8.write_media(playlist)
    assert "\n#EXT-X-PROGRAM-DATE-TIME:2000-01-01T00:00:00.000Z\n" in text
    assert (
        '#EXT-X-DATERANGE:ID="part-0",CLASS="track",START-DATE="2000-01-01T00:00:00.000Z",'
        'DURATION=1.234567,X-TITLE="A, B; C=”D”"\n'
    ) in text
    assert (
        '#EXT-X-DATERANGE:ID="part-1",CLASS="track",START-DATE="2000-01-02T00:00:00.000Z",'
        "END-ON-NEXT=YES\n"
    ) in text
    assert m3u8.read_media(text).parts == playlist.parts


@pytest.mark.parametrize(
    "attribute", [("X-TITLE", 'so "called"'), ("X-TITLE", "a\nb"), ("TITLE", "a"), ("X-a", "a")]
)
def test_an_attribute_that_would_break_the_list_is_refused(attribute: tuple[str, str]):
    told = m3u8.DateRange("part-0", "track", 0, 1, (attribute,))
    with pytest.raises(BadInput):
        m3u8.write_media(m3u8.MediaPlaylist("i", (), date_ranges=(told,)))
