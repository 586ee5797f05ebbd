"""The OpenAPI document against the specification's own schema."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from homestream.errors import ConfigError
from homestream.server import openapi
from homestream.server.api import household, listening, meta
from homestream.server.routing import Access, Call, Route

ROUTES = (*meta.ROUTES, *household.ROUTES, *listening.ROUTES)


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(openapi.encode(ROUTES))


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_reference_leads_somewhere(document: Any) -> None:
    names = set(document["components"]["schemas"])
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert used
    assert used <= names


def test_operations_have_names_of_their_own(document: Any) -> None:
    named = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(named) == len(set(named))
    assert "getPlaylistsByPlaylist" in named


def test_who_may_is_said(document: Any) -> None:
    paths = document["paths"]
    assert paths["/api/v1/server"]["get"]["security"] == []
    assert paths["/api/v1/plays"]["post"]["security"] == [{"session": []}, {"key": []}]


def test_parameters_carry_their_bounds(document: Any) -> None:
    parameters = {
        each["name"]: each for each in document["paths"]["/api/v1/stars"]["get"]["parameters"]
    }
    assert parameters["kind"]["required"] is True
    assert parameters["kind"]["schema"]["enum"] == ["album", "artist", "track"]
    assert parameters["limit"]["required"] is False
    assert parameters["limit"]["schema"]["maximum"] == 200


def test_patterns_in_paths_are_left_out_and_pages_too() -> None:
    async def nothing(call: Call) -> None:
        pass

    made = openapi.document(
        [
            Route(
                "GET", r"/api/v1/art/{art}/{size:\d{2,3}}.webp", nothing, Access.LINK, "A picture"
            ),
            Route("GET", "/albums", nothing, Access.LISTENER),
        ]
    )
    assert list(made["paths"]) == ["/api/v1/art/{art}/{size}.webp"]
    OpenAPIV31SpecValidator(made).validate()


def test_a_type_that_json_cannot_say_is_refused() -> None:
    async def nothing(call: Call) -> None:
        pass

    class Odd(msgspec.Struct):
        what: complex

    with pytest.raises(ConfigError, match="OpenAPI"):
        openapi.encode([Route("GET", "/api/v1/odd", nothing, Access.PUBLIC, "Odd", answer=Odd)])
