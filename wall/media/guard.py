"""Which addresses may be fetched from. Pure: text in, a sentence out, None when all is well.

`check_url` judges how an address is spelled, `refusal` the address that is really dialled, after every name
has been resolved. The second is the guard; the first refuses what no honest post contains, before any look-up.

The list goes beyond `ipaddress`, whose `is_global` says yes to NAT64 and 6to4 forms of private addresses, to
multicast and to the address of a cloud's own services.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from yarl import URL

Network = IPv4Network | IPv6Network

PORTS = frozenset({80, 443})
URL_MAX = 8192

NOT_PUBLIC = "the address is not a public one"
ODD_PORT = "the port is neither 80 nor 443"
NOT_AN_ADDRESS = "it is not a web address"
WITH_LOGIN = "the address holds a name or password"
ODD_HOST = "the address does not name its host plainly"

_DENIED: tuple[Network, ...] = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # services of a cloud's host
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4-compatible
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, ORCHID and other assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)

_START = re.compile(r"https?://(?P<authority>[^/?#]+)", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029\ud800-\udfff]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(?:\.{_LABEL})*\.?\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")


def networks(blocks: Iterable[str]) -> tuple[Network, ...]:
    """Ranges like "192.168.1.0/24". Raises `ValueError`."""
    return tuple(ip_network(block) for block in blocks)


def refusal(
    address: str, port: int, *, allow: tuple[Network, ...] = (), any_port: bool = False
) -> str | None:
    """Why this address (a literal, as handed to `connect`) must not be dialled.

    `allow` are ranges the organiser has opened, at every port. `any_port` lifts the rule for ports.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return NOT_AN_ADDRESS
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if any(ip in network for network in allow):
        return None
    if not _is_public(ip):
        return NOT_PUBLIC
    if port not in PORTS and not any_port:
        return ODD_PORT
    return None


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if any(ip in network for network in _DENIED):
        return False
    return ip.is_global and not (
        ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    )


def check_url(url: str) -> str | None:
    """Why this address must not even be looked up: scheme, length, stray signs, login, port, form of the host."""
    start = _START.match(url)
    if start is None or len(url) > URL_MAX or _UNPRINTABLE.search(url):
        return NOT_AN_ADDRESS
    authority = start["authority"]
    if "@" in authority:
        return WITH_LOGIN
    try:
        parsed = URL(url)
        host = parsed.raw_host or ""
    except ValueError:
        return NOT_AN_ADDRESS
    if parsed.port in (0, None):
        return NOT_AN_ADDRESS
    if "[" in authority or ":" in host:
        return None if "[" in authority and _is_address(host, IPv6Address) else ODD_HOST
    if not _NAME.match(host):
        return ODD_HOST
    if _NUMBER.match(host.rstrip(".").rpartition(".")[2]) and not _is_address(host, IPv4Address):
        return ODD_HOST  # 127.1, 0x7f000001 and the like: a resolver would make an address of them
    return None


def _is_address(host: str, kind: type[IPv4Address] | type[IPv6Address]) -> bool:
    """In its one plain spelling: no zone, no leading zeros."""
    try:
        kind(host)
    except AddressValueError:
        return False
    return "%" not in host
