"""Announcing: other machines see the server come, and see it go."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from homestream.devices import advertise

ANNOUNCEMENT = advertise.Announcement(
    name="The Müllers' music v1.0", port=4747, version="0.1.0", server_id="abc123"
)
LABEL = "The Müllers' music v1 0"


async def test_server_is_seen_to_come_and_to_say_goodbye() -> None:
    seen: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def changed(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        if name.startswith(LABEL):  # the house may have another server
            seen.put_nowait((state_change.name, name))

    async with AsyncZeroconf(interfaces=["127.0.0.1"]) as listener:
        browser = AsyncServiceBrowser(listener.zeroconf, list(advertise.TYPES), handlers=[changed])
        job = asyncio.create_task(advertise.announce("127.0.0.1", ANNOUNCEMENT))
        async with asyncio.timeout(20):
            added = {await seen.get() for _ in advertise.TYPES}
        assert added == {("Added", f"{LABEL}.{kind}") for kind in advertise.TYPES}

        info = AsyncServiceInfo(advertise.TYPES[0], f"{LABEL}.{advertise.TYPES[0]}")
        assert await info.async_request(listener.zeroconf, 5000)
        assert info.port == 4747
        assert info.parsed_addresses() == ["127.0.0.1"]
        assert info.decoded_properties == {
            "version": "0.1.0",
            "path": "/",
            "name": "The Müllers' music v1.0",
            "id": "abc123",
        }

        job.cancel()
        with suppress(asyncio.CancelledError):
            await job
        async with asyncio.timeout(20):
            removed = {await seen.get() for _ in advertise.TYPES}
        assert {state for state, _ in removed} == {"Removed"}
        await browser.async_cancel()


def test_named_host_is_reached_there_alone() -> None:
    assert advertise.addresses("127.0.0.1") == ("127.0.0.1",)
    assert advertise.addresses("localhost") == ("127.0.0.1",)
    assert all(not a.startswith("127.") for a in advertise.addresses("0.0.0.0"))
