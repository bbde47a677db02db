"""What an operator learns about feeds: `feeds list`, `feeds test`, `feeds discover`."""

import asyncio
import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlmodel import Session, select
from werkzeug import Request, Response

from monitor.app import open_database, utc_now
from monitor.models import Feed, Push, PushState
from monitor.settings import load
from tests.doors.operator import Operator

NOW = utc_now()
SETTINGS = 'state = "state"\n[poll]\nhost_pause = "0s"\ntimeout = "2s"\n'


def item(number: int, hours: float) -> str:
    date = format_datetime(utc_now() - timedelta(hours=hours))
    return f"<item><title>Report {number}</title><guid>{number}</guid><pubDate>{date}</pubDate></item>"


def rss(*items: str, channel: str = "") -> str:
    return f'<rss version="2.0"><channel><title>Wire</title>{channel}{"".join(items)}</channel></rss>'


def page(body: str = "", head: str = "") -> str:
    return f"<!doctype html><html><head><title>News</title>{head}</head><body>{body}</body></html>"


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    operator = Operator(tmp_path)
    operator.writes("monitor.toml", SETTINGS)
    operator.writes("rules.toml", '[rules.coup]\nmatch = "coup"\n')
    operator.writes("feeds.toml", "")
    return operator


def configured(operator: Operator, *feeds: tuple[str, str], more: str = "") -> None:
    tables = (f'[[feed]]\nname = "{name}"\nurl = "{url}"\nallow_private = true\n{more}' for name, url in feeds)
    operator.writes("feeds.toml", "".join(tables))


def stored(operator: Operator, change: Callable[[Session], None]) -> None:
    db = open_database(load(operator.folder / "monitor.toml").database)
    try:
        asyncio.run(db.write(change))
    finally:
        db.close()


