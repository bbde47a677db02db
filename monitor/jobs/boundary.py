"""The one place where a mistake of ours is caught: it costs the job this run, never the service."""

from collections.abc import Awaitable, Callable

# Called with a job's name after each piece of its work, so that long work is told from a hang.
Progressed = Callable[[str], None]
Crashed = Callable[[str, Exception], Awaitable[None]]


async def guarded(job: str, work: Awaitable[object], crashed: Crashed) -> bool:
    """Whether the work went through; if not, `crashed` has been told."""
    try:
        await work
    except Exception as error:  # noqa: BLE001  (the boundary the design allows)
        await crashed(job, error)
        return False
    return True
