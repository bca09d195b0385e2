import asyncio
import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.crawler.fetch.network import PublicOnlyBackend, networks, permitted
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
def test_what_is_not_of_the_open_internet(address):
    assert not permitted(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"])
def test_what_is(address):
    assert permitted(ip_address(address))


def test_networks_may_be_allowed():
    allowed = networks(["10.0.0.0/8", "::1", "192.168.1.7/24"])
    assert all(permitted(ip_address(each), allowed) for each in ("10.9.9.9", "::ffff:10.9.9.9", "::1", "192.168.1.1"))
    assert not any(permitted(ip_address(each), allowed) for each in ("11.0.0.1", "127.0.0.1", "192.168.2.1")[1:])
    assert networks([]) == ()
    with pytest.raises(UserError, match=r"my\.host: not an address or network"):
        networks(["my.host"])


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_in_ipv6_clothes(address):
    for clothes in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert permitted(ip_address(clothes)) == permitted(address)


def resolving(monkeypatch, *answers):
    """The system's look-up replaced by one that gives these answers in turn; the names asked for."""
    asked = []

    def looked_up(host, port, *_, **__):
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        if isinstance(found, Exception):
            raise found
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return asked


def connected(port, allowed, host="pictures.test"):
    """Where a connection goes, which is closed at once."""

    async def go():
        stream = await PublicOnlyBackend(allowed).connect_tcp(host, port, timeout=2)
        peer = stream.get_extra_info("server_addr")
        await stream.aclose()
        return peer

    return asyncio.run(go())


def test_the_address_checked_is_the_address_connected_to(monkeypatch, web, loopback):
    asked = resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    assert connected(web.server_port, loopback) == ("127.0.0.1", web.server_port)
    assert asked.count("pictures.test") == 1  # no second look-up that could answer otherwise


def test_a_name_of_good_and_bad_addresses_leads_to_the_good_ones(monkeypatch, web, loopback):
    resolving(monkeypatch, ["10.0.0.1", "127.0.0.1"])
    assert connected(web.server_port, loopback) == ("127.0.0.1", web.server_port)


def test_the_next_address_is_tried_where_one_is_down(monkeypatch, web, loopback):
    resolving(monkeypatch, ["127.9.9.9", "127.0.0.1"])
    assert connected(web.server_port, loopback)[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        pytest.param(["10.0.0.1"], "address", "pictures.test is 10.0.0.1", id="private"),
        pytest.param(["127.0.0.1", "::1"], "address", "not an address of the open internet", id="loopback"),
        pytest.param(socket.gaierror(), "connection", "no such host: pictures.test", id="no such name"),
        pytest.param(UnicodeError(), "url", "no name of a host", id="no name at all"),
    ],
)
def test_refusals(monkeypatch, web, answer, reason, words):
    resolving(monkeypatch, answer)
    with pytest.raises(FetchError, match=words) as caught:
        connected(web.server_port, ())
    assert caught.value.reason == reason
