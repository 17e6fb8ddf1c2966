"""The part of the API's description that is about screens: names, orders, pairing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Operation = Callable[..., dict[str, Any]]

_ID = ({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "screen"},)


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _done(description: str, status: str = "200") -> dict[str, Any]:
    return {status: {"description": description, **_json({"type": "object"})}}


def screens_paths(operation: Operation, *, command: dict[str, Any]) -> dict[str, Any]:
    """Paths below `/api/v1`; `operation` as in `wall/web/openapi.py`, `command` the schema of its body."""
    text = {"type": "string"}
    title = _object(("title",), title={**text, "maxLength": 200})
    pair = _object(("code", "title"), code=text, title=text, instead={"type": "boolean"})
    return {
        "/screens": {
            "get": operation(
                "The screens, how each is, and what they have confirmed", _done("states"), errors=(401,)
            ),
            "post": operation(
                "Let the device in that shows this code, as a screen of that name",
                _done("id and title", "201"),
                errors=(400, 401, 403, 409, 415, 429),
                body=_json(pair),
            ),
        },
        "/screens/{id}": {
            "patch": operation(
                "Name a screen",
                _done("id and title"),
                errors=(400, 401, 403, 404, 415),
                body=_json(title),
                parameters=_ID,
            ),
            "delete": operation(
                "Forget a screen with its orders, its name and its pairing",
                _done("forgotten"),
                errors=(401, 403, 404, 409),
                parameters=_ID,
            ),
        },
        "/screens/{id}/pairing": {
            "delete": operation(
                "End the pairing of a screen: within a second it shows nothing and keeps nothing",
                _done("let go"),
                errors=(401, 403, 404),
                parameters=_ID,
            )
        },
        "/screens/{id}/command": {
            "post": operation(
                "Tell a screen; dark, programme and theme stay in force after a reload",
                _done("sent", "202"),
                errors=(400, 401, 403, 404, 415),
                body=_json(command),
                parameters=_ID,
            )
        },
        "/screen-pairings": {
            "post": operation(
                "A code for the browser that asks: five minutes, one use",
                _done("code and life_s; a ticket in a cookie", "201"),
                errors=(403, 409, 429),
                is_open=True,
            )
        },
        "/screen-pairings/own": {
            "get": operation(
                "Whether the desk has let this browser in: waiting, over, or paired with its token in a cookie",
                _done("state, screen"),
                is_open=True,
            )
        },
    }
