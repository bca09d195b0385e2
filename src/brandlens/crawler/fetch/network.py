"""Connections to public network addresses only.

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


def parse_networks(words: Iterable[str]) -> tuple[Network, ...]:
    """Parse words like 10.0.0.0/8 or ::1. Raises UserError for a word that is neither address nor network."""
    networks = []
    for word in words:
        try:
            networks.append(ip_network(word, strict=False))
        except ValueError:
            raise UserError(f"{word}: not an address or network; write it like 10.0.0.0/8 or 127.0.0.1") from None
    return tuple(networks)


def is_allowed(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Return whether an address may be connected to: it is public, or in one of the allowed networks."""
    inner = _embedded_ipv4(address)
    if any(candidate in network for candidate in (address, inner) for network in allowed):
        return True
    site_local = getattr(inner, "is_site_local", False)
    special = inner.is_multicast or inner.is_reserved or inner.is_unspecified or site_local
    return inner.is_global and not special


def _embedded_ipv4(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, where it does; else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or address.sixtofour:
            return address.ipv4_mapped or address.sixtofour or address
        if address.teredo:
            return address.teredo[1]
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class PublicOnlyBackend(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses only, whatever a name resolves to and wherever a redirect leads."""

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
        for address in await self._resolve(host, port):
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:  # a host may be down on one of several
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def _resolve(self, host: str, port: int) -> list[Address]:
        """Return the allowed addresses of a host, each once. Raises FetchError when it has none."""
        try:
            infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror:
            raise FetchError("connection", f"no such host: {host}") from None
        except UnicodeError:
            raise FetchError("url", f"not a valid host name: {host}") from None
        addresses = list(dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in infos))
        allowed = [address for address in addresses if is_allowed(address, self.allowed)]
        if addresses and not allowed:
            prefix = "" if host == str(addresses[0]) else f"{host} is "
            raise FetchError("address", f"{prefix}{addresses[0]}, not a public address")
        return allowed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
