from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from homestream.household import profiles
from homestream.household.access import Role
from homestream.ids import AccountId, TrackId
from homestream.library import catalogue, search
from homestream.server.pages import values
from homestream.visibility import EVERYTHING
from tests.server.house import Client, House
from tests.server.pages import seed

EVERYWHERE = [
    "/",
    "/albums",
    "/albums?starred=true",
    *(f"/albums?sort={sort}" for sort in ("artist", "title", "added", "year", "played", "random")),
    "/artists",
    "/artists?starred=true",
    "/genres",
    "/search",
    "/search?q=zzz",
    "/search?q=%3Cscript%3E%22'",
    *(f"/search?q=album&kind={kind}" for kind in search.KINDS),
    "/albums?kind=ep",
    "/albums?label=None&mood=none",
    "/works",
    "/starred",
    "/library",
    "/inbox",
    "/playlists",
    "/queue",
    "/now-playing",
    "/who",
    "/settings",
    "/settings/profiles",
    "/settings/look",
    "/settings/devices",
    "/settings/keys",
    "/settings/libraries",
    "/settings/health",
    "/settings/health/untagged",
    "/settings/health/split",
    "/settings/corrections",
    "/settings/people",
    "/settings/about",
]
OF_THINGS = [
    "/albums/al-1",
    "/albums/al-2",
    "/albums/al-1/why",
    "/artists/ar-1",
    "/genres/ge-1",
    "/search?q=album",
    "/tracks/tr-1",
]


