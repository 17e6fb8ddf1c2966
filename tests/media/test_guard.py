"""Which addresses may be dialled, and which spellings may be looked up."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from wall.media.guard import (
    NOT_AN_ADDRESS,
    NOT_PUBLIC,
    ODD_HOST,
    ODD_PORT,
    WITH_LOGIN,
    check_url,
    networks,
    refusal,
)

INNER = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/96", "::ffff:0:0:0/96",
    "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    "4000::/3", "5f00::/16", "fc00::/7", "fd00:ec2::/32", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip

# Those that `ipaddress` of Python 3.11 takes for public ones.
TREACHEROUS = (
    "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "fec0::1", "224.0.0.1", "192.88.99.1", "168.63.129.16",
)  # fmt: skip

PUBLIC = (
    "1.1.1.1",
    "93.184.216.34",
    "172.15.0.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "2a00::1",
    "2001:200::1",
)


@pytest.mark.parametrize("block", INNER)
def test_inner_networks_are_refused_from_the_first_address_to_the_last(block: str) -> None:
    network = ip_network(block)
    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert refusal(str(address), 443) == NOT_PUBLIC
        assert refusal(str(address), 443, any_port=True) == NOT_PUBLIC
        if address.version == 4:
            assert refusal(f"::ffff:{address}", 443) == NOT_PUBLIC


@pytest.mark.parametrize("address", TREACHEROUS)
def test_the_library_s_own_judgement_is_not_enough(address: str) -> None:
    assert refusal(address, 80) == NOT_PUBLIC


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_dialled_at_the_ports_of_the_web(address: str) -> None:
    assert refusal(address, 80) is None
    assert refusal(address, 443) is None
    assert refusal(address, 6379) == ODD_PORT
    assert refusal(address, 6379, any_port=True) is None
    if ip_address(address).version == 4:
        assert refusal(f"::ffff:{address}", 443) is None


def test_the_organiser_may_open_a_range_with_all_its_ports() -> None:
    allow = networks(["127.0.0.1/32", "fd00::/8"])
    assert refusal("127.0.0.1", 8123, allow=allow) is None
    assert refusal("::ffff:127.0.0.1", 8123, allow=allow) is None
    assert refusal("fd12::1", 80, allow=allow) is None
    assert refusal("127.0.0.2", 80, allow=allow) == NOT_PUBLIC
    assert refusal("::1", 80, allow=allow) == NOT_PUBLIC
    assert refusal("1.1.1.1", 22, allow=allow) == ODD_PORT


def test_a_zone_does_not_hide_an_address() -> None:
    assert refusal("::1%lo", 80) == NOT_PUBLIC
    assert refusal("fe80::1%eth0", 80) == NOT_PUBLIC


@pytest.mark.parametrize("word", ["", "localhost", "127.1", "0x7f000001", "1.1.1.1 ", "1.1.1.1:80"])
def test_what_is_no_literal_is_refused(word: str) -> None:
    assert refusal(word, 80) == NOT_AN_ADDRESS


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.jpg",
        "HTTP://EXAMPLE.ORG",
        "https://example.org:8443/a?b=@c#d@e",
        "https://münchen.example/ü ü.jpg",
        "https://my_files.example.org./a",
        "https://1.1.1.1/a",
        "https://[2606:4700::1111]/a",
        "https://4chan.example/1.2",
        "http://localhost/",  # judged when it is dialled
        "https://127。0。0。1/",  # as above: it is 127.0.0.1 by then
    ],
)
def test_honest_spellings_are_looked_up(url: str) -> None:
    assert check_url(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", NOT_AN_ADDRESS),
        ("example.org/a", NOT_AN_ADDRESS),
        ("//example.org/a", NOT_AN_ADDRESS),
        ("http:/example.org/a", NOT_AN_ADDRESS),
        ("http:///a", NOT_AN_ADDRESS),
        ("ws://example.org/", NOT_AN_ADDRESS),
        (" http://example.org/", NOT_AN_ADDRESS),
        ("http://example.org/\r\nHost: x", NOT_AN_ADDRESS),
        ("http://example.org\t/", NOT_AN_ADDRESS),
        ("http://example.org\\@example.com/", NOT_AN_ADDRESS),
        ("http://example.org/\ud800", NOT_AN_ADDRESS),
        ("http://example.org:0/", NOT_AN_ADDRESS),
        ("http://example.org:99999/", NOT_AN_ADDRESS),
        ("http://example.org/" + "a" * 9000, NOT_AN_ADDRESS),
        ("http://user:pass@example.org/", WITH_LOGIN),
        ("http://@example.org/", WITH_LOGIN),
        ("http://127.1/", ODD_HOST),
        ("http://2130706433/", ODD_HOST),
        ("http://0x7f000001/", ODD_HOST),
        ("http://0x7f.1/", ODD_HOST),
        ("http://0177.0.0.1/", ODD_HOST),
        ("http://1.1.1.1./", ODD_HOST),
        ("http://1.1.1.1.1/", ODD_HOST),
        ("http://example.0/", ODD_HOST),
        ("http://exa mple.org/", ODD_HOST),
        ("http://example..org/", ODD_HOST),
        ("http://ex%2eample.org/", ODD_HOST),
        ("http://-example.org/", ODD_HOST),
        (f"http://{'a' * 64}.org/", ODD_HOST),
        ("http://[::1%25lo]/", ODD_HOST),
        ("http://[v1.x]/", ODD_HOST),
        ("http://[1.1.1.1]/", NOT_AN_ADDRESS),
    ],
)
def test_odd_spellings_are_not_even_looked_up(url: str, reason: str) -> None:
    assert check_url(url) == reason
