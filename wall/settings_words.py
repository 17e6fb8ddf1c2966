"""Kinds of values that several settings share."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from wall import settings_checks as check

Mode = Literal["pre", "trusted", "post"]
Treatment = Literal["allow", "note", "hold", "reject"]

ONE_LINE = r"^[^\x00-\x1f\x7f\u2028\u2029]*\Z"

Hashtag = Annotated[
    str, Meta(max_length=100, extra={"shape": 'a hashtag like "NuitVauclair"'}), check.hashtag
]
Cidr = Annotated[
    str, Meta(max_length=64, extra={"shape": 'a range of addresses like "192.168.1.0/24"'}), check.cidr
]
Site = Annotated[
    str, Meta(max_length=300, extra={"shape": 'a site like "https://museum.example"'}), check.site
]
Name = Meta(min_length=1, max_length=120, pattern=ONE_LINE)
Word = Annotated[str, Meta(min_length=2, max_length=60, pattern=ONE_LINE)]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z", extra={"shape": 'the code of a language like "fr"'})]
