"""Ignore files: patterns of names that a folder's owner wants left out, as gitignore(5) has them.

A line is a pattern; `!` in front lets in again, a slash at the end means folders alone, a slash
elsewhere ties it to the folder of the file, `*` `?` `[a-z]` match within a name and `**` across
folders. A file with no pattern in it leaves out its folder and all below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

MOST_BYTES: Final = 64_000
MOST_PATTERNS: Final = 500
LONGEST_PATTERN: Final = 250  # bytes
_MOST_STARS: Final = 8  # each multiplies what a match may cost


class Rule(msgspec.Struct, frozen=True):
    """One pattern. It is matched against a path below the file's folder, or a name alone."""

    expression: str
    tied: bool  # to the folder of the file; otherwise a name at any depth
    folders: bool  # only those
    lets_in: bool


class Rules(msgspec.Struct, frozen=True):
    """What one ignore file says. `everything` is that of an empty one."""

    rules: tuple[Rule, ...]
    everything: bool = False


def parse(raw: bytes) -> Rules:
    """The rules in a file; a line that is no pattern is passed over."""
    lines = list(_patterns(raw))
    rules = tuple(rule for line in lines if (rule := _rule(line)) is not None)
    return Rules(rules, everything=not lines)


def ignores(rules: Rules, path: bytes, *, folder: bool) -> bool | None:
    """Whether a path below the file's folder is left out; None where no pattern is about it.

    Of several that are, the last one counts.
    """
    if rules.everything:
        return True
    text = path.decode("latin-1")
    name = text.rpartition("/")[2]
    found = None
    for rule in rules.rules:
        if rule.folders and not folder:
            continue
        if re.fullmatch(rule.expression, text if rule.tied else name, re.DOTALL):
            found = not rule.lets_in
    return found


def _patterns(raw: bytes) -> Iterator[str]:
    text = raw[:MOST_BYTES].removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    count = 0
    for line in re.split(r"\r\n|\r|\n", text):
        line = line if line.endswith("\\ ") else line.rstrip(" \t")
        if line and not line.startswith("#"):
            count += 1
            if count > MOST_PATTERNS:
                return
            yield line


def _rule(line: str) -> Rule | None:
    lets_in = line.startswith("!")
    pattern = (
        line[1:] if lets_in else line.removeprefix("\\") if line[:2] in ("\\!", "\\#") else line
    )
    folders = pattern.endswith("/")
    pattern = pattern.rstrip("/")
    if not pattern or len(pattern) > LONGEST_PATTERN or pattern.count("*") > _MOST_STARS:
        return None
    tied = "/" in pattern
    try:
        expression = _expression(pattern.removeprefix("/"))
        re.compile(expression)
    except re.error:
        return None
    return Rule(expression, tied, folders, lets_in)


def _expression(pattern: str) -> str:
    made = ""
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            made, at = made + "(?:[^/]+/)*", at + 3
        elif pattern[at:] == "**" and (at == 0 or pattern[at - 1] == "/"):
            made, at = made + ".+", at + 2
        elif sign == "*":
            while at < len(pattern) and pattern[at] == "*":
                at += 1
            made += "[^/]*"
        elif sign == "?":
            made, at = made + "[^/]", at + 1
        elif sign == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end]
            inverted = inside[0] in "!^"
            inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside[1:] if inverted else inside)
            made, at = made + f"[{'^/' if inverted else ''}{inside}]", end + 1
        elif sign == "\\" and at + 1 < len(pattern):
            made, at = made + re.escape(pattern[at + 1]), at + 2
        else:
            made, at = made + re.escape(sign), at + 1
    return made
