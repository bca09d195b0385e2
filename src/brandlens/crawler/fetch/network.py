"""Which network addresses may be talked to, and connections that reach no other.

A name is looked up once, and the address that was checked is the one connected to: a name that resolves to something
else the next time (DNS rebinding) gains nothing by it.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore

from brandlens.crawler.fetch.reasons import FetchError
from brandlens.errors import UserError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")  # IPv4 addresses as networks of IPv6 alone see them


def networks(words: Iterable[str]) -> tuple[Network, ...]:
    """Networks from such words as 10.0.0.0/8 or ::1. Raises UserError for a word that is neither."""
    found = []
    for word in words:
        try:
            found.append(ip_network(word, strict=False))
        except ValueError:
            raise UserError(f"{word}: not an address or network; write such as 10.0.0.0/8 or 127.0.0.1") from None
    return tuple(found)


def permitted(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether it may be talked to: an address of the open internet, or in a network that is allowed."""
    inner = _carried(address)
    if any(each in network for each in (address, inner) for network in allowed):
        return True
    odd = inner.is_multicast or inner.is_reserved or inner.is_unspecified or getattr(inner, "is_site_local", False)
    return inner.is_global and not odd


def _carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does; else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or address.sixtofour:
            return address.ipv4_mapped or address.sixtofour or address
        if address.teredo:
            return address.teredo[1]
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class PublicOnlyBackend(httpcore.AsyncNetworkBackend):
    """Connects to permitted addresses only, whatever a name resolves to and wherever a redirect leads."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self.allowed = allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for address in await self._addresses(host, port):
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:  # a host may be down on one of several
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def _addresses(self, host: str, port: int) -> list[Address]:
        """Those of the host that may be talked to, each once. Raises Refused when it has others only."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror:
            raise FetchError("connection", f"no such host: {host}") from None
        except UnicodeError:
            raise FetchError("url", f"no name of a host: {host}") from None
        addresses = list(dict.fromkeys(ip_address(place[0]) for *_, place in found))
        good = [address for address in addresses if permitted(address, self.allowed)]
        if addresses and not good:
            where = "" if host == str(addresses[0]) else f"{host} is "
            raise FetchError("address", f"{where}{addresses[0]}, not an address of the open internet")
        return good

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
