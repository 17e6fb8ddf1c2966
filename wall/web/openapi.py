"""`/api/v1/openapi.json`: the public API, described from the same structs that read and write it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.gate import Verdict
from wall.model import Card, State
from wall.web.answers import answer
from wall.web.openapi_mosaics import mosaics_paths
from wall.web.openapi_people import BODIES, people_paths
from wall.web.openapi_plays import plays_paths
from wall.web.openapi_programme import BODIES as PROGRAMME_BODIES
from wall.web.openapi_programme import programme_paths
from wall.web.openapi_screens import screens_paths
from wall.web.openapi_search import filter_parameters, search_paths
from wall.web.openapi_themes import BODIES as THEME_BODIES
from wall.web.openapi_themes import themes_paths
from wall.web.posts import LISTED, WALL_LIMIT, Decision, Panic
from wall.web.session import SignIn


class ScreenCommand(msgspec.Struct, forbid_unknown_fields=True):
    """What a desk may tell a screen. `name` is that of a programme or theme."""

    command: Literal["identify", "reload", "next", "renew", "blank", "unblank", "programme", "theme"]
    name: Annotated[str, Meta(max_length=60)] = ""


class Spotlight(msgspec.Struct, forbid_unknown_fields=True):
    """A post before the public now; `screen` null is every screen."""

    screen: Annotated[str, Meta(max_length=40)] | None = None
    seconds: Annotated[int, Meta(ge=5, le=120)] = 20


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _ok(description: str, schema: Any | None = None, status: str = "200") -> dict[str, Any]:
    return {status: {"description": description, **(_json(schema) if schema is not None else {})}}


_ERROR = {"description": "What is wrong, in a sentence", **_json({"$ref": "#/components/schemas/Error"})}


def _operation(
    summary: str,
    answers: dict[str, Any],
    *,
    errors: tuple[int, ...] = (),
    body: Any | None = None,
    parameters: tuple[dict[str, Any], ...] = (),
    is_open: bool = False,
) -> dict[str, Any]:
    return {
        "summary": summary,
        "responses": {**answers, **{str(status): _ERROR for status in errors}},
        **({"requestBody": {"required": True, **body}} if body else {}),
        **({"parameters": list(parameters)} if parameters else {}),
        "security": [] if is_open else [{"bearer": []}, {"session": []}],
    }


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _path(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": description,
    }


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 description of everything below `/api/v1`."""
    refs, components = msgspec.json.schema_components(
        (Card, Decision, Panic, SignIn, ScreenCommand, Spotlight, *BODIES, *PROGRAMME_BODIES, *THEME_BODIES),
        ref_template="#/components/schemas/{name}",
    )
    _, decision, panic, sign_in, command, spotlight, *_ = refs
    components["Error"] = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {name: {"type": "string"} for name in ("code", "message", "field")},
            }
        },
    }
    components["DeskCard"] = {
        "type": "object",
        "required": ["id", "card", "state", "rev", "mrev"],
        "properties": {
            "id": {"type": "string"},
            "card": {"oneOf": [{"$ref": "#/components/schemas/Card"}, {"type": "null"}]},
            "state": {"enum": [state.value for state in State]},
            "rev": {"type": "integer", "description": "content revision: send it back to approve"},
            "mrev": {"type": "integer", "description": "moderation revision: send it back to approve"},
            "by": {"type": "string"},
            "edited": {"type": "boolean"},
            "pinned": {"type": "boolean"},
            "note": {"type": "string"},
            "source": {"type": "string"},
            "at": {"type": "string", "format": "date-time"},
            "arrived": {"type": "string", "format": "date-time"},
            "reasons": {"type": "array", "items": {"type": "object"}},
        },
    }
    desk_card = {"$ref": "#/components/schemas/DeskCard"}
    any_object = {"type": "object"}
    whole = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 8, "maxLength": 100},
        "description": "new for each decision; a repeat with the same key has no second effect",
    }
    paths = {
        "/wall": {
            "get": _operation(
                "What the public may see now",
                _ok("the newest approved posts", any_object),
                errors=(400,),
                parameters=(
                    _query("limit", {**whole, "maximum": WALL_LIMIT, "default": 60}, "how many"),
                    _query(
                        "before",
                        {"type": "integer"},
                        "older ones: `before` of the page before, null at the end",
                    ),
                ),
                is_open=True,
            )
        },
        "/wall/events": {
            "get": _operation(
                "What happens on the wall, as server-sent events: add, upd, del, panic, reset, beat",
                {"200": {"description": "a stream without an end", "content": {"text/event-stream": {}}}},
                errors=(503,),
                parameters=(
                    _query(
                        "since",
                        {"type": "string"},
                        "`epoch:seq` of what is known already; else a reset comes first",
                    ),
                ),
                is_open=True,
            )
        },
        "/posts": {
            "get": _operation(
                "Posts by state",
                _ok(
                    "a page of posts",
                    {
                        "type": "object",
                        "properties": {
                            "posts": {"type": "array", "items": desk_card},
                            "cursor": {"type": ["string", "null"]},
                            "total": {"type": "integer"},
                        },
                    },
                ),
                errors=(400, 401),
                parameters=(
                    _query("state", {"enum": [s.value for s in LISTED], "default": "queued"}, "which"),
                    _query("limit", whole, "how many"),
                    _query("cursor", {"type": "string"}, "as the page before gave it"),
                    *filter_parameters(),
                ),
            )
        },
        "/posts/{id}": {
            "get": _operation(
                "One post", _ok("the post", any_object), errors=(401, 404), parameters=(_path("id", "post"),)
            )
        },
        "/posts/{id}/decision": {
            "post": _operation(
                f"Decide: {', '.join(verdict.value for verdict in Verdict)}",
                _ok("done; or REPLAY, SAME: nothing more to do", any_object),
                errors=(400, 401, 403, 404, 409, 410, 415),
                body=_json(decision),
                parameters=(_path("id", "post"), key),
            )
        },
        "/panic": {
            "post": _operation(
                "Every screen to the slate, or back",
                _ok("done", any_object),
                errors=(400, 401, 403, 415),
                body=_json(panic),
            )
        },
        "/sources": {
            "get": _operation("The sources and how they are doing", _ok("states", any_object), errors=(401,))
        },
        "/posts/{id}/spotlight": {
            "post": _operation(
                "An approved post before the public now, on one screen or on all",
                _ok("sent", status="202"),
                errors=(400, 401, 403, 404, 409, 415),
                body=_json(spotlight),
                parameters=(_path("id", "post"),),
            )
        },
        "/labels": {
            "get": _operation(
                "The labels that pass posts on, and how that goes", _ok("labels", any_object), errors=(401,)
            )
        },
        "/submissions": {
            "post": _operation(
                "A visitor's words and photo",
                _ok("received; it waits for a moderator", any_object, status="202"),
                errors=(400, 403, 413, 429, 503),
                body={
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "type": "object",
                                "required": ["consent", "key"],
                                "properties": {
                                    "text": {"type": "string", "maxLength": 1000},
                                    "name": {"type": "string", "maxLength": 200},
                                    "lang": {"enum": ["fr", "en", "zh"]},
                                    "photo": {"type": "string", "format": "binary"},
                                    "consent": {"const": "1"},
                                    "key": {
                                        "type": "string",
                                        "description": "idempotency key made by the phone",
                                    },
                                    "k": {"type": "string", "description": "the code of the screen's QR"},
                                },
                            }
                        }
                    }
                },
                is_open=True,
            )
        },
        "/submissions/{receipt}": {
            "get": _operation(
                "What became of a submission",
                _ok("its state", any_object),
                errors=(404,),
                parameters=(_path("receipt", "as given on sending"),),
                is_open=True,
            )
        },
        "/submissions/{receipt}/withdraw": {
            "post": _operation(
                "Take a submission back",
                _ok("gone", any_object),
                errors=(404,),
                parameters=(_path("receipt", "as given on sending"),),
                is_open=True,
            )
        },
        "/session": {
            "post": _operation(
                "Sign in with a password, with the code of the terminal, or with a pairing code",
                _ok("signed in", status="204"),
                errors=(400, 401, 403, 409, 415, 429, 503),
                body=_json(sign_in),
                is_open=True,
            ),
            "delete": _operation("Sign out", _ok("signed out", any_object), errors=(403,)),
        },
        **search_paths(_operation),
        **people_paths(_operation),
        **programme_paths(_operation),
        **themes_paths(_operation),
        **mosaics_paths(_operation),
        **plays_paths(_operation),
        **screens_paths(_operation, command=command),
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parvis", "version": "1", "description": "The API of one social wall."},
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "parvis_session"},
            },
        },
    }


def openapi_route() -> Route:
    described = document()

    async def openapi(_: Request) -> Response:
        return answer(described)

    return Route("/api/v1/openapi.json", openapi)
