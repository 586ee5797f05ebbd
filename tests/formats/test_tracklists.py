"""Playlist files of three kinds, as programs and people write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.errors import BadInput
from homestream.formats import m3u, pls, tracklist, xspf
from homestream.formats.tracklist import Entry, Tracklist

M3U = """\
#EXTM3U
#PLAYLIST:Sunday  morning
#EXTINF:123,Ada - One
a/1.mp3

# a remark of mine
#EXTINF:-1 tvg-id="x",Radio
http://radio.example/stream
C:\\Music\\b.mp3
#EXTVLCOPT:start-time=12.5
long.flac
# the end
"""


def test_m3u_is_read() -> None:
    found = m3u.parse(M3U)
    assert found.name == "Sunday morning"
    assert [entry.said for entry in found.entries] == [
        "a/1.mp3",
        "http://radio.example/stream",
        "C:\\Music\\b.mp3",
        "long.flac",
    ]
    assert [entry.title for entry in found.entries] == ["Ada - One", "Radio", "", ""]
    assert [entry.duration for entry in found.entries] == [123, None, None, None]
    assert found.entries[3].start == 12.5
    assert found.tail == ("# the end",)


def test_m3u_comes_back_as_it_was() -> None:
    for text in (M3U, M3U.replace("\n", "\r\n"), "a.mp3\nb.mp3\n", "", "# nothing\n"):
        assert m3u.write(m3u.parse(text)) == text


def test_remark_goes_with_the_line_behind_it() -> None:
    found = m3u.parse(M3U)
    turned = Tracklist(found.entries[::-1], found.name, found.head, found.tail, found.newline)
    assert "# a remark of mine\n#EXTINF:-1 tvg-id" in m3u.write(turned)


def test_new_lines_are_written_with_their_titles() -> None:
    made = Tracklist((Entry("a b.flac", "Ada - One", 61.7, 3.25),), "Mine")
    assert m3u.write(made) == (
        "#EXTM3U\n#PLAYLIST:Mine\n#EXTINF:62,Ada - One\n"
        "#EXTVLCOPT:start-time=3.250\n#EXTVLCOPT:stop-time=64.950\na b.flac\n"
    )


def test_pls_is_read_in_the_order_of_its_numbers() -> None:
    text = "[playlist]\n; mine\nFile2=b.mp3\nTitle2=B\nLength2=-1\nfile1=a=1.mp3\nLength1=12\n"
    found = pls.parse(text)
    assert [(entry.said, entry.title, entry.duration) for entry in found.entries] == [
        ("a=1.mp3", "", 12),
        ("b.mp3", "B", None),
    ]
    again = pls.parse(pls.write(found))
    assert again == found
    with pytest.raises(BadInput):
        pls.parse("File1=a.mp3")


@pytest.mark.parametrize(
    "raw",
    [
        b"<playlist><trackList/></playlist>",
        b"<playlist><trackList a='>' /><!-- <track> --></playlist>",
        b"<playlist/>",
        b"<playlist><trackList><track><location>a</location></track> </trackList>"
        b"<trackList><track><location>b</location></track></trackList></playlist>",
        b"\xef\xbb\xbf<playlist>\r\n<trackList><track ><location>\xc3\xa9</location></track >"
        b"<track/></trackList></playlist>\r\n",
        "<?xml version='1.0' encoding='cp1252'?><playlist><trackList><track><location>é</location>"
        "</track></trackList></playlist>".encode("cp1252"),
    ],
)
def test_xspf_that_was_read_is_written_as_it_was(raw: bytes) -> None:
    found = xspf.parse(raw)
    again = xspf.write(found).encode(xspf.charset(raw))
    assert xspf.parse(again).entries == found.entries
    if found.entries:
        assert again == raw
    more = xspf.Tracklist((*found.entries, xspf.Entry("ö/x.flac", "Т")), "", found.head, found.tail)
    longer = xspf.parse(xspf.write(more).encode(xspf.charset(raw)))
    assert [each.said for each in longer.entries][-1] == "%C3%B6/x.flac"
    assert longer.entries[-1].title == "Т"


def test_xspf_is_read_and_written() -> None:
    raw = b"""<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/">
      <title>Mix</title><trackList><track><location>a%20b/1.mp3</location><creator>Ada</creator>
      <title>One</title><duration>1500</duration></track><track><title>none</title></track>
      </trackList></playlist>"""
    found = xspf.parse(raw)
    (entry,) = found.entries
    assert (entry.said, entry.title, entry.duration) == ("a%20b/1.mp3", "Ada - One", 1.5)
    assert found.name == "Mix"
    made = Tracklist((Entry("a b/<1>&.mp3", "A & B\x00", 2.0),), "<x>")
    again = xspf.parse(xspf.write(made).encode())
    assert again.name == "<x>"
    assert again.entries[0].said == "a%20b/%3C1%3E%26.mp3"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<playlist",
        b"<a/>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><playlist/>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><playlist/>',
        b'<?xml version="1.0" encoding="nonsense"?><playlist/>',
    ],
)
def test_xml_that_is_no_list_or_a_trap_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        xspf.parse(raw)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    m3u.parse(text)
    for parse, wanted in ((pls.parse, text), (xspf.parse, text.encode("utf-8", "replace"))):
        with contextlib.suppress(BadInput):
            parse(wanted)  # type: ignore[operator]


def test_list_has_a_bound() -> None:
    many = "a.mp3\n" * (tracklist.MOST_ENTRIES + 5)
    assert len(m3u.parse(many).entries) == tracklist.MOST_ENTRIES