class Page(HTMLParser):
    """What a browser would find in a page: tags, addresses, and code that the CSP forbids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.inline: list[str] = []
        self.links: set[str] = set()
        self.assets: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        address = given.get("href", "") if tag != "script" else given["src"]
        address = address.partition("#")[0]
        if address.startswith("/static/"):
            self.assets.add(address)
        elif tag == "a" and address.startswith("/") and "hidden" not in given:
            self.links.add(address)


async def owner(house: House) -> Client:
    client = house.client()
    answer = await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    assert answer.status == 200
    return client


async def page(client: Client, path: str) -> Page:
    answer = await client.get(path)
    assert (answer.status, answer.type) == (200, "text/html"), path
    found = Page(answer.body.decode())
    assert found.inline == [], path
    return found


@pytest.mark.parametrize("path", EVERYWHERE)
async def test_every_page_of_an_empty_house_answers(empty: House, path: str) -> None:
    await page(await owner(empty), path)


async def test_every_page_of_a_full_house_answers(full: House) -> None:
    client = await owner(full)
    made = await client.post("/api/v1/playlists", {"name": "Mine", "tracks": ["tr-1", "tr-4"]})
    for item in ("tr-1", "al-1", "ar-1"):
        assert (await client.put(f"/api/v1/stars/{item}")).status < 300
    for path in [*EVERYWHERE, *OF_THINGS, f"/playlists/{made.json['id']}"]:
        found = await page(client, path)
        assert "h1" in found.tags, path


async def test_every_link_and_file_of_a_full_house_is_there(full: House) -> None:
    client = await owner(full)
    seen: set[str] = set()
    assets: set[str] = set()
    wanted = {"/"}
    while wanted:
        path = wanted.pop()
        seen.add(path)
        found = await page(client, path)
        assets |= found.assets
        # one thing of each kind is enough: the rest differ in their number alone
        kinds = {re.sub(r"\d+|cursor=[^&]*", "0", link) for link in seen}
        wanted |= {
            link
            for link in found.links
            if not link.startswith("/api/")
            and link not in seen
            and re.sub(r"\d+|cursor=[^&]*", "0", link) not in kinds
        }
    assert len(seen) > 25
    assert assets
    for asset in assets:
        assert (await client.get(asset)).status == 200, asset


async def test_names_that_are_html_stay_words(full: House) -> None:
    client = await owner(full)
    await client.post("/api/v1/playlists", {"name": seed.HOSTILE})
    for path in ("/", "/albums/al-1", "/artists/ar-1", "/playlists", "/search?q=script"):
        text = (await client.get(path)).body.decode()
        assert "alert(" in text, path
        assert "<script>alert" not in text, path


async def test_album_shows_its_discs_and_each_track_as_the_api_does(full: House) -> None:
    client = await owner(full)
    text = (await client.get("/albums/al-1")).body.decode()
    assert re.findall(r"Disc (\d)", text) == ["1", "2"]
    from_api = (await client.get("/api/v1/albums/al-2")).json["tracks"][0]
    [row] = await catalogue.tracks_by_id(full.db, EVERYTHING, None, [TrackId(4)])
    given = values.track(row)
    assert given == {key: from_api[key] for key in given}


async def test_long_lists_go_on_where_they_stopped(full: House) -> None:
    client = await owner(full)
    titles: list[str] = []
    path: str | None = "/albums?sort=title"
    while path:
        text = (await client.get(path)).body.decode()
        titles += re.findall(r'href="/albums/(al-\d+)" title', text)
        more = re.search(r'href="([^"]+)" data-more-link', text)
        path = more[1].replace("&amp;", "&") if more else None
    assert len(titles) == len(set(titles)) == seed.ALBUMS


async def test_child_sees_nothing_explicit(full: House) -> None:
    child = await full.member("Kim", Role.CHILD)
    text = (await child.get("/albums/al-1")).body.decode()
    assert text.count('class="track"') == 2
    assert '"explicit": true' not in text


async def test_search_finds_what_is_called_so(full: House) -> None:
    client = await owner(full)
    text = (await client.get("/search?q=album+12")).body.decode()
    assert "/albums/al-12" in text
    assert "Nothing found" in (await client.get("/search?q=zzz")).body.decode()


async def test_search_as_somebody_types_finds_albums_with_a_picture(full: House) -> None:
    client = await owner(full)
    async with full.db.write() as tx:
        await tx.execute(
            "INSERT INTO art (id, library_id, key, path, embedded, made, blur) "
            "SELECT 1, id, x'01', CAST('cover.png' AS BLOB), 0, 1, 'UklGRg==' FROM library LIMIT 1"
        )
        await tx.execute("UPDATE album SET art_id = 1 WHERE id = 12")
    answer = await client.get("/search/found?q=album+12")
    assert answer.status == 200
    assert "data:image/webp;base64,UklGRg==" in answer.body.decode()


async def test_stranger_is_sent_to_sign_in_and_back(full: House) -> None:
    answer = await full.client().get("/albums/al-1")
    assert answer.status == 303
    assert answer.headers["Location"] == "/sign-in?next=/albums/al-1"
    text = (await full.client().get(answer.headers["Location"])).body.decode()
    assert 'data-then-path="/albums/al-1"' in text


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example", ""])
async def test_sign_in_leads_to_no_other_site(full: House, path: str) -> None:
    text = (await full.client().get("/sign-in?next=" + path.replace("\\", "%5C"))).body.decode()
    assert 'data-then-path="/"' in text


async def test_account_with_several_profiles_is_asked_who_listens(full: House) -> None:
    await profiles.add(full.db, AccountId(1), "Second")
    client = await owner(full)
    answer = await client.get("/albums")
    assert (answer.status, answer.headers["Location"]) == (303, "/who?next=/albums")
    text = (await client.get("/who?next=/albums")).body.decode()
    assert text.count('data-call="PUT /api/v1/session/profile"') == 2


@pytest.mark.parametrize("path", ["/settings/people", "/settings/libraries"])
async def test_settings_of_the_owner_are_closed_to_others(full: House, path: str) -> None:
    answer = await (await full.member("Ana")).get(path)
    assert (answer.status, answer.type) == (403, "text/html")
    assert b"Not for you" in answer.body


async def test_house_without_an_owner_shows_the_set_up_alone(unowned: House) -> None:
    client = unowned.client()
    for path in ("/", "/sign-in", "/albums"):
        answer = await client.get(path)
        assert (answer.status, answer.headers["Location"]) == (303, "/setup"), path
    assert (await page(client, "/setup")).tags.count("form") == 1


async def test_set_up_is_gone_once_there_is_an_owner(empty: House) -> None:
    answer = await empty.client().get("/setup")
    assert (answer.status, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/nothing", "/albums/al-999", "/albums/x", "/playlists/pl-1"])
async def test_what_is_not_there_gets_a_page_that_says_so(full: House, path: str) -> None:
    answer = await (await owner(full)).get(path)
    assert (answer.status, answer.type) == (404, "text/html")
    assert Page(answer.body.decode()).inline == []
    assert b"Nothing plays here" in answer.body
    assert not re.search(rb"(al|pl)-\d", answer.body)


@pytest.mark.parametrize(
    ("path", "tab"),
    [("/playlists", "Library"), ("/queue", "Library"), ("/folders", "Library"),
     ("/albums/al-1", "Albums"), ("/genres/ge-1", "Library"), ("/", "Home"),
     ("/settings/look", "Settings")],
)  # fmt: skip
async def test_phone_shows_where_one_is(full: House, path: str, tab: str) -> None:
    text = (await (await owner(full)).get(path)).body.decode()
    tabs = text[text.index('<nav class="tabs"') :]
    tabs = tabs[: tabs.index("</nav>")]
    marked = re.findall(r'<a [^>]*aria-current="page">.*?<span>(\w+)</span>', tabs)
    assert marked == [tab]


async def test_moods_and_labels_are_offered_as_far_as_they_may_be_seen(full: House) -> None:
    async with full.db.write() as tx:
        await tx.execute("INSERT INTO track_mood (track_id, mood) VALUES (1, 'calm'), (2, 'calm')")
        await tx.execute("INSERT INTO track_mood (track_id, mood) VALUES (4, 'wild & free')")
        for number, label in ((1, "Nest"), (2, "Nest"), (4, "A < B")):
            await tx.execute(
                "INSERT INTO track_rights (track_id, isrc, label, copyright, license) "
                "VALUES (:id, '', :label, '', '')",
                {"id": number, "label": label},
            )
        await tx.execute("UPDATE track SET explicit = id = 4 WHERE id IN (1, 2, 4)")
    text = (await (await owner(full)).get("/genres")).body.decode()
    for link in ("mood=calm", "mood=wild%20%26%20free", "label=Nest", "label=A%20%3C%20B"):
        assert f'href="/albums?{link}"' in text, link
    child = (await (await full.member("Kim", Role.CHILD)).get("/genres")).body.decode()
    assert 'href="/albums?mood=calm"' in child
    assert "wild" not in child
    assert "A%20%3C%20B" not in child


async def test_libraries_of_one_name_are_told_apart_by_their_place(full: House) -> None:
    client = await owner(full)
    await full.member("Kim", Role.CHILD)
    assert "/music" not in (await client.get("/settings/people")).body.decode()
    async with full.db.write() as tx:
        await tx.execute(
            "INSERT INTO library (name, path, origin, created_at) "
            "VALUES ('Music', x'2f6d6f7265', 'page', 0)"
        )
    people = (await client.get("/settings/people")).body.decode()
    assert "<small>/music</small>" in people
    assert "<small>/more</small>" in people
    assert "Who may see Music in /more" in (await client.get("/settings/libraries")).body.decode()


async def test_parameter_that_cannot_be_meant_gets_a_page_that_says_so(full: House) -> None:
    answer = await (await owner(full)).get("/albums?sort=loudness")
    assert answer.status == 400
    assert b"That cannot be meant" in answer.body


async def test_theme_of_the_cookie_is_painted_by_the_server(empty: House) -> None:
    client = await owner(empty)
    client.session.cookie_jar.update_cookies({"theme": "dark"}, empty.server.make_url("/"))
    assert b'data-theme="dark"' in (await client.get("/queue")).body
    client.session.cookie_jar.update_cookies({"theme": '"><b'}, empty.server.make_url("/"))
    assert b"data-theme=" not in (await client.get("/queue")).body.split(b"</head>")[0]
