"""The part of the API's description that is about what screens show: layouts and programmes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Scenes = Annotated[list[dict[str, Any]], Meta(max_length=60)]


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    """Scenes that nobody has saved: {layout, seconds, hours, when, share, title, options, id}."""

    scenes: Scenes


class SavedProgramme(msgspec.Struct, forbid_unknown_fields=True):
    """`rev` is the one that was seen, 0 for what the desk has never saved."""

    rev: Annotated[int, Meta(ge=0)]
    scenes: Scenes
    screens: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=200)] = []


class Try(msgspec.Struct, forbid_unknown_fields=True):
    scenes: Scenes
    minutes: Annotated[int, Meta(ge=1, le=60)] = 10


BODIES = (Draft, SavedProgramme, Try)

Operation = Callable[..., dict[str, Any]]


def _body(kind: type) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}}


def _done(text: str, status: str = "200") -> dict[str, Any]:
    return {status: {"description": text, "content": {"application/json": {"schema": {"type": "object"}}}}}


def _path(name: str, description: str) -> tuple[dict[str, Any], ...]:
    schema = {"type": "string"}
    return ({"name": name, "in": "path", "required": True, "schema": schema, "description": description},)


def programme_paths(operation: Operation) -> dict[str, Any]:
    """Paths below `/api/v1`; `operation` as in `wall/web/openapi.py`."""
    name, screen = _path("name", "programme"), _path("id", "screen")
    rev = {
        "name": "rev",
        "in": "query",
        "schema": {"type": "integer"},
        "description": "as seen; else whatever is there",
    }
    return {
        "/layouts": {
            "get": operation("The layouts, what they need and may be told", _done("layouts"), errors=(401,))
        },
        "/programmes": {
            "get": operation(
                "The programmes, who follows which, and what stands on the wall",
                _done("programmes, screens, trials, counts"),
                errors=(401,),
            ),
            "post": operation(
                "Look at scenes before saving them: what a screen would be told, or every mistake",
                _done("the programme as a screen reads it"),
                errors=(400, 401, 415),
                body=_body(Draft),
            ),
        },
        "/programmes/{name}": {
            "get": operation("One programme", _done("the programme"), errors=(401, 404), parameters=name),
            "put": operation(
                "Save a programme; 409 with the newest one when somebody else has saved meanwhile",
                _done("saved; its screens follow within a second"),
                errors=(400, 401, 403, 409, 415),
                body=_body(SavedProgramme),
                parameters=name,
            ),
            "delete": operation(
                "Forget what the desk has saved; the settings' programme stands again",
                _done("forgotten"),
                errors=(400, 401, 403, 404, 409),
                parameters=(*name, rev),
            ),
        },
        "/screens/{id}/trial": {
            "post": operation(
                "Try scenes on one screen for some minutes",
                _done("it is told", "202"),
                errors=(400, 401, 403, 404, 415),
                body=_body(Try),
                parameters=screen,
            ),
            "delete": operation("End a trial", _done("ended"), errors=(401, 403, 404), parameters=screen),
        },
    }
