import asyncio
import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.crawler.fetch.network import PublicOnlyBackend, is_allowed, parse_networks
from brandlens.crawler.fetch.reasons import FetchError
from brandlens.errors import UserError


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "192.0.2.1",
        "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%1",
        "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1",
        "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address):
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"])
def test_public_addresses(address):
    assert is_allowed(ip_address(address))


def test_networks_may_be_allowed():
    allowed = parse_networks(["10.0.0.0/8", "::1", "192.168.1.7/24"])
    assert all(
        is_allowed(ip_address(address), allowed) for address in ("10.9.9.9", "::ffff:10.9.9.9", "::1", "192.168.1.1")
    )
    assert not any(is_allowed(ip_address(address), allowed) for address in ("127.0.0.1", "192.168.2.1"))
    assert parse_networks([]) == ()
    with pytest.raises(UserError, match=r"my\.host: not an address or network"):
        parse_networks(["my.host"])


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_address_is_treated_the_same(address):
    for embedded in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_allowed(ip_address(embedded)) == is_allowed(address)


def fake_resolver(monkeypatch, *answers):
    """Replace the system's resolver by one that gives these answers in turn; return the list of names looked up."""
    names = []

    def getaddrinfo(host, port, *_, **__):
        names.append(host)
        answer = answers[min(len(names), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return names


def connect(port, allowed, host="pictures.test"):
    """Return the address that a connection is made to; close it at once."""

    async def go():
        stream = await PublicOnlyBackend(allowed).connect_tcp(host, port, timeout=2)
        peer = stream.get_extra_info("server_addr")
        await stream.aclose()
        return peer

    return asyncio.run(go())


def test_the_address_checked_is_the_address_connected_to(monkeypatch, web, loopback):
    names = fake_resolver(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    assert connect(web.server_port, loopback) == ("127.0.0.1", web.server_port)
    assert names.count("pictures.test") == 1  # no second look-up, which could answer otherwise


def test_of_public_and_private_addresses_a_public_one_is_used(monkeypatch, web, loopback):
    fake_resolver(monkeypatch, ["10.0.0.1", "127.0.0.1"])
    assert connect(web.server_port, loopback) == ("127.0.0.1", web.server_port)


def test_the_next_address_is_tried_when_one_is_down(monkeypatch, web, loopback):
    fake_resolver(monkeypatch, ["127.9.9.9", "127.0.0.1"])
    assert connect(web.server_port, loopback)[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("answer", "reason", "detail"),
    [
        pytest.param(["10.0.0.1"], "address", "pictures.test is 10.0.0.1", id="private"),
        pytest.param(["127.0.0.1", "::1"], "address", "not a public address", id="loopback"),
        pytest.param(socket.gaierror(), "connection", "no such host: pictures.test", id="no such name"),
        pytest.param(UnicodeError(), "url", "not a valid host name", id="no name at all"),
    ],
)
def test_hosts_without_an_allowed_address(monkeypatch, web, answer, reason, detail):
    fake_resolver(monkeypatch, answer)
    with pytest.raises(FetchError, match=detail) as caught:
        connect(web.server_port, ())
    assert caught.value.reason == reason
