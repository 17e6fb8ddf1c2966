"""The part of the API's description that is about how screens are dressed: themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta


class ThemeDraft(msgspec.Struct, forbid_unknown_fields=True):
    """A theme that nobody has saved, as its TOML file has it; or that file's own text instead."""

    theme: dict[str, Any] | None = None
    toml: Annotated[str, Meta(max_length=64_000)] | None = None


class SavedTheme(msgspec.Struct, forbid_unknown_fields=True):
    """`rev` is the one that was seen, 0 for what the desk has never saved."""

    rev: Annotated[int, Meta(ge=0)]
    theme: dict[str, Any]


BODIES = (ThemeDraft, SavedTheme)

Operation = Callable[..., dict[str, Any]]


def _body(kind: type) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}}


def _done(text: str) -> dict[str, Any]:
    return {"200": {"description": text, "content": {"application/json": {"schema": {"type": "object"}}}}}


def themes_paths(operation: Operation) -> dict[str, Any]:
    """Paths below `/api/v1`; `operation` as in `wall/web/openapi.py`."""
    name = {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "theme",
    }
    rev = {
        "name": "rev",
        "in": "query",
        "schema": {"type": "integer"},
        "description": "as seen; else whatever is there",
    }
    toml = {"200": {"description": "the theme as a file", "content": {"application/toml": {}}}}
    return {
        "/themes": {
            "get": operation(
                "The themes, and which screen wears which",
                _done("themes, screens, problems"),
                errors=(401, 403),
            ),
            "post": operation(
                "Look at a theme before saving it: every mistake, every contrast, what a preview wears",
                _done("theme, problems, pairs, tried"),
                errors=(400, 401, 403, 415),
                body=_body(ThemeDraft),
            ),
        },
        "/themes/{name}": {
            "get": operation("One theme", _done("the theme"), errors=(401, 403, 404), parameters=(name,)),
            "put": operation(
                "Save a theme; 409 with the newest one when somebody else has saved meanwhile",
                _done("saved; its screens wear it within a second"),
                errors=(400, 401, 403, 409, 415),
                body=_body(SavedTheme),
                parameters=(name,),
            ),
            "delete": operation(
                "Forget what the desk has saved; a theme of that name in the files stands again",
                _done("forgotten"),
                errors=(400, 401, 403, 404, 409),
                parameters=(name, rev),
            ),
        },
        "/themes/{name}/toml": {
            "get": operation("One theme as a file", toml, errors=(401, 403, 404), parameters=(name,))
        },
    }
