"""TTML as Apple and others write it."""

from __future__ import annotations

import tracemalloc
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.formats import lrc, ttml
from homestream.formats.lrc import Line, Lyrics, Word

APPLE = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"
  xmlns:itunes="http://music.apple.com/lyric-ttml-internal" itunes:timing="Word" xml:lang="en">
<head><metadata><ttm:agent type="person" xml:id="v1"/><ttm:agent type="other" xml:id="v2"/>
<iTunesMetadata><translations><translation type="subtitle" xml:lang="de">
<text for="L1">Hallo Welt</text><text for="L2">Noch einmal</text><text for="L9">Niemand</text>
</translation></translations></iTunesMetadata></metadata></head>
<body dur="0:30"><div begin="1.0" end="6"><p begin="1.000" end="2.5" itunes:key="L1" \
ttm:agent="v1"><span begin="1.000" end="1.4">Hel</span><span begin="1.4" end="1.8">lo</span> \
<span begin="1.8" end="2.2">world</span><span ttm:role="x-bg"><span begin="2.2" end="2.5">\
(ooh)</span></span></p><p begin="4" end="6.000" itunes:key="L2" ttm:agent="v2">Again &amp; \
again<span ttm:role="x-translation" xml:lang="fr">Encore</span>\
<span ttm:role="x-roman">agen</span></p></div></body></tt>"""


def lines(body: str, head: str = "<tt>") -> tuple[Line, ...]:
    return ttml.parse(f"{head}<body><div>{body}</div></body></tt>".encode())[0].lines


def test_words_singers_and_translations_of_apple() -> None:
    sung, german, french = ttml.parse(APPLE.encode())
    assert (sung.language, sung.synced, sung.translation) == ("en", True, False)
    first, second = sung.lines
    assert (first.start_ms, first.end_ms, first.agent) == (1000, 2500, "v1")
    assert first.text == "Hello world (ooh)"
    assert first.words == (
        Word(1000, "Hel", 1400),
        Word(1400, "lo ", 1800),
        Word(1800, "world ", 2200),
        Word(2200, "(ooh)", 2500),
    )
    assert second == Line(4000, "Again & again", 6000, (), "v2")
    assert (german.language, german.translation) == ("de", True)
    assert [(line.start_ms, line.text) for line in german.lines] == [
        (1000, "Hallo Welt"),
        (4000, "Noch einmal"),
    ]
    assert (french.language, [line.text for line in french.lines]) == ("fr", ["Encore"])


@pytest.mark.parametrize(
    ("time", "milliseconds"),
    [
        ("12", 12_000),
        ("1.5s", 1500),
        ("9.560", 9560),
        ("1:02.5", 62_500),
        ("01:00:00.001", 3_600_001),
        ("00:00:01:15", 1500),
        ("250ms", 250),
        ("2m", 120_000),
        ("15f", 500),
        ("5000000t", 500),
    ],
)
def test_times(time: str, milliseconds: int) -> None:
    (line,) = lines(f'<p begin="{time}">A</p>', '<tt tickRate="10000000">')
    assert line.start_ms == milliseconds


def test_text_without_times_is_plain() -> None:
    (found,) = ttml.parse(b"<tt><body><p>One</p><p>Two<br/>three</p></body></tt>")
    assert found == Lyrics("und", False, (Line(None, "One"), Line(None, "Two three")))


def test_space_that_only_lays_out_the_file_is_no_part_of_a_line() -> None:
    (line,) = lines(
        '<p begin="1">\n   <span begin="1">One</span>\n   <span begin="2">two</span>\n</p>'
    )
    assert line.text == "One two"


def test_a_file_that_breaks_off_is_read_until_there() -> None:
    (found,) = ttml.parse(b'<tt><body><p begin="1">One</p><p begin="2">Tw')
    assert [line.text for line in found.lines] == ["One", "Tw"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[00:01.00]no XML",
        b"<tt><body><p></p></body></tt>",
        b'<!DOCTYPE tt [<!ENTITY a "b">]><tt><body><p>&a;</p></body></tt>',
        b'<!DOCTYPE tt SYSTEM "file:///etc/passwd"><tt><body><p>A</p></body></tt>',
        b"<tt><body>" + b"<div>" * 5000,
        b"<tt><body>" + b"<p/>" * 100_000,
        b'<?xml version="1.0" encoding="no such"?><tt><body><p>A</p></body></tt>',
    ],
)
def test_what_is_no_lyrics_is_nothing(raw: bytes) -> None:
    assert ttml.parse(raw) == ()


def test_entities_do_not_grow() -> None:
    bomb = b'<!DOCTYPE t [<!ENTITY a "%s">' % (b"a" * 1000)
    for name, before in zip("bcdefgh", "abcdefg", strict=True):
        bomb += f'<!ENTITY {name} "{f"&{before};" * 100}">'.encode()
    tracemalloc.start()
    try:
        assert ttml.parse(bomb + b"]><tt><body><p>&h;</p></body></tt>") == ()
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_length_is_bounded() -> None:
    raw = b"<tt><body>" + b'<p begin="1">A</p>' * 40_000 + b"</body></tt>"
    (found,) = ttml.parse(raw)
    assert len(found.lines) == lrc.MOST_LINES


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_complaint(raw: bytes) -> None:
    ttml.parse(raw)
    ttml.parse(b"<tt><body><p>" + raw)


@given(st.integers(0, len(APPLE) - 1), st.integers(0, 255))
def test_any_change_of_a_byte_is_read_without_complaint(at: int, byte: int) -> None:
    raw = bytearray(APPLE.encode())
    raw[at] = byte
    for found in ttml.parse(bytes(raw)):
        for line in found.lines:
            assert not line.words or "".join(word.text for word in line.words) == line.text
            line.text.encode()


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5_999_999),
            st.lists(st.text("abcä<&'", min_size=1, max_size=8), min_size=2, max_size=6),
        ),
        max_size=10,
    )
)
def test_what_is_written_is_read_again(rows: list[tuple[int, list[str]]]) -> None:
    wanted = []
    written = ""
    for begin, words in rows:
        times = range(begin, begin + 100 * len(words), 100)
        spans = [
            f'<span begin="{time}ms" end="{time + 100}ms">{escape(word)}</span>'
            for time, word in zip(times, words, strict=True)
        ]
        written += f'<p begin="{begin}ms">{" ".join(spans)}</p>'
        texts = [*(word + " " for word in words[:-1]), words[-1]]
        wanted.append(
            Line(
                begin,
                " ".join(words),
                begin + 100 * len(words),
                tuple(
                    Word(time, text, time + 100) for time, text in zip(times, texts, strict=True)
                ),
            )
        )
    found = ttml.parse(f"<tt><body>{written}</body></tt>".encode())
    read = list(found[0].lines) if found else []
    assert read == sorted(wanted, key=lambda line: line.start_ms or 0)
