"""A link proves who it was made for, for one address or for one folder."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from homestream import links
from homestream.errors import Forbidden
from homestream.links import Bearer

SECRET = b"a secret of the house"
BEARER = Bearer("s12", 3)


def shown(link: str, path: str | None = None, now: float = 0) -> Bearer:
    parts = urlsplit(link)
    return links.verify(SECRET, path or parts.path, dict(parse_qsl(parts.query)), now)


def test_a_link_holds_for_its_address_until_its_end():
    link = links.sign(SECRET, "/stream/p/main.m3u8", BEARER, 1000)
    assert shown(link, now=1000) == BEARER
    for path in ("/stream/p/manifest.mpd", "/stream/p/", "/stream/p/main.m3u8/"):
        with pytest.raises(Forbidden):
            shown(link, path)
    with pytest.raises(Forbidden, match="expired"):
        shown(link, now=1001)


def test_a_link_of_a_folder_holds_for_what_lies_in_it():
    link = links.sign_in_folder(SECRET, "/stream/p/aac-64/$Number$.m4s", BEARER, 1000)
    assert link.startswith("/stream/p/aac-64/$Number$.m4s?")
    for name in ("0.m4s", "17.m4s", "init.mp4", "index.m3u8"):
        assert shown(link, f"/stream/p/aac-64/{name}") == BEARER
    for path in (
        "/stream/p/aac-128/0.m4s", "/stream/p/main.m3u8", "/stream/p/aac-64/more/0.m4s",
        "/stream/q/aac-64/0.m4s", "/stream/p/aac-64",
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            shown(link, path)
    with pytest.raises(Forbidden, match="expired"):
        shown(link, now=1001)


@pytest.mark.parametrize(("old", "new"), [("s12", "s13"), ("p=3", "p=4"), ("e=1000", "e=2000")])
def test_nothing_in_a_link_can_be_changed(old: str, new: str):
    for sign in (links.sign, links.sign_in_folder):
        link = sign(SECRET, "/stream/p/aac-64/0.m4s", BEARER, 1000)
        with pytest.raises(Forbidden):
            shown(link.replace(old, new))
