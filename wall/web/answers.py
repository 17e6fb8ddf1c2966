"""How the API says things: JSON through msgspec, errors as one shape with a code, a sentence and perhaps a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

T = TypeVar("T")

# For what is public anyway: other sites' pages may read it, as nobody (without cookies).
ANY_SITE = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}

_encode = msgspec.json.Encoder().encode


class ApiError(Exception):
    """Answered as `{"error": {"code", "message", "field"?}, …extra}` with `status`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        _encode(content),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store", **(headers or {})},
    )


def error_answer(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.field is not None:
        body["field"] = error.field
    return answer({"error": body, **error.extra}, status=error.status, headers=error.headers)


async def read_json(request: Request, kind: type[T]) -> T:
    """The body as `kind`. Raises `ApiError` 415 for another content type, 400 for anything but that shape."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "not-json", "send the body as application/json")
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.ValidationError as error:
        raise ApiError(400, "invalid", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, "invalid", f"the body is not JSON: {error}") from error


def number(request: Request, name: str, *, default: int, low: int, high: int) -> int:
    """A whole number of the query, in plain digits. Raises `ApiError` 400 outside `low`…`high`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 16 and low <= int(text) <= high):
        raise ApiError(400, "invalid", f"{name} must be a whole number from {low} to {high}", field=name)
    return int(text)
