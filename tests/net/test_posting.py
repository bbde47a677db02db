"""A hub is asked to tell us of news, under the same rules as a feed."""

from monitor.net.fetch import FetchFailed, Posted, Trouble
from tests.net import loopback
from tests.net.loopback import answer, publishing
from tests.net.visiting import AT_HOME, fetcher

ASKED = {"hub.mode": "subscribe", "hub.topic": "http://herald.test/feed?a=1&b=ü"}
FORM = "hub.mode=subscribe&hub.topic=http%3A%2F%2Fherald.test%2Ffeed%3Fa%3D1%26b%3D%C3%BC"


async def posted(pages: dict[str, loopback.Answer]) -> tuple[Posted | FetchFailed, list[loopback.Heard]]:
    async with publishing(pages) as hub, fetcher() as web:
        return await web.post(hub.url("/hub"), ASKED, AT_HOME), hub.heard


async def test_a_hub_hears_the_form_and_its_answer_is_told() -> None:
    result, (heard,) = await posted({"/hub": answer("202 Accepted")})
    assert result == Posted(202, "Accepted")
    assert (heard.method, heard.body) == ("POST", FORM)
    assert heard.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_a_hub_that_refuses_says_why_in_one_line() -> None:
    result, _ = await posted({"/hub": answer("400 Bad Request", b"hub.topic:\r\n unknown\x00")})
    assert result == Posted(400, "hub.topic: unknown")


async def test_a_hub_that_talks_without_end_is_known_by_its_status() -> None:
    result, _ = await posted({"/hub": answer("500 Oops", b"x" * 200_000)})
    assert result == Posted(500, "Oops")


async def test_a_hub_that_moved_is_followed_only_where_the_form_goes_along() -> None:
    pages = {"/hub": answer("307 Elsewhere", location="/new"), "/new": answer("202 Accepted")}
    result, heard = await posted({**pages})
    assert result == Posted(202, "Accepted")
    assert [(each.path, each.body) for each in heard] == [("/hub", FORM), ("/new", FORM)]
    result, heard = await posted({"/hub": answer("302 Found", location="/new")})
    assert result == Posted(302, "Found")
    assert len(heard) == 1


async def test_a_hub_inside_ones_own_network_is_not_asked() -> None:
    async with publishing({"/hub": answer("202 Accepted")}) as hub, fetcher() as web:
        result = await web.post(hub.url("/hub"), ASKED)
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.ADDRESS
    assert hub.heard == []
