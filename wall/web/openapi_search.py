"""The part of the API's description that is about finding, and about the audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wall.finder import LISTED
from wall.finder_text import QUERY_MAX
from wall.web.search import NAME_MAX

Operation = Callable[..., dict[str, Any]]
Parameters = tuple[dict[str, Any], ...]


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def filter_parameters() -> Parameters:
    """What narrows a list of posts down; all that are given must hold."""
    name = {"type": "string", "maxLength": NAME_MAX}
    return (
        _query(
            "q",
            {"type": "string", "maxLength": QUERY_MAX},
            'words that all must stand in it (or begin one), "a phrase", -without',
        ),
        _query("network", name, "of this network"),
        _query("source", name, "of this source"),
        _query("rule", name, "that this rule spoke about"),
        _query("lang", {"type": "string"}, 'in this language; "und" where it is not known'),
        _query("author", {"type": "string"}, "of this author, by the key that a post gives"),
        _query("label", name, "with this label"),
    )


def _object(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    return {"200": {"description": description, "content": {"application/json": {"schema": schema}}}}


def search_paths(operation: Operation) -> dict[str, Any]:
    """Paths below `/api/v1`; `operation` as in `wall/web/openapi.py`."""
    counts = {"type": "array", "items": {"type": "array"}, "description": "[value, how many], most first"}
    dimensions = ("network", "source", "rule", "lang", "label", "author")
    text, count, perhaps = {"type": "string"}, {"type": "integer"}, {"type": ["integer", "null"]}
    limit = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    state = {"enum": [state.value for state in LISTED], "default": "queued"}
    entry = {
        "type": "object",
        "properties": {
            **dict.fromkeys(("id", "from", "to", "why", "by", "name"), text),
            **dict.fromkeys(("n", "seq", "rev", "mrev"), perhaps),
            "at": {"type": "string", "format": "date-time"},
        },
    }
    return {
        "/facets": {
            "get": operation(
                "How many posts of a list have each network, source, rule, language, label and author",
                _object(
                    "counts; each dimension leaves its own filter out of account",
                    {
                        **dict.fromkeys(dimensions, counts),
                        "total": count,
                        "building": {
                            "type": "number",
                            "description": "the share of the posts counted so far, after a start",
                        },
                    },
                ),
                errors=(400, 401),
                parameters=(_query("state", state, "which list"), *filter_parameters()),
            )
        },
        "/audit": {
            "get": operation(
                "Who did what, newest first",
                _object(
                    "a page of entries",
                    {"entries": {"type": "array", "items": entry}, "before": perhaps},
                ),
                errors=(400, 401, 403),
                parameters=(
                    _query("limit", limit, "how many"),
                    _query("before", count, "entries before this number, as the page before gave it"),
                    _query("by", text, "of this person alone"),
                    _query("id", text, "about this post alone"),
                    _query("why", text, "for these reasons alone, separated by commas: approve,reject"),
                ),
            )
        },
    }
