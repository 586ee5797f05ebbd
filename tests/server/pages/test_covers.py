from __future__ import annotations

from xml.etree import ElementTree

from tests.server.house import House


async def test_cover_of_a_name_that_is_html_is_a_picture(empty: House) -> None:
    answer = await empty.client().get("/covers/%3Cscript%3E%2F%26?initials=middle")
    assert (answer.status, answer.type) == (200, "image/svg+xml")
    ElementTree.fromstring(answer.body)
    assert b"<script" not in answer.body
