"""A feed that moved is followed, and told apart from one that is only elsewhere today; its secrets stay at home."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from yarl import URL

from monitor.net.answers import NO_ANSWER
from monitor.net.fetch import MOST_REDIRECTS, Access, Answer, Fetched, FetchFailed, Hop, Trouble
from monitor.net.trips import Trip
from tests.net import loopback
from tests.net.loopback import answer, publishing
from tests.net.visiting import FEED, fetcher, request

SECRET = Access(allow_private=True, headers=(("Authorization", "Basic c2VjcmV0"), ("Cookie", "session=7")))


async def answered(*statuses: str, end: bytes = answer(body=FEED)) -> tuple[Answer, str]:
    """The answer after these redirects, and the address they began at."""
    pages: dict[str, loopback.Answer] = {
        f"/{n}": answer(status, location=f"/{n + 1}") for n, status in enumerate(statuses)
    }
    async with publishing({**pages, f"/{len(statuses)}": end}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url("/0"), '"v7"'))
    return result.answer, publisher.url("/")


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ([], ""),
        (["301"], "1"),
        (["308"], "1"),
        (["301", "308"], "2"),
        (["302"], ""),
        (["303", "301"], ""),
        (["301", "307"], "1"),
        (["301", "302", "301"], "1"),
    ],
)
async def test_an_operator_learns_where_a_feed_moved_for_good(statuses: list[str], moved: str) -> None:
    said, start = await answered(*(f"{status} Elsewhere" for status in statuses))
    assert said.moved_to == (start + moved if moved else "")
    assert said.hops == tuple(Hop(int(status), f"{start}{n + 1}") for n, status in enumerate(statuses))
    assert (said.status, said.url) == (200, f"{start}{len(statuses)}")


async def test_a_moved_feed_may_be_unchanged_or_gone_at_its_new_place() -> None:
    said, start = await answered("301 Moved", end=answer("304 Not Modified"))
    assert (said.status, said.moved_to) == (304, start + "1")
    said, start = await answered("301 Moved", end=answer("410 Gone"))
    assert (said.status, said.moved_to, len(said.hops)) == (410, start + "1", 1)


async def test_a_feed_is_followed_so_far_and_no_further() -> None:
    said, _ = await answered(*["302 Found"] * MOST_REDIRECTS)
    assert (said.status, len(said.hops)) == (200, MOST_REDIRECTS)
    said, _ = await answered(*["302 Found"] * (MOST_REDIRECTS + 1))
    assert (said.status, len(said.hops)) == (302, MOST_REDIRECTS)


async def test_a_redirect_without_a_place_is_an_answer_like_any_other() -> None:
    async with publishing({"/feed": answer("302 Found")}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason) == (Trouble.HTTP, "302 Found")


async def test_losing_its_encryption_is_no_move_for_good(tmp_path: Path) -> None:
    certificate = loopback.self_signed(tmp_path)
    async with (
        publishing({"/feed": answer(body=FEED)}) as plain,
        publishing({"/feed": answer("301 Moved", location=plain.url())}, loopback.served_with(certificate)) as secure,
        fetcher(tls=loopback.trusting(certificate)) as web,
    ):
        down = await web.fetch(request(secure.url()))
        plain.answers["/up"] = answer("301 Moved", location=secure.url())
        secure.answers["/feed"] = answer(body=FEED)
        up = await web.fetch(request(plain.url("/up")))
    assert isinstance(down, Fetched)
    assert (down.url, down.answer.moved_to) == (plain.url(), "")
    assert isinstance(up, Fetched)
    assert up.answer.moved_to == secure.url()


async def test_a_feeds_secrets_are_told_to_nobody_else() -> None:
    async with publishing({"/feed": answer(body=FEED)}) as other, publishing({}) as own, fetcher() as web:
        own.answers |= {
            "/feed": answer("302 Found", location="/here"),
            "/here": answer("302 Found", location=other.url("/there")),
        }
        other.answers["/there"] = answer("302 Found", location=own.url("/back"))
        own.answers["/back"] = answer(body=FEED)
        assert isinstance(await web.fetch(request(own.url(), access=SECRET)), Fetched)
    assert [heard.path for heard in own.heard] == ["/feed", "/here", "/back"]
    assert all(heard.headers["authorization"] == "basic c2vjcmv0" for heard in own.heard)
    assert all(heard.headers["cookie"] == "session=7" for heard in own.heard)
    (elsewhere,) = other.heard
    assert not {"authorization", "cookie"} & elsewhere.headers.keys()


async def test_a_feed_that_is_asked_where_it_moved_to_keeps_its_secrets_to_itself() -> None:
    async with publishing({"/feed": answer(body=FEED)}) as other, fetcher() as web:
        access = replace(SECRET, home="http://herald.test/feed")
        assert isinstance(await web.fetch(request(other.url(), access=access)), Fetched)
    assert not {"authorization", "cookie"} & other.heard[0].headers.keys()


@pytest.mark.parametrize(
    ("home", "led_to", "told"),
    [
        ("http://herald.test/feed", "https://herald.test/feed", True),
        ("http://herald.test/feed", "https://www.herald.test/feed", False),
        ("http://herald.test:8080/feed", "https://herald.test/feed", False),
        ("https://herald.test/feed", "http://herald.test/feed", False),
    ],
)
def test_a_server_that_now_insists_on_encryption_still_hears_the_secrets(home: str, led_to: str, told: bool) -> None:
    trip = Trip(URL(home), SECRET, left=30)
    trip.follow(301, led_to, NO_ANSWER)
    assert ("Cookie" in trip.headers) == told


async def test_a_name_and_password_in_an_address_are_sent_there_and_shown_nowhere() -> None:
    async with publishing({"/feed": answer(body=FEED)}) as other, publishing({}) as own, fetcher() as web:
        own.answers["/feed"] = answer("301 Moved", location=other.url())
        result = await web.fetch(request(own.url().replace("//", "//anna:se%20cret@")))
    assert isinstance(result, Fetched)
    # "anna:se cret", as the standard wants it.
    assert own.heard[0].headers["authorization"] == "basic yw5uytpzzsbjcmv0"
    assert "authorization" not in other.heard[0].headers
    assert "cret" not in str(result)
    assert result.answer.moved_to == ""


async def test_a_visit_says_at_which_host_it_ended() -> None:
    async with publishing({"/feed": answer(body=FEED)}) as other, publishing({}) as own, fetcher() as web:
        own.answers["/feed"] = answer("302 Found", location=other.url())
        result = await web.fetch(request(own.url()))
    assert isinstance(result, Fetched)
    assert result.answer.host == URL(other.url()).authority


async def test_a_host_that_many_feeds_lead_to_is_visited_by_one_at_a_time() -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await release.wait()
        writer.write(answer(body=FEED))

    pages: dict[str, loopback.Answer] = {"/slow": slowly, "/feed": answer(body=FEED)}
    async with publishing(pages) as crowded, publishing({"/c": answer(body=FEED)}) as one, fetcher() as web:
        one.answers["/a"] = answer("302 Found", location=crowded.url("/slow"))
        one.answers["/b"] = answer("302 Found", location=crowded.url("/feed"))
        visits = [asyncio.create_task(web.fetch(request(one.url(path)))) for path in ("/a", "/b", "/c")]
        await arrived.wait()
        # Behind the second visit at the first host: when it is over, the second one stands before the other host.
        assert isinstance(await visits[2], Fetched)
        assert [heard.path for heard in crowded.heard] == ["/slow"]
        release.set()
        assert all([isinstance(await visit, Fetched) for visit in visits])
        assert [heard.path for heard in crowded.heard] == ["/slow", "/feed"]
