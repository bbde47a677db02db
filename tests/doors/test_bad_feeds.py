"""What a broken or hostile feed gets: a row in `status` with the reason and the next try. The others go on."""

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from monitor.cli import main

GOOD = '<rss version="2.0"><channel><title>Good</title><item><title>{}</title><guid>1</guid></item></channel></rss>'
BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;">]>
<rss version="2.0"><channel><title>&e;</title></channel></rss>"""
REASONS = {
    "html": "failing: what its server sends is no feed: an HTML page",
    "empty": "failing: what its server sends is no feed: the document is empty",
    "path": "failing: what its server sends is no feed: no feed in it",
    "truncated": "failing: its document is damaged beyond reading: ",
    "large": "failing: its document is too large: larger than 8 MB",
    "packed": "failing: its document is too large: larger than 8 MB",
    "missing": "failing: its server answers with an error: 404",
    "gone": "gone: its server says that it is gone for good: 410",
    "busy": "failing: its server answers with an error: 429",
    "loop": "failing: its redirects lead nowhere: redirected in a circle",
    "elsewhere": "failing: its redirects lead nowhere: redirected to what is no web address",
    "hung": "failing: its server does not answer in time: no complete answer within 0.5 s",
    "slow-parse": "failing: what its server sends is no feed: ",
    "good": "good: None",
    "cyrillic": "good: None",
}


@pytest.fixture
def web() -> Iterator[HTTPServer]:
    """One server, a path for each way to be bad."""
    over = threading.Event()
    httpserver = HTTPServer(threaded=True)

    def hang(request: Request) -> Response:
        over.wait(10)
        return Response("")

    def serve(name: str, body: str | bytes, **options: Any) -> None:
        httpserver.expect_request(f"/{name}").respond_with_data(body, content_type="text/xml", **options)

    serve("html", "<!doctype html><html><body>Down for repairs</body></html>")
    serve("empty", "")
    serve("path", "/etc/hostname")
    serve("truncated", GOOD.format("Cut short here")[:-30])
    serve("large", GOOD.format("x" * 10_000_000))
    serve("packed", gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"})
    serve("bomb", BOMB)
    serve("missing", "", status=404)
    serve("gone", "", status=410)
    serve("busy", "", status=429, headers={"Retry-After": "7200"})
    serve("loop", "", status=302, headers={"Location": "/loop"})
    serve("elsewhere", "", status=302, headers={"Location": "file:///etc/passwd"})
    httpserver.expect_request("/hung").respond_with_handler(hang)
    categories = "".join(f"<category>{number}</category>" for number in range(40_000))
    serve("slow-parse", GOOD.format("x").replace("<guid>", f"{categories}<guid>"))
    serve("good", GOOD.format("All is well"))
    serve("cyrillic", "\n" + '<?xml version="1.0" encoding="windows-1251"?>' + GOOD.format("Тревога в порту"))
    httpserver.start()
    yield httpserver
    over.set()
    httpserver.stop()


def test_every_bad_feed_is_explained_and_harms_no_other(tmp_path: Path, web: HTTPServer) -> None:
    names = [*REASONS, "bomb"]
    feeds = "".join(
        f'[[feed]]\nname = "{name}"\nurl = "{web.url_for(f"/{name}")}"\nallow_private = true\n' for name in names
    )
    (tmp_path / "feeds.toml").write_text(feeds)
    (tmp_path / "rules.toml").write_text('[rules.alarm]\nmatch = "тревога"\n')
    (tmp_path / "monitor.toml").write_text('state = "state"\n[poll]\ntimeout = "500ms"\nhost_pause = "0s"\n')

    def types(*words: str) -> str:
        return CliRunner().invoke(main, ["--config", str(tmp_path), *words], catch_exceptions=False).stdout

    polled = types("poll")
    rows = {feed["name"]: feed for feed in json.loads(types("status", "--json"))["feeds"]}

    said = {name: f"{rows[name]['health']}: {rows[name]['why']}" for name in REASONS}
    assert {name: words for name, words in said.items() if not words.startswith(REASONS[name])} == {}
    assert {name for name, row in rows.items() if row["next_poll"] is None} == {"gone"}
    waits = datetime.fromisoformat(rows["busy"]["next_poll"]) - datetime.fromisoformat(rows["html"]["next_poll"])
    assert waits.total_seconds() > 3600
    assert "cyrillic: 1 entry, rss20, 1 new" in polled
    assert "Тревога в порту" in types("why", "Тревога")
