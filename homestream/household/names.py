"""What people may call things: accounts, profiles, keys, playlists, the house itself."""

from __future__ import annotations

import unicodedata
from typing import Final

from homestream.errors import BadInput

LONGEST: Final = 64


def clean(text: str, what: str) -> str:
    """`text` trimmed, composed (NFC), inner white space single; BadInput when it is no name.

    A name has 1 to 64 characters, none of them a control character or one that turns the
    direction of the text around it.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split(" ")).strip()
    if not name:
        raise BadInput(f"{what} is empty")
    if len(name) > LONGEST:
        raise BadInput(f"{what} is longer than {LONGEST} characters")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Zl", "Zp") for letter in name):
        raise BadInput(f"{what} holds a control character")
    if any(unicodedata.bidirectional(letter) in _TURNS for letter in name):
        raise BadInput(f"{what} holds a control character")
    if not any(unicodedata.category(letter)[0] not in "ZC" for letter in name):
        raise BadInput(f"{what} is empty")
    return name


_TURNS: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
