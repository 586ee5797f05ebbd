"""SubRip as lyrics."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homestream.formats import lrc, srt
from homestream.formats.lrc import Line


def test_cues_have_a_begin_and_an_end_and_no_marks() -> None:
    found = srt.parse(
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hey</i> {\\an8}you\r\nthere\r\n\r\n"
        "2\r\n0:03.5 --> 0:04.000 align:start\r\n42\r\n",
        "en",
    )
    assert (found.language, found.synced) == ("en", True)
    assert found.lines == (
        Line(1000, "Hey you", 2500),
        Line(1000, "there", 2500),
        Line(3500, "42", 4000),
    )


def test_an_end_before_the_begin_is_the_begin() -> None:
    assert srt.parse("00:00:05,000 --> 00:00:01,000\nA").lines == (Line(5000, "A", 5000),)


def test_a_text_without_cues_has_no_lines() -> None:
    assert srt.parse("Hello\n\n1\n2\n").lines == ()


def test_length_is_bounded() -> None:
    cue = "00:00:01,000 --> 00:00:02,000\nA\n"
    assert len(srt.parse(cue * 20_000).lines) <= lrc.MOST_LINES


def stamp(milliseconds: int) -> str:
    seconds, part = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{part:03}"


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9_000_000),
            st.integers(0, 9_000),
            st.text("abc äß'!", min_size=1).map(str.strip).filter(bool),
        ),
        max_size=20,
    )
)
def test_what_is_written_is_read_again(cues: list[tuple[int, int, str]]) -> None:
    written = "\n".join(
        f"{number}\n{stamp(begin)} --> {stamp(begin + long)}\n{text}\n"
        for number, (begin, long, text) in enumerate(cues, 1)
    )
    wanted = [Line(begin, text, begin + long) for begin, long, text in cues]
    assert list(srt.parse(written).lines) == sorted(wanted, key=lambda line: line.start_ms or 0)


@given(st.binary(max_size=300) | st.text("0123456789:,.-> \n<a>{\\}", max_size=200).map(str.encode))
def test_any_bytes_are_read_without_complaint(raw: bytes) -> None:
    for line in srt.parse(lrc.decode(raw)).lines:
        assert line.start_ms is not None
        assert line.end_ms is not None
        assert 0 <= line.start_ms <= line.end_ms
        assert line.text
