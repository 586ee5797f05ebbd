"""The OpenAPI 3.1 document of the JSON API, made from the route table and its types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

import homestream
from homestream.errors import ConfigError
from homestream.server import problems
from homestream.server.routing import Access, Route

_PART: Final = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")  # {size:\d{2,3}} too
_REF: Final = "#/components/schemas/{name}"


def encode(routes: Sequence[Route]) -> bytes:
    """The document as JSON; ConfigError when a route's types cannot be described."""
    return msgspec.json.format(msgspec.json.encode(document(routes)), indent=1)


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document as plain values. Routes outside of /api/ are not part of it."""
    api = [route for route in routes if route.path.startswith("/api/")]
    kinds = [kind for route in api for kind in (route.answer, route.body) if kind is not None]
    try:
        schemas, components = msgspec.json.schema_components(
            [*kinds, problems.Problem], ref_template=_REF
        )
    except TypeError as error:
        raise ConfigError(f"the OpenAPI document cannot be made: {error}") from error
    named = dict(zip([*kinds, problems.Problem], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in api:
        path = _PART.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "homestream",
            "version": homestream.__version__,
            "summary": "The music of one household.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "homestream"},
                "key": {"type": "http", "scheme": "bearer"},
                "code": {"type": "apiKey", "in": "header", "name": "X-Setup-Code"},
                "link": {"type": "apiKey", "in": "query", "name": "s"},
            },
        },
    }


def _operation(route: Route, named: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.summary,
        "security": _SECURITY[route.access],
        "responses": {
            str(route.status): _success(route, named),
            "default": {
                "description": "What is wrong",
                "content": {problems.CONTENT_TYPE: {"schema": named[problems.Problem]}},
            },
        },
    }
    if route.tags:
        operation["tags"] = list(route.tags)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PART.findall(route.path)
    ]
    if route.query is not None:
        parameters += _query(route.query)
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": named[route.body]}},
        }
    return operation


def _success(route: Route, named: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    if route.answer is not None:
        answer["content"] = {"application/json": {"schema": named[route.answer]}}
    return answer


def _query(kind: type[Any]) -> list[dict[str, Any]]:
    schema = msgspec.json.schema(kind)
    inner = schema["$defs"][kind.__name__]
    required = inner.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": what}
        for name, what in inner["properties"].items()
    ]


def _name(route: Route) -> str:
    """ "getAlbumsAlbum" for GET /api/v1/albums/{album}: unique, as method and path are."""
    words = re.findall(r"[A-Za-z0-9]+", _PART.sub(r"by-\1", route.path).removeprefix("/api/v1/"))
    return route.method.lower() + "".join(word[:1].upper() + word[1:] for word in words)


_SIGNED_IN: Final[list[dict[str, list[str]]]] = [{"session": []}, {"key": []}]
_SECURITY: Final[dict[Access, list[dict[str, list[str]]]]] = {
    Access.PUBLIC: [],
    Access.SETUP: [{"code": []}],
    Access.LINK: [{"link": []}, *_SIGNED_IN],
    Access.ACCOUNT: _SIGNED_IN,
    Access.LISTENER: _SIGNED_IN,
    Access.ADULT: _SIGNED_IN,
    Access.OWNER: _SIGNED_IN,
}
