"""A feed in any of its formats: bytes in, entries out. Pure."""

from __future__ import annotations

from ingest.syndication.atom import read_xml
from ingest.syndication.entry import Document
from ingest.syndication.jsonfeed import read_json


def read_document(body: bytes, *, url: str, content_type: str = "") -> Document:
    """The feed in `body`, which came from `url`. Raises `NotAFeed`."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return read_json(body, url=url)
    return read_xml(body, url=url, content_type=content_type)