def on_a_terminal(columns: int, folder: Path, *words: str) -> list[str]:
    """What a command says to somebody whose window is so wide."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "monitor", "--config", str(folder), *words]
    subprocess.run(command, stdout=theirs, check=True, env={**os.environ, "COLUMNS": "", "NO_COLOR": "1"})
    os.close(theirs)
    said = b""
    with suppress(OSError):  # on Linux a terminal that nobody writes to any more ends so
        while piece := os.read(ours, 65_536):
            said += piece
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).splitlines()


def in_state(**states: dict[str, Any]) -> Callable[[Session], None]:
    def change(session: Session) -> None:
        for feed in session.exec(select(Feed)).all():
            for key, value in states.get(feed.name, {}).items():
                setattr(feed, key, value)
            session.add(feed)

    return change


def test_every_state_a_feed_may_be_in_is_one_word_and_one_sentence(operator: Operator, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(rss(item(1, 1)), content_type="text/xml")
    names = ("good", "failing", "silent", "gone", "quarantined", "moved", "damaged", "pushed", "unheard", "new")
    configured(operator, *((name, httpserver.url_for(f"/a?{name}")) for name in names))
    operator.types("poll")
    ago = NOW - timedelta(hours=30)
    busy: dict[str, Any] = {"began": ago.timestamp() - 9e6, "at": ago.timestamp(), "recent": 200.0}
    busy |= {"hours": [40.0] * 24, "weekdays": [137.0] * 7, "minutes": [16.0] * 60}
    change = in_state(
        failing={"failures": 12, "failing_since": ago, "trouble_kind": "http", "trouble": "503 Service Unavailable"},
        silent={"rhythm": busy, "last_new_at": NOW - timedelta(days=5), "last_good_at": NOW},
        gone={"gone_at": ago, "trouble": "410 Gone"},
        quarantined={"failures": 2, "deaths": 2, "failing_since": ago},
        moved={"address": "https://me:secret@new.test/rss"},
        damaged={"trouble_kind": "damaged", "trouble": "no element found: line 3"},
        new={"last_good_at": None, "last_new_at": None, "polls": 0, "rhythm": {}},
    )

    def promise(session: Session) -> None:
        change(session)
        for feed in session.exec(select(Feed)).all():
            about: dict[str, Any] = {
                "hub": "https://hub.test/",
                "token": feed.name,
                "feed_id": feed.id,
            }
            if feed.name == "pushed":
                session.add(Push(**about, ask_again_at=NOW, state=PushState.KEPT, heard_at=NOW))
            if feed.name == "unheard":
                session.add(Push(**about, ask_again_at=NOW, failures=3, trouble="402 Payment Required"))

    stored(operator, promise)
    listed = operator.types("feeds", "list")
    lines = {line.split()[0]: line for line in listed.stdout.splitlines() if line}

    assert (
        "for 30 h, 12 failures running: its server answers with an error: 503 Service Unavailable" in lines["failing"]
    )
    assert "it answers, but has brought nothing new for 5 d, which is unlike it" in lines["silent"]
    assert "never" in lines["gone"]
    assert "for 30 h: its server says that it is gone for good: 410 Gone" in lines["gone"]
    assert "killed the reader, and it is left alone until it changes" in lines["quarantined"]
    assert "it has moved for good and is asked at its new address: https://new.test/rss" in lines["moved"]
    assert "it is read, but its document is damaged: no element found: line 3" in lines["damaged"]
    assert "its hub tells us" in lines["pushed"]
    assert "its hub https://hub.test/ does not tell us: 402 Payment Required" in lines["unheard"]
    assert "not asked yet" in lines["new"]
    assert (
        "10 feeds: 1 not asked yet, 3 good, 1 damaged, 1 moved, 1 silent, 1 failing, 1 quarantined, 1 gone"
        in listed.stdout
    )
    assert "secret" not in listed.output

    rows = json.loads(operator.types("feeds", "list", "--json").stdout)
    assert [row["health"] for row in rows] == [*names[:7], "good", "good", "not asked yet"]
    assert rows[7]["hub"]["state"] == "kept"
    troubled = operator.types("feeds", "list", "--troubled").stdout
    assert "6 of 10 feeds: 1 damaged, 1 moved, 1 silent, 1 failing, 1 quarantined, 1 gone" in troubled
    assert "1 of 10 feeds: 1 gone" in operator.types("feeds", "list", "GONE").stdout
    status = operator.types("status").stdout
    assert (
        "hub       https://hub.test/ does not tell us of 1 feed, which is asked as ever: 402 Payment Required" in status
    )
    (failing,) = (line for line in status.splitlines() if line.startswith("failing "))
    assert "for 30 h, 12 failures running: its server answers with an error: 503 Service Unavailable" in failing


@pytest.mark.parametrize("listing", [("status",), ("feeds", "list")])
def test_where_all_is_well_the_columns_still_stand_apart(
    operator: Operator, httpserver: HTTPServer, listing: tuple[str, ...]
) -> None:
    httpserver.expect_request("/a").respond_with_data(rss(item(1, 1)), content_type="text/xml")
    configured(operator, ("good", httpserver.url_for("/a")))
    operator.types("poll")
    told = operator.types(*listing).stdout.splitlines()
    assert any(line.startswith("feed  health  ") for line in told)


def test_on_a_narrow_terminal_a_feed_is_one_line_and_its_trouble_stands_below(
    operator: Operator, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/a").respond_with_data("", status=503)
    configured(operator, ("The Herald of Norland and the Outer Isles", httpserver.url_for("/a")))
    operator.types("poll")
    lines = on_a_terminal(64, operator.folder, "status")
    at = next(number for number, line in enumerate(lines) if line.startswith("The Herald"))
    assert "failing  never" in lines[at]
    assert lines[at + 1].startswith("    for ")
    assert "503" in " ".join(lines[at + 1 : at + 3])
    assert max(map(len, lines[at:])) <= 64


def test_a_list_of_no_feeds_says_how_to_come_by_some(operator: Operator) -> None:
    listed = operator.types("feeds", "list")
    assert listed.exit_code == 1
    assert "no feed is configured; `feed-monitor feeds discover SITE` finds some" in listed.output
    assert json.loads(operator.types("feeds", "list", "--json").stdout) == []


def test_a_feed_the_service_has_not_seen_yet_is_listed_too(operator: Operator) -> None:
    configured(operator, ("later", "https://me:secret@later.test/rss"))
    listed = operator.types("feeds", "list")
    assert "later  not asked yet" in listed.stdout
    assert "1 feed: 1 not asked yet" in listed.stdout
    (row,) = json.loads(operator.types("feeds", "list", "--json").stdout)
    assert (row["url"], row["health"], row["next_poll"]) == ("https://later.test/rss", "not asked yet", None)


def test_everything_about_a_good_feed_is_told(operator: Operator, httpserver: HTTPServer) -> None:
    wishes = "<ttl>60</ttl><skipDays><day>Sunday</day></skipDays>"
    hub = '<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.test/"/>'
    document = rss(item(1, 5), item(2, 1), item(3, 3), "<item><title>Dateless</title></item>", channel=wishes + hub)

    def serve(request: Request) -> Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return Response(status=304)
        return Response(document, content_type="text/xml; charset=utf-8", headers={"ETag": '"v1"'})

    httpserver.expect_request("/rss").respond_with_handler(serve)
    httpserver.expect_request("/old").respond_with_data("", 301, headers={"Location": "/rss"})
    told = operator.types("feeds", "test", httpserver.url_for("/old"), "--allow-private")

    assert told.exit_code == 0, told.output
    assert f"redirect  301 (for good) to {httpserver.url_for('/rss')}" in told.stdout
    assert "better write the new address in feeds.toml" in told.stdout
    assert 'caching   ETag: "v1"' in told.stdout
    assert "asked again with these, its server says 304: nothing is sent while nothing changes" in told.stdout
    assert "encoding  read as utf-8; HTTP says utf-8" in told.stdout
    assert 'document  rss20, "Wire"' in told.stdout
    assert "items     4 items; from 5 h to 60 min ago; 1 without date; " in told.stdout, told.stdout
    assert "to be asked every 60 min at most (heeded up to `every`); not on Sun" in told.stdout
    assert "hub       https://hub.test/; it tells of news at once, if the service has a `public_url`" in told.stdout
    assert "by the dates in the document" in told.stdout
    assert "turns     asked by its rhythm, between 3 min and 60 min; after now in about " in told.stdout
    newest = told.stdout[told.stdout.index("newest") :].split("\n")
    assert [line.split("  ")[-1] for line in newest if line] == ["Report 2", "Report 3", "Report 1", "Dateless"]
    assert not (operator.folder / "state").exists()

    machine = json.loads(
        operator.types("feeds", "test", httpserver.url_for("/old"), "--allow-private", "--json").stdout
    )
    assert (machine["readable"], machine["conditional"], machine["trouble"]) == (True, "unchanged", None)
    assert machine["redirects"] == [{"status": 301, "url": httpserver.url_for("/rss")}]
    assert machine["document"]["items"] == 4
    assert machine["document"]["skip_days"] == ["Sun"]
    assert machine["hub"] == "https://hub.test/"
    assert len(machine["turns"]) == 4


@pytest.mark.parametrize(
    ("headers", "bodies", "sentence"),
    [
        ({}, 1, "neither ETag nor Last-Modified that could be sent back: it sends the whole document each time"),
        ({"ETag": '"x"'}, 1, "asked again with these, its server sends the same document once more"),
        ({"ETag": '"x"'}, 2, "asked again with these at once, its server sends another document"),
    ],
)
def test_a_server_that_wastes_its_bytes_is_found_out(
    operator: Operator, httpserver: HTTPServer, headers: dict[str, str], bodies: int, sentence: str
) -> None:
    for number in range(bodies):
        httpserver.expect_ordered_request("/rss").respond_with_data(rss(item(number, 1)), headers=headers)
    if bodies == 1:
        httpserver.expect_ordered_request("/rss").respond_with_data(rss(item(0, 1)), headers=headers)
    assert sentence in operator.types("feeds", "test", httpserver.url_for("/rss"), "--allow-private").stdout


@pytest.mark.parametrize(
    ("status", "headers", "cure"),
    [
        (401, {}, "write `username` and `password_file`, or `headers_file`, in feeds.toml"),
        (403, {}, "it refuses this program, or everybody: set `contact`"),
        (404, {}, "`feed-monitor feeds discover SITE` looks for its new address"),
        (410, {}, "`feed-monitor feeds discover SITE` looks for its new address"),
        (429, {"Retry-After": "7200"}, "its server asks to be left alone for 2 h"),
        (503, {}, "its server is in trouble itself; a running service tries again by and by"),
        (302, {"Location": "/feed"}, "open it in a browser, and write down the address where that ends"),
    ],
)
def test_each_trouble_comes_with_its_cure(
    operator: Operator, httpserver: HTTPServer, status: int, headers: dict[str, str], cure: str
) -> None:
    httpserver.expect_request("/feed").respond_with_data("", status, headers=headers)
    told = operator.types("feeds", "test", httpserver.url_for("/feed"), "--allow-private")
    assert told.exit_code == 1
    assert "TROUBLE   " in told.stdout
    assert cure in told.stdout
    machine = json.loads(
        operator.types("feeds", "test", httpserver.url_for("/feed"), "--allow-private", "--json").stdout
    )
    assert machine["readable"] is False
    assert machine["trouble"]["cure"]


def test_a_feed_in_the_own_network_is_refused_with_the_key_that_allows_it(
    operator: Operator, httpserver: HTTPServer
) -> None:
    told = operator.types("feeds", "test", httpserver.url_for("/feed"))
    assert told.exit_code == 1
    assert "TROUBLE   address: " in told.stdout
    assert (
        "cure      if it is a server of yours, write `allow_private = true` in feeds.toml; here: --allow-private"
        in told.stdout
    )


def test_a_page_instead_of_a_feed_is_looked_through_for_its_feed(operator: Operator, httpserver: HTTPServer) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    httpserver.expect_request("/a").respond_with_data(page(head=link), content_type="text/html")
    httpserver.expect_request("/b").respond_with_data(page(), content_type="text/html")
    told = operator.types("feeds", "test", httpserver.url_for("/a"), "--allow-private")
    assert told.exit_code == 1
    assert "TROUBLE   not a feed: an HTML page" in told.stdout
    assert f"cure      the page names as its feed: {httpserver.url_for('/rss')}" in told.stdout
    told = operator.types("feeds", "test", httpserver.url_for("/b"), "--allow-private")
    assert f"`feed-monitor feeds discover {httpserver.url_for('/b')}` looks for feeds on it" in told.stdout


def test_a_configured_feed_is_tested_by_its_name_with_its_secrets_and_its_past(
    operator: Operator, httpserver: HTTPServer
) -> None:
    operator.writes("key", "X-Key: hunter2\n")
    httpserver.expect_request("/rss", headers={"X-Key": "hunter2"}).respond_with_data(rss(item(1, 1)))
    configured(operator, ("My Wire", httpserver.url_for("/rss")), more='headers_file = "key"\nevery = "5m"\n')
    operator.types("poll")
    told = operator.types("feeds", "test", "my wire")

    assert told.exit_code == 0, told.output
    assert "so far    good; asked 1 time, last good " in told.stdout
    assert "turns     asked every 5 min, as you chose; after now in about 5 min, 10 min, 15 min, 20 min" in told.stdout
    assert "hunter2" not in told.output


def test_a_name_that_no_feed_has_is_not_taken_for_a_host(operator: Operator) -> None:
    refused = operator.types("feeds", "test", "wyre")
    assert refused.exit_code == 1
    assert 'no feed is called "wyre"; `feed-monitor feeds list` names them' in refused.output


def test_a_feed_can_be_tested_while_the_config_is_broken(operator: Operator, httpserver: HTTPServer) -> None:
    operator.writes("monitor.toml", "[pol]\n")
    httpserver.expect_request("/rss").respond_with_data(rss(item(1, 1)))
    told = operator.types("feeds", "test", httpserver.url_for("/rss"), "--allow-private")
    assert told.exit_code == 0
    assert 'unknown key; did you mean "poll"?; asked without the config' in told.stderr


def test_what_a_page_announces_is_found_and_what_it_only_links_to_is_not_asked(
    operator: Operator, httpserver: HTTPServer
) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" title="T" href="{at}">' for at in ("/one", "/dead")
    )
    httpserver.expect_request("/").respond_with_data(page('<a href="/rss">x</a>', links), content_type="text/html")
    httpserver.expect_request("/one").respond_with_data(rss(item(1, 2)))
    found = operator.types("feeds", "discover", httpserver.url_for("/"), "--allow-private")

    assert found.exit_code == 0, found.output
    assert found.stdout == f"{httpserver.url_for('/one')}\n  Wire: 1 entry, the newest 2 h ago\n"
    assert f"the page announces {httpserver.url_for('/dead')}, but http: 500" in found.stderr
    assert "/rss" not in {request.path for request, _ in httpserver.log}


def test_links_that_look_like_feeds_are_tried_when_nothing_is_announced(
    operator: Operator, httpserver: HTTPServer
) -> None:
    body = '<a href="/a/rss">A</a><a href="/b/rss.xml">B</a><a href="/c/feed">C</a>'
    httpserver.expect_request("/").respond_with_data(page(body), content_type="text/html")
    httpserver.expect_request("/a/rss").respond_with_data("", 301, headers={"Location": "/new"})
    httpserver.expect_request("/b/rss.xml").respond_with_data("", 302, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data(rss(item(1, 2)))
    httpserver.expect_request("/c/feed").respond_with_data(page(), content_type="text/html")
    found = operator.types("feeds", "discover", httpserver.url_for("/"), "--allow-private", "--json")

    (one,) = [json.loads(line) for line in found.stdout.splitlines()]
    assert (one["url"], one["found"], one["configured_as"]) == (httpserver.url_for("/new"), "linked", None)


def test_a_page_that_is_gone_may_still_have_a_site_with_a_feed(operator: Operator, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed.xml").respond_with_data(rss(item(1, 2)))
    httpserver.expect_request("/old/page").respond_with_data("", 404)
    configured(operator, ("known", httpserver.url_for("/feed.xml")))
    found = operator.types("feeds", "discover", httpserver.url_for("/old/page"), "--allow-private")
    assert (
        f"{httpserver.url_for('/feed.xml')}\n  Wire: 1 entry, the newest 2 h ago; in feeds.toml as known"
        in found.stdout
    )


def test_an_address_that_is_a_feed_itself_is_the_answer_ready_for_the_config(
    operator: Operator, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/rss").respond_with_data(rss(item(1, 2)))
    found = operator.types("feeds", "discover", httpserver.url_for("/rss"), "--allow-private", "--toml")
    assert found.stdout == f'[[feed]]\nurl = "{httpserver.url_for("/rss")}"\nname = "Wire"\n\n'
    operator.writes("feeds.toml", found.stdout)
    assert operator.types("feeds", "list").exit_code == 0


def test_a_site_without_any_feed_says_what_to_do_next(operator: Operator, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(page(), content_type="text/html")
    nothing = operator.types("feeds", "discover", httpserver.url_for("/"), "--allow-private")
    assert nothing.exit_code == 1
    assert "no feed found; look for the word RSS on the page" in nothing.output
    inside = operator.types("feeds", "discover", httpserver.url_for("/"))
    assert "here: --allow-private" in inside.output
