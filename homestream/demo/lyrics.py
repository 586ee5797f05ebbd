"""Sung text: its syllables, and when each line comes, as LRC and as milliseconds for ID3."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# spellings whose sound is another than that of their first letter, longest first
SOUNDS: Final = (
    ("igh", "a"),
    ("eau", "o"),
    ("oo", "u"),
    ("ee", "i"),
    ("ea", "i"),
    ("ou", "a"),
    ("ow", "o"),
    ("ai", "e"),
    ("ay", "e"),
    ("oa", "o"),
    ("au", "o"),
    ("ie", "i"),
    ("y", "i"),
    ("é", "e"),
    ("è", "e"),
    ("ê", "e"),
    ("à", "a"),
)
# "time", "leaves", "turned", but "kettle", "horses", "wanted"
MUTE_E: Final = re.compile(r"([^l]|[aeiouy]l)e$|[^scxzh]es$|[^td]ed$")
VOWEL_GROUP: Final = re.compile(r"[aeiouyéèêà]+")


def vowels(line: str) -> list[str]:
    """One of "aeiou" for each syllable of the line, near enough to be sung; at least one."""
    found: list[str] = []
    for word in re.findall(r"[\w']+", line.lower()):
        groups = VOWEL_GROUP.findall(word)
        if len(groups) > 1 and groups[-1] == "e" and MUTE_E.search(word):
            groups.pop()
        found.extend(_sound(group) for group in groups)
    return found or ["a"]


def lrc(lines: Iterable[tuple[float, str]], *, title: str, artist: str, album: str) -> str:
    """A synced text file: (seconds, text) in order of time, with its heading."""
    head = [f"[ti:{title}]", f"[ar:{artist}]", f"[al:{album}]"]
    return "\n".join([*head, *(f"[{_stamp(start)}]{text}" for start, text in lines), ""])


def milliseconds(lines: Iterable[tuple[float, str]]) -> list[tuple[str, int]]:
    """The same as ID3's SYLT wants it."""
    return [(text, round(start * 1000)) for start, text in lines]


def _stamp(seconds: float) -> str:
    hundredths = round(seconds * 100)
    return f"{hundredths // 6000:02}:{hundredths // 100 % 60:02}.{hundredths % 100:02}"


def _sound(group: str) -> str:
    for spelling, vowel in SOUNDS:
        if group.startswith(spelling):
            return vowel
    return group[0]
