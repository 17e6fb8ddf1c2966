"""The part of the API's description that is about the kiosk's mosaics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Operation = Callable[..., dict[str, Any]]

_TOKEN = {
    "name": "token",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{27}$"},
    "description": "the visitor's own; it is all that opens the mosaic",
}
_STATE = (
    "token", "id", "url", "state", "why", "style", "edition", "photos", "mended", "keep", "show", "until", "place",
    "printing", "has_photo",
)  # fmt: skip


def _object(description: str, *names: str, status: str = "200") -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {} for name in names}}
    return {status: {"description": description, "content": {"application/json": {"schema": schema}}}}


def _form() -> dict[str, Any]:
    text = {"type": "string"}
    fields = {
        "photo": {"type": "string", "format": "binary"},
        "key": {"type": "string", "pattern": "^[A-Za-z0-9-]{16,64}$"},
        "consent": {"const": "1"},
        "lang": text,
        "text": {"type": "string", "description": "version of the sentences that were read"},
        "style": {"enum": ["fine", "bold", "event"]},
        "kiosk": text,
        "handover": text,
    }
    needed = ["photo", "key", "consent", "lang", "text"]
    schema = {"type": "object", "required": needed, "properties": fields}
    return {"content": {"multipart/form-data": {"schema": schema}}}


def _wish() -> dict[str, Any]:
    flag = {"type": "boolean"}
    fields = {
        "keep": flag,
        "show": flag,
        "style": {"enum": ["fine", "bold", "event"]},
        "print": flag,
        "finished": flag,
        "text": {"type": "string"},
        "lang": {"type": "string"},
    }
    return {"content": {"application/json": {"schema": {"type": "object", "properties": fields}}}}


def mosaics_paths(operation: Operation) -> dict[str, Any]:
    """Paths below `/api/v1`; `operation` as in `wall/web/openapi.py`."""
    one = {"parameters": (_TOKEN,), "is_open": True}
    return {
        "/mosaics": {
            "post": operation(
                "A visitor's photo, to be made into a mosaic; the same key is the same mosaic",
                _object("it waits, or how far it is", *_STATE, status="202"),
                errors=(400, 403, 409, 410, 413, 429, 503, 507),
                body=_form(),
                is_open=True,
            )
        },
        "/mosaics/handover": {
            "post": operation(
                "For a kiosk: an address at which a phone may send the photo, for ten minutes",
                _object("`qr` is an SVG", "token", "url", "qr"),
                errors=(400, 403),
                is_open=True,
            )
        },
        "/mosaics/key/{key}": {
            "delete": operation(
                "What a kiosk sent under a key and never heard of; also if it arrives only later",
                _object("gone", "state"),
                errors=(403, 404),
                parameters=(
                    {**_TOKEN, "name": "key", "schema": {"type": "string"}, "description": "the key"},
                ),
                is_open=True,
            )
        },
        "/mosaics/{token}": {
            "get": operation("How far a mosaic is", _object("its state", *_STATE), errors=(404, 410), **one),
            "patch": operation(
                "What its visitor wishes: agreements, another style, a print, that the photo goes now",
                _object("its state", *_STATE),
                errors=(400, 404, 409, 410),
                body=_wish(),
                **one,
            ),
            "delete": operation(
                "Everything of it, everywhere; answered when it is gone",
                _object("gone", "state"),
                errors=(404,),
                **one,
            ),
        },
        "/mosaics/{token}/cells": {
            "get": operation(
                "Which photo stands where, and whose it is",
                _object(
                    "cells: left, top, right, bottom, photo, mirrored", "size", "cells", "photos", "posts"
                ),
                errors=(404, 409, 410),
                **one,
            )
        },
        "/kiosks": {
            "get": operation(
                "How the kiosks, the studio and the printer are",
                _object("kiosks as they say themselves", "kiosks", "studio", "pool", "printer", "waiting"),
                errors=(401, 403),
            )
        },
    }
