"""A visitor's form: fields and a photo. What cannot be read is answered in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from wall.web.answers import ApiError

FIELDS, FIELD_BYTES = 12, 20_000


async def read_form(request: Request) -> tuple[dict[str, str], bytes | None]:
    """The fields and the photo's bytes. Raises `ApiError` 400 for a form that is none, or that holds several photos."""
    try:
        async with request.form(max_files=2, max_fields=FIELDS, max_part_size=FIELD_BYTES) as form:
            fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            photos = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            photos = [photo for photo in photos if photo.size or photo.filename]
            if len(photos) > 1:
                raise ApiError(400, "one-photo", "send one photo at a time", field="photo")
            return fields, await photos[0].read() if photos else None
    except MultiPartException as error:
        raise ApiError(400, "invalid", f"the form could not be read: {error.message}") from error
    except (UnicodeError, LookupError) as error:
        raise ApiError(400, "invalid", "the form is in a character set we cannot read") from error


def slow_down(waits: Iterable[float]) -> None:
    """Raises `ApiError` 429 when one of these buckets (see `Buckets.take`) has nothing left."""
    wait_s = math.ceil(max(waits))
    if wait_s:
        raise ApiError(
            429,
            "slow-down",
            f"that was quick; try again in {wait_s} s",
            headers={"retry-after": str(wait_s)},
            extra={"retry_after_s": wait_s},
        )
