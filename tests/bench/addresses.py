"""Prints what becomes of each spelling of an inner address: `python -m tests.bench.addresses`."""

import asyncio
import sys

from tests.net.tricks import DETOURS, HOSTS, trap


async def table() -> list[tuple[str, str]]:
    async with trap() as trapped:
        rows = [(f"http://{host}/", await trapped.verdict(trapped.inner(host))) for host in HOSTS]
        rows += [(f"302 to http://{host}/", await trapped.by_redirect(trapped.inner(host))) for host in HOSTS]
        rows += [(f"302 to {place}", await trapped.by_redirect(place)) for place in DETOURS]
        rows.append(("visits to the server inside", str(len(trapped.visits_inside))))
        return rows


if __name__ == "__main__":
    for spelling, verdict in asyncio.run(table()):
        sys.stdout.write(f"{spelling!r:52} {verdict}\n")
