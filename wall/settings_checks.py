"""The spellings of settings: a check returns the value in its one form, or raises `ValueError` with
the cure."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from datetime import date
from urllib.parse import urlsplit

from wall.secret import Secret, reveal
from wall.settings_build import shown

_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z"
)


def hashtag(value: str) -> str:
    tag = unicodedata.normalize("NFC", value.strip()).lstrip("#＃")
    if not tag or re.search(r"[\s#＃,]", tag):
        raise ValueError(f'{shown(value)} is not one hashtag; write each as "NuitVauclair", without spaces')
    return tag


def host(value: str) -> str:
    name = value.strip()
    if "//" in name or "/" in name:
        inner = urlsplit(name if "//" in name else f"//{name}").hostname or "127.0.0.1"
        raise ValueError(f"{shown(value)} is an address, not a host; did you mean {inner!r}?")
    if name in ("*", "all"):
        raise ValueError(
            f"{shown(value)} is not a host; did you mean '0.0.0.0' (every network of this machine)?"
        )
    bare = name.removeprefix("[").removesuffix("]")
    if _is_ip(bare):
        return bare
    if ":" in name:
        raise ValueError(
            f"{shown(value)} holds a port; set web.host to {name.split(':')[0]!r} and web.port apart"
        )
    if not _HOST_NAME.match(name.lower()):
        raise ValueError(f"{shown(value)} is not a host name; did you mean '127.0.0.1' or '0.0.0.0'?")
    return name.lower()


def public_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        host = urlsplit(f"//{value.strip().split('//')[-1]}").netloc or "wall.example.org"
        raise ValueError(f"{shown(value)} is not a URL; did you mean 'https://{host}'?")
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"{shown(value)} has a port that is not a number from 1 to 65535") from None
    host = parts.hostname
    if not (_is_ip(host) or _HOST_NAME.match(host)):
        raise ValueError(f"{shown(value)} does not name one host; write it as 'https://wall.example.org'")
    origin = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{shown(value)} must end after the host; did you mean {origin!r}?")
    return origin


def site(value: str) -> str:
    """An origin that may frame the wall, or "*" for every site."""
    return "*" if value.strip() == "*" else public_url(value)


def endpoint(value: str) -> str:
    """An address that we call: http or https, a host, and no user or password in it."""
    text = value.strip()
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError(f"{shown(value)} is not an address; write it like 'https://example.org/path'")
    if parts.username or parts.password:
        raise ValueError("it holds a password, which would be logged; use the key for the secret instead")
    return text


def email(value: str) -> str:
    text = value.strip()
    if not re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+|[^\s@<>,;]+@localhost", text):
        raise ValueError(f"{shown(value)} is not one e-mail address; write it like 'press@example.org'")
    return text


def cidr(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value.strip()))
    except ValueError:
        pass
    try:
        wider = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        raise ValueError(
            f"{shown(value)} is not a range of addresses; write it like '192.168.1.0/24'"
        ) from None
    raise ValueError(f"{shown(value)} has bits beyond its mask; did you mean '{wider}'?")


def redis_url(value: str) -> Secret:
    parts = urlsplit(reveal(value).strip())
    if parts.scheme == "unix" and parts.path.startswith("/"):
        return Secret(reveal(value).strip())
    if parts.scheme in ("redis", "rediss") and parts.hostname:
        return Secret(reveal(value).strip())
    raise ValueError("it is not the address of a store; write it like 'redis://127.0.0.1:6379/0'")


def day_range(value: tuple[date, ...]) -> tuple[date, ...]:
    if list(value) != sorted(value):
        raise ValueError("the last day stands before the first")
    return value


def hours(value: str) -> str:
    """Two times of the day as "09:00-18:00"; "" is the whole day. The second may lie after midnight."""
    text = re.sub(r"\s*[-–—]\s*", "-", value.strip())
    if not text:
        return ""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", text)
    if found is None:
        raise ValueError(f"{shown(value)} is not a span of the day; write it like '09:00-18:00'")
    from_h, from_m, to_h, to_m = map(int, found.groups())
    if (to_h, to_m) == (24, 0):
        to_h = 0
    if max(from_h, to_h) > 23 or max(from_m, to_m) > 59:
        raise ValueError(f"{shown(value)} holds a time that no clock shows; write it like '09:00-18:00'")
    if (from_h, from_m) == (to_h, to_m):
        raise ValueError(f"{shown(value)} begins when it ends; leave it empty for the whole day")
    return f"{from_h:02}:{from_m:02}-{to_h:02}:{to_m:02}"


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
