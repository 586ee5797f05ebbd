"""Templates into answers: one environment, autoescaped and strict, filled on the event loop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import jinja2
from aiohttp import web
from markupsafe import Markup

from homestream import ids
from homestream.household import setup
from homestream.household.access import Role
from homestream.ids import ArtId
from homestream.library import artwork, catalogue, health
from homestream.server.pages import values
from homestream.server.pages.assets import ASSETS, folder
from homestream.server.routing import Call

THEMES: Final = ("auto", "light", "dark")
_PUBLIC_ID: Final = re.compile(
    rf"\b({'|'.join(sorted(ids.KINDS))}) (?:'[^']*'|[a-z]{{2}}-[0-9]+)(?![\w-])"
)
_SHEETS: Final = ("vendor/inter.css", *ASSETS.under("css/", ".css"))
_SCRIPTS: Final = ASSETS.under("js/", ".js")


async def page(call: Call, template: str, *, status: int = 200, **found: Any) -> web.Response:
    """A page of the house for somebody who is signed in."""
    owner = call.actor is not None and call.actor.role is Role.OWNER
    return await part(
        call,
        template,
        status=status,
        actor=call.actor,
        household=await setup.household(call.home.db),
        trouble=await health.trouble(call.home.db) if owner else 0,
        **found,
    )


async def part(call: Call, template: str, *, status: int = 200, **found: Any) -> web.Response:
    """A page or a piece of one, with what its pictures look like before they are there."""
    shown = {picture for value in found.values() for picture in _pictures(value)}
    blurs = await artwork.blurs(call.home.db, shown)
    return document(call.request, template, status=status, blurs=blurs, **found)


def _pictures(value: Any) -> Iterator[ArtId]:
    """The pictures of what a page shows: of one thing, of a list, or of a page of one."""
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _pictures(each)
    elif isinstance(value, dict):
        yield from _pictures(list(value.values()))
    elif isinstance(value, catalogue.Page):
        yield from _pictures(value.items)
    elif isinstance(picture := getattr(value, "art", None), int):
        yield ArtId(picture)


def document(
    request: web.Request, template: str, *, status: int = 200, **found: Any
) -> web.Response:
    """Any HTML answer."""
    theme = request.cookies.get("theme", "auto")
    text = ENVIRONMENT.get_template(template).render(
        path=request.path, theme=theme if theme in THEMES else "auto", **found
    )
    return web.Response(text=text, status=status, content_type="text/html")


def failure(request: web.Request, status: int, detail: str) -> web.StreamResponse:
    """The page for an error; `detail` is a sentence for people (application.PageError)."""
    detail = _PUBLIC_ID.sub(r"this \1", detail)
    return document(request, "pages/error.html", status=status, code=status, detail=detail)


def _icon(name: str, kind: str = "") -> Markup:
    sprite = ASSETS.url("vendor/icons.svg") if "vendor/icons.svg" in ASSETS.files else ""
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        kind, sprite, name
    )


def _sentence(text: str) -> str:
    """An error's words as a sentence: capital first, full stop last."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def warm() -> None:
    """Compiles every template, so that no request has to; takes a quarter of a second."""
    for name in ENVIRONMENT.list_templates(extensions=["html"]):
        ENVIRONMENT.get_template(name)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder() / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters |= {
        "clock": values.clock,
        "in_words": values.length,
        "ago": values.ago,
        "room": values.room,
        "sentence": _sentence,
    }
    environment.globals |= {
        "asset": ASSETS.url,
        "version": ASSETS.version,
        "sheets": [ASSETS.url(sheet) for sheet in _SHEETS if sheet in ASSETS.files],
        "scripts": [ASSETS.url(script) for script in _SCRIPTS],
        "icon": _icon,
        "art": values.art,
        "count": values.count,
        "public": ids.public,
        "track_json": values.track,
        "quality": values.quality,
    }
    return environment


ENVIRONMENT: Final = _environment()
