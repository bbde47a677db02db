"""A host is left in peace between two visits, and forgotten afterwards."""

import asyncio
from datetime import timedelta

from monitor.net.hosts import Hosts

HOUR = timedelta(hours=1).total_seconds()


async def visit(hosts: Hosts, host: str) -> None:
    async with hosts.turn(host):
        pass


async def test_a_host_rests_between_two_visits_while_others_are_visited() -> None:
    hosts = Hosts(HOUR)
    await visit(hosts, "herald.test")
    again = asyncio.create_task(visit(hosts, "herald.test"))
    await visit(hosts, "observer.test")
    await asyncio.wait([again], timeout=0.01)
    assert not again.done()
    again.cancel()
    await asyncio.wait([again])
    # Whoever gives up waiting does not wake it.
    once_more = asyncio.create_task(visit(hosts, "herald.test"))
    await asyncio.wait([once_more], timeout=0.01)
    assert not once_more.done()
    once_more.cancel()
    await asyncio.wait([once_more])


async def test_a_host_is_not_forgotten_while_it_rests() -> None:
    hosts = Hosts(HOUR)
    await visit(hosts, "herald.test")
    for number in range(100):
        await visit(hosts, f"{number}.test")
    again = asyncio.create_task(visit(hosts, "herald.test"))
    await visit(hosts, "observer.test")
    await asyncio.wait([again], timeout=0.01)
    assert not again.done()
    again.cancel()
    await asyncio.wait([again])


async def test_hosts_without_number_leave_no_trace() -> None:
    hosts = Hosts(0)
    for number in range(1_000):
        await visit(hosts, f"{number}.test")
    assert hosts.remembered == 0


async def test_a_host_that_has_rested_is_forgotten_at_the_next_visit_anywhere() -> None:
    # Shorter than any two calls are apart.
    hosts = Hosts(1e-9)
    for number in range(1_000):
        await visit(hosts, f"{number}.test")
    assert hosts.remembered <= 1
