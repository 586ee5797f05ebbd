"""Announcing the server on the home's network by mDNS (RFC 6762, RFC 6763).

Two services on one instance name: `_homestream._tcp` for our own clients and `_http._tcp` for
browsers. TXT holds version, path and name. The network may come later than the server, go, or
give a new address: the job looks at the machine's addresses now and then and announces anew.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from ipaddress import ip_address
from typing import Final

import ifaddr
import msgspec
from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion, NonUniqueNameException
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

logger = logging.getLogger(__name__)

TYPES: Final = ("_homestream._tcp.local.", "_http._tcp.local.")
LOOK_SECONDS: Final = 10.0
TTL_SECONDS: Final = 120


class Announcement(msgspec.Struct, frozen=True):
    """What is told. `name` is the instance's name, at most 63 bytes are used of it."""

    name: str
    port: int
    version: str
    server_id: str
    path: str = "/"


def addresses(host: str) -> tuple[str, ...]:
    """The addresses at which a server that listens on `host` is reached, best first.

    For 0.0.0.0 and :: those are the machine's own, without loopback, link-local and IPv6
    temporary ones; a host that names one address is that address alone.
    """
    if host == "localhost":
        return ("127.0.0.1",)
    wanted = ip_address(host)
    if not wanted.is_unspecified:
        return (host,)
    found = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            address = ip_address(text.split("%")[0])
            if address.is_loopback or address.is_link_local:
                continue
            if address.version == 6 and wanted.version == 4:
                continue
            found.append(address)
    return tuple(str(address) for address in sorted(found, key=lambda a: (a.version, int(a))))


async def announce(host: str, announcement: Announcement) -> None:
    """Announces until cancelled, through networks that come and go; says goodbye at the end."""
    while True:
        at = addresses(host)
        if at:
            try:
                await _while_at(host, at, announcement)
            except (OSError, ZeroconfError) as error:
                logger.warning("network does not take mDNS", extra={"reason": str(error)})
        await asyncio.sleep(LOOK_SECONDS)


async def _while_at(host: str, at: tuple[str, ...], announcement: Announcement) -> None:
    """Announces at these addresses until they change."""
    versions = {ip_address(address).version for address in at}
    zeroconf = AsyncZeroconf(
        interfaces=list(at),
        ip_version=IPVersion.All
        if versions == {4, 6}
        else IPVersion.V6Only
        if versions == {6}
        else IPVersion.V4Only,
    )
    try:
        services = [_service(kind, at, announcement) for kind in TYPES]
        for service in services:
            await _register(zeroconf, service)
        logger.info("announced", extra={"service": announcement.name, "at": ",".join(at)})
        while addresses(host) == at:  # noqa: ASYNC110 - the kernel tells nobody here
            await asyncio.sleep(LOOK_SECONDS)
        logger.info("addresses changed", extra={"from": ",".join(at)})
    finally:
        await asyncio.shield(_goodbye(zeroconf))


async def _register(zeroconf: AsyncZeroconf, service: AsyncServiceInfo) -> None:
    # both calls answer with a second awaitable: without it nothing is known to be sent
    try:
        sending = await zeroconf.async_register_service(service, ttl=TTL_SECONDS)
    except NonUniqueNameException:
        sending = await zeroconf.async_register_service(
            service, ttl=TTL_SECONDS, allow_name_change=True
        )
    await sending


async def _goodbye(zeroconf: AsyncZeroconf) -> None:
    try:
        await zeroconf.async_unregister_all_services()
    finally:
        await zeroconf.async_close()


def _service(kind: str, at: tuple[str, ...], announcement: Announcement) -> AsyncServiceInfo:
    label = announcement.name.replace(".", " ").encode()[:63].decode(errors="ignore").strip()
    host = "".join(c if c.isalnum() else "-" for c in socket.gethostname().split(".")[0])
    return AsyncServiceInfo(
        kind,
        f"{label}.{kind}",
        port=announcement.port,
        properties={
            "version": announcement.version,
            "path": announcement.path,
            "name": announcement.name,
            "id": announcement.server_id,
        },
        server=f"{host}-homestream.local.",
        parsed_addresses=list(at),
    )
