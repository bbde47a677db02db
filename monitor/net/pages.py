"""Ask our own pages, as somebody outside would."""

from dataclasses import dataclass

import aiohttp

from monitor.core.text import legible

_REASON_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Answered:
    """`status` is 0 where nobody answered: then `trouble` says why. `moved_to` is where a redirect leads."""

    status: int = 0
    moved_to: str = ""
    trouble: str = ""


async def ask(url: str, form: bytes | None = None, seconds: float = 10.0) -> Answered:
    """GET, or POST of a `form`; no redirect is followed."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    limit = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(
                "GET" if form is None else "POST", url, data=form, headers=headers, allow_redirects=False
            ) as answer,
        ):
            return Answered(answer.status, answer.headers.get("Location", ""))
    except TimeoutError:
        return Answered(trouble=f"no answer within {seconds:g} s")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Answered(trouble=legible(f"{error}")[:_REASON_LIMIT] or type(error).__name__)
