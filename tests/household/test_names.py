from __future__ import annotations

import pytest

from homestream.errors import BadInput
from homestream.household import names


@pytest.mark.parametrize(
    ("given", "kept"),
    [("  Ann ", "Ann"), ("Zoe\u0308", "Zoë"), ("Ann  Marie", "Ann  Marie"), ("x" * 64, "x" * 64)],
)
def test_a_name_is_trimmed_and_composed(given: str, kept: str) -> None:
    assert names.clean(given, "name") == kept


@pytest.mark.parametrize(
    "given", ["", "   ", "x" * 65, "a\nb", "a\x00b", "a\u202eb", "\u200b", "a\u2028b", "\u00a0"]
)
def test_what_is_no_name_is_refused(given: str) -> None:
    with pytest.raises(BadInput):
        names.clean(given, "name")
