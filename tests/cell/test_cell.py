import asyncio
import gzip
import json
import sys
from datetime import timedelta

import pytest

from monitor.cell import Cell
from monitor.core.values import NotAFeed, ParsedFeed
from tests.core.documents import URL, item, rss

_GOOD = rss(item("Bridge closed"))
# feedparser compares every category with all before it, in time that grows with the square of their number.
_ENDLESS = rss("<item>", *(f"<category>{number}</category>" for number in range(40_000)), "</item>")
_LEAVES_NO_CHILD = f"""
import asyncio, os
from monitor.cell import Cell

async def main():
    async with Cell(2) as cell:
        documents = [{_GOOD!r}] * 2
        print([type(await answer).__name__ for answer in [cell.parse(each, "", "") for each in documents]])
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        print("no child")

asyncio.run(main())
"""

_NURSERY_DIES = f"""
import asyncio, os, pathlib, signal
from monitor.cell import Cell

async def main():
    good = {_GOOD!r}
    async with Cell(1) as cell:
        print((await cell.parse(good)).entries[0].title)
        (nursery,) = pathlib.Path(f"/proc/self/task/{{os.getpid()}}/children").read_text().split()
        # Its child goes on reading; nobody is left to end it, so that it is given up.
        categories = b"".join(b"<category>%d</category>" % number for number in range(40_000))
        endless = asyncio.create_task(cell.parse(good.replace(b"</item>", categories + b"</item>")))
        await asyncio.sleep(0)
        os.kill(int(nursery), signal.SIGKILL)
        endless.cancel()
        await asyncio.wait([endless])
        print((await cell.parse(good)).entries[0].title)

asyncio.run(main())
"""


def _titles(answer: ParsedFeed | NotAFeed) -> list[str]:
    assert isinstance(answer, ParsedFeed), answer
    return [entry.title for entry in answer.entries]


async def test_a_child_reads_what_the_core_would_read() -> None:
    async with Cell(1) as cell:
        answer = await cell.parse(rss(item("Мост", "/1")).decode().encode("koi8-r"), URL, "text/xml; charset=koi8-r")
        assert isinstance(answer, ParsedFeed)
        assert [(entry.title, entry.link) for entry in answer.entries] == [("Мост", "https://news.example/1")]
        assert await cell.parse(b"", URL, "") == NotAFeed("the document is empty")


async def test_a_document_that_never_ends_costs_one_feed_its_turn() -> None:
    async with Cell(1, deadline=timedelta(seconds=1)) as cell:
        answer = await cell.parse(_ENDLESS, URL, "")
        assert answer == NotAFeed("took more than 1 s to read and was given up", killed=True)
        assert _titles(await cell.parse(_GOOD, URL, "")) == ["Bridge closed"]


async def test_a_caller_who_loses_patience_leaves_the_cell_in_order() -> None:
    async with Cell(1) as cell:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await cell.parse(_ENDLESS, URL, "")
        assert _titles(await cell.parse(_GOOD, URL, "")) == ["Bridge closed"]


async def test_good_feeds_are_read_while_others_keep_their_readers_busy() -> None:
    async with Cell(2, deadline=timedelta(minutes=5)) as cell:
        busy = [asyncio.create_task(cell.parse(_ENDLESS, URL, "")) for _ in range(2)]
        assert _titles(await cell.parse(_GOOD, URL, "")) == ["Bridge closed"]
        assert not any(task.done() for task in busy)
        for task in busy:
            task.cancel()
        await asyncio.wait(busy)
        assert _titles(await cell.parse(_GOOD, URL, "")) == ["Bridge closed"]


async def test_a_child_that_dies_of_its_limits_is_replaced() -> None:
    async with Cell(1, deadline=timedelta(minutes=5)) as cell:
        answer = await cell.parse(_ENDLESS, URL, "")
        assert answer == NotAFeed("broke its reader (out of time or memory)", killed=True)
        assert _titles(await cell.parse(_GOOD, URL, "")) == ["Bridge closed"]


async def test_what_a_child_has_read_before_does_not_count_against_a_document() -> None:
    # Half a second each: two or three would be within the limit, all of them are far beyond it.
    heavy = rss("<item>", *(f"<category>{number}</category>" for number in range(3_500)), "</item>")
    async with Cell(1) as cell:
        for _ in range(8):
            assert isinstance(await cell.parse(heavy, URL, ""), ParsedFeed)


async def test_when_the_nursery_is_killed_another_one_raises_the_children() -> None:
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", _NURSERY_DIES, stdout=asyncio.subprocess.PIPE)
    said, _ = await program.communicate()
    assert said.decode() == "Bridge closed\nBridge closed\n"


async def test_documents_that_wait_for_a_free_child_are_all_read_and_not_mixed_up() -> None:
    documents = [json.dumps({"items": [{"title": f"Story {number}"}]}).encode() for number in range(12)]
    async with Cell(2) as cell:
        answers = await asyncio.gather(*(cell.parse(document, URL, "") for document in documents))
    assert [_titles(answer) for answer in answers] == [[f"Story {number}"] for number in range(12)]


async def test_a_closed_cell_leaves_no_child_behind() -> None:
    # In a process of its own, because a child of some other test would be counted too.
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LEAVES_NO_CHILD, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await program.communicate()
    assert said.decode().split("\n") == ["['ParsedFeed', 'ParsedFeed']", "no child", ""]


async def test_a_document_that_wants_too_much_memory_kills_its_child_and_the_next_one_is_read() -> None:
    # Twenty kilobytes that unfold to fifteen megabytes.
    bomb = gzip.compress(rss(item("x" * 15_000_000)))
    async with Cell(1, deadline=timedelta(minutes=5)) as cell:
        answer = await cell.parse(bomb, URL, "")
        assert answer == NotAFeed("broke its reader (out of time or memory)", killed=True)
        assert _titles(await cell.parse(_GOOD, URL, "")) == ["Bridge closed"]


async def test_an_answer_of_many_entries_arrives_whole_and_in_order() -> None:
    counts = (0, 1, 64, 65, 700)
    async with Cell(1) as cell:
        answers = [await cell.parse(rss(*(item(f"Story {n}", f"/{n}") for n in range(count)))) for count in counts]
    assert [_titles(answer) for answer in answers] == [[f"Story {n}" for n in range(count)] for count in counts]


async def test_large_documents_are_read_one_after_the_other_by_children_that_may_grow() -> None:
    long = f"<description>{'strike ' * 600}</description>"
    large = rss(*(item(f"Story {n}", f"/{n}", long) for n in range(700)))
    assert len(large) > 2_500_000
    async with Cell(1) as cell:
        answers = [await cell.parse(large) for _ in range(2)]
    assert [len(_titles(answer)) for answer in answers] == [700, 700]
