"""LRC as players and taggers write it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.formats import lrc
from homestream.formats.lrc import Line, Lyrics, Word


def lines(text: str) -> list[tuple[int | None, str]]:
    return [(line.start_ms, line.text) for line in lrc.parse(text).lines]


@pytest.mark.parametrize(
    ("stamp", "start"),
    [
        ("[00:01.50]", 1500),
        ("[00:01.5]", 1500),
        ("[00:01.500]", 1500),
        ("[00:01:50]", 1500),
        ("[00:01,50]", 1500),
        ("[00:01]", 1000),
        ("[1:01]", 61_000),
        ("[100:00.00]", 6_000_000),
        ("[1:02:03.00]", 3_723_000),
    ],
)
def test_time_stamps(stamp: str, start: int) -> None:
    assert lines(f"{stamp}One") == [(start, "One")]


def test_a_line_with_several_stamps_is_repeated_in_order_of_time() -> None:
    assert lines("[00:03.00][00:01.00]Chorus\n[00:02.00]Verse") == [
        (1000, "Chorus"),
        (2000, "Verse"),
        (3000, "Chorus"),
    ]


def test_a_positive_offset_brings_lines_sooner_and_none_before_the_start() -> None:
    assert lines("[offset:+500]\n[00:00.20]A\n[00:01.00]B") == [(0, "A"), (500, "B")]
    assert lines("[offset:-500]\n[00:01.00]B") == [(1500, "B")]
    assert lines("[offset:soon]\n[00:01.00]B") == [(1000, "B")]


@pytest.mark.parametrize(
    "text", ["<00:01.00>One <00:01.50>two<00:02.00>", "One [00:01.50]two[00:02.00]"]
)
def test_words_have_times_of_their_own(text: str) -> None:
    (line,) = lrc.parse(f"[00:01.00]{text}").lines
    assert line == Line(1000, "One two", 2000, (Word(1000, "One ", 1500), Word(1500, "two", 2000)))


def test_a_repeated_line_and_an_offset_take_their_words_along() -> None:
    found = lrc.parse("[offset:100]\n[00:01.00][00:11.00]<00:01.00>One <00:01.50>two")
    assert [[word.start_ms for word in line.words] for line in found.lines] == [
        [900, 1400],
        [10_900, 11_400],
    ]


def test_a_single_time_inside_a_line_makes_no_words() -> None:
    (line,) = lrc.parse("[00:01.00] <00:01.00> One").lines
    assert (line.text, line.words) == ("One", ())


def test_words_do_not_go_back_in_time() -> None:
    (line,) = lrc.parse("[00:05.00]<00:05.00>One <00:04.00>two <00:06.00>three").lines
    assert [word.start_ms for word in line.words] == [5000, 5000, 6000]


def test_words_of_id3_make_lines_where_they_say_so() -> None:
    pairs = [(0, "Hel"), (200, "lo "), (400, "world"), (1000, "\nSe"), (1200, "cond")]
    found = lrc.synced(pairs)
    assert [line.text for line in found.lines] == ["Hello world", "Second"]
    assert [word.text for word in found.lines[0].words] == ["Hel", "lo ", "world"]
    assert [line.text for line in lrc.synced([(0, "One"), (5, "Two")]).lines] == ["One", "Two"]


def test_packed_lines_are_read_again_and_short_where_little_is_known() -> None:
    found = lrc.parse("[00:01.00]One\n[00:02.00]<00:02.00>Two <00:03.00>three")
    packed = lrc.packed(found.lines)
    assert packed.startswith('[[1000,"One"],[2000,"Two three",')
    assert msgspec.json.decode(packed, type=tuple[Line, ...]) == found.lines


def test_headers_are_no_lines_and_tell_the_language() -> None:
    found = lrc.parse("[ar:Anna]\n[la:de]\n[00:01.00]Eins\n[by:]\n")
    assert found == Lyrics("de", True, (Line(1000, "Eins"),))
    assert lrc.parse("[la:de]\n[00:01.00]Un", "fra").language == "fra"


def test_a_silent_line_stays_and_a_line_without_stamp_goes_with_the_one_before() -> None:
    assert lines("[00:01.00]A\nmore\n\n[00:02.00]\n") == [(1000, "A"), (1000, "more"), (2000, "")]


def test_plain_text_keeps_its_verses() -> None:
    found = lrc.parse("\r\n\r\nOne\r\n\r\n[Chorus]\r\nTwo\r\n\r\n")
    assert not found.synced
    assert [line.text for line in found.lines] == ["One", "", "[Chorus]", "Two"]
    assert {line.start_ms for line in found.lines} == {None}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end(end: str) -> None:
    assert lines(f"[00:01.00]A{end}[00:02.00]B{end}") == [(1000, "A"), (2000, "B")]


@pytest.mark.parametrize(
    "raw",
    [
        "[00:01.00]Müde".encode(),
        b"\xef\xbb\xbf" + "[00:01.00]Müde".encode(),
        "[00:01.00]Müde".encode("cp1252"),
        "[00:01.00]Müde".encode("utf-16"),
        b"\xfe\xff" + "[00:01.00]Müde".encode("utf-16-be"),
        "[00:01.00]Müde".encode("utf-16-le"),
        "[00:01.00]Müde".encode("utf-16-be"),
    ],
)
def test_encodings(raw: bytes) -> None:
    assert lines(lrc.decode(raw)) == [(1000, "Müde")]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("さくら さくら やよいの空は", "shift_jis"),
        ("[00:01.00]カタカナ", "shift_jis"),
        ("Müßig gähnt der König über Äckern", "cp1252"),
        ("Ça, c’est déjà l’été – où ?", "cp1252"),
    ],
)
def test_old_encodings_are_told_apart(text: str, encoding: str) -> None:
    assert lrc.decode(text.encode(encoding)) == text


def test_codes_that_mean_no_language_are_not_told() -> None:
    assert {lrc.parse("A", code).language for code in ("XXX", "", "e\0g", "und")} == {"und"}


def test_length_is_bounded() -> None:
    assert len(lrc.parse("[00:01.00]" * 20_000 + "A").lines) <= lrc.MOST_LINES
    assert len(lrc.parse("A\n" * 100_000).lines) <= lrc.MOST_LINES


@given(st.binary(max_size=300))
def test_any_bytes_are_lyrics(raw: bytes) -> None:
    found = lrc.parse(lrc.decode(raw))
    starts = [line.start_ms for line in found.lines]
    if found.synced:
        assert all(start is not None and start >= 0 for start in starts)
        assert starts == sorted(starts, key=lambda start: start or 0)
    else:
        assert set(starts) <= {None}
    for line in found.lines:
        assert line.text == line.text.strip()
        line.text.encode()
        assert not line.words or "".join(word.text for word in line.words) == line.text


@given(
    st.lists(
        st.sampled_from(
            ["[00:01.00]", "<00:02.00>", "[00:03.5]", "a", " ", "b ", "\n", "[offset:-9]", "<", "["]
        ),
        max_size=40,
    ).map("".join)
)
def test_any_mixture_of_stamps_and_words_is_a_text(text: str) -> None:
    for line in lrc.parse(text).lines:
        times = [word.start_ms for word in line.words]
        assert times == sorted(times)
        assert not line.words or "".join(word.text for word in line.words) == line.text


@given(
    st.lists(
        st.tuples(st.integers(0, 5_999_999), st.text("abc äß'!", min_size=1).map(str.strip)),
        max_size=20,
    )
)
def test_what_is_written_is_read_again(pairs: list[tuple[int, str]]) -> None:
    written = "\n".join(
        f"[{start // 60_000:02}:{start // 1000 % 60:02}.{start % 1000:03}]{text}"
        for start, text in pairs
    )
    assert lines(written) == sorted(pairs, key=lambda pair: pair[0])
