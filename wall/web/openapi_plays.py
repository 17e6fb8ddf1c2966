"""The part of the API's description that is about proof of play, fairness and the author's receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Operation = Callable[..., dict[str, Any]]


def _query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}


def _path(name: str, description: str) -> tuple[dict[str, Any], ...]:
    schema = {"type": "string"}
    return ({"name": name, "in": "path", "required": True, "schema": schema, "description": description},)


def _object(description: str, *names: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {} for name in names}}
    return {"200": {"description": description, "content": {"application/json": {"schema": schema}}}}


def plays_paths(operation: Operation) -> dict[str, Any]:
    """Paths below `/api/v1`; `operation` as in `wall/web/openapi.py`."""
    table = {"200": {"description": "one play a line, with a head", "content": {"text/csv": {}}}}
    return {
        "/plays": {
            "get": operation(
                "What the screens showed: sums by scene, screen and day, and of one post",
                _object("sums; `post` is null unless it was asked for", "post", "scenes", "screens"),
                errors=(401, 404),
                parameters=(_query("post", "of this post"), _query("screen", "on this screen alone")),
            )
        },
        "/plays.csv": {
            "get": operation(
                "The last 200,000 plays, one by one, in the order in which they were told",
                table,
                errors=(400, 401, 403),
                parameters=(
                    _query("from", "plays that began then or later: a day, or a time"),
                    _query("to", "plays that began then or before: a day to its end, or a time"),
                ),
            )
        },
        "/fairness": {
            "get": operation(
                "Whether every approved post has its seconds on some screen in time",
                _object(
                    "how it stands",
                    *(
                        "on",
                        "seconds",
                        "within_min",
                        "owed",
                        "late",
                        "kept",
                        "missed_last_hour",
                        "can",
                        "why",
                    ),
                    *("screens", "cards", "per_hour", "short", "short_per_hour"),
                ),
                errors=(401,),
            )
        },
        "/posts/{id}/receipt": {
            "get": operation(
                "The address of a post's receipt, for its author",
                _object("the link, and what stands behind it", "url", "seconds", "plays", "screens"),
                errors=(401, 403, 404),
                parameters=_path("id", "post"),
            )
        },
        "/shown/{token}": {
            "get": operation(
                "A post's receipt: when it was on which screen, and the post while the public may see it",
                _object("the receipt", "state", "post", "now", "seconds", "screens"),
                errors=(404,),
                parameters=_path("token", "as its link gives it"),
                is_open=True,
            )
        },
    }
