"""What an operator types, and reads."""

import json
import os
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.doors.operator import Operator

FEED = """<rss version="2.0"><channel><title>Wire</title><language>en</language>
<item><title>Alliance weighs pre-emptive strike</title><link>/1</link><guid isPermaLink="false">1</guid>
<pubDate>Mon, 02 Mar 2026 12:00:00 +0100</pubDate>
<description>&lt;p&gt;Talks &lt;b&gt;go&lt;/b&gt; on.&lt;/p&gt;</description></item>
<item><title>Ferry line reopens</title><link>/2</link><guid>2</guid></item>
</channel></rss>"""


@pytest.fixture
def operator(tmp_path: Path, httpserver: HTTPServer) -> Operator:
    """An operator with a config of one feed, which nobody has polled yet."""
    operator = Operator(tmp_path)
    assert operator.types("init", str(tmp_path)).exit_code == 0
    (tmp_path / "monitor.toml").write_text('state = "state"\ncontact = "ops@example.org"\n')
    (tmp_path / "feeds.toml").write_text(
        f'[[feed]]\nurl = "{httpserver.url_for("/wire")}"\nname = "wire"\nallow_private = true\n'
    )
    httpserver.expect_request("/wire").respond_with_data(FEED, content_type="text/xml")
    return operator


def test_init_writes_a_config_that_check_approves_and_leaves_what_is_there(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.types("init", str(tmp_path))
    (tmp_path / "monitor.toml").write_text('state = "state"\n')
    again = operator.types("init", str(tmp_path))
    checked = operator.types("check", "--offline")

    assert again.output.count("kept") == 3
    assert checked.exit_code == 0, checked.output
    assert "BAD" not in checked.output
    assert "contact is empty" in checked.output


def test_check_names_a_rule_whose_test_fails_and_a_mail_server_that_does_not_answer(operator: Operator) -> None:
    (operator.folder / "rules.toml").write_text(
        '[rules.strike]\nmatch = "strike"\n[rules.strike.tests]\nsilent = "Rail strike called off"\n'
    )
    (operator.folder / "monitor.toml").write_text('state = "state"\n[mail]\nout = "smtp://127.0.0.1:1"\n')
    checked = operator.types("check")

    assert checked.exit_code == 1
    assert 'rule strike: "Rail strike called off" should stay silent, but fires' in checked.output
    assert "BAD   mail: 127.0.0.1:1:" in checked.output
    assert "was not greeted" in operator.types("check", "--offline").output


def test_check_says_that_the_operator_will_hear_of_refused_rules_by_no_mail(operator: Operator) -> None:
    operator.writes("rules.toml", "[rules.coup]\nmatch = 'coup'\n")
    note = "ops@example.org is no subscriber; refused rules are told in the log and in `status` only"
    assert note in operator.types("check", "--offline").output
    operator.types("subscribers", "add", "ops@example.org")
    assert note not in operator.types("check", "--offline").output


def test_check_finds_a_broken_template_of_the_users_own(operator: Operator) -> None:
    (operator.folder / "own/email").mkdir(parents=True)
    (operator.folder / "own/email/alert.txt").write_text("{{ alert.headlin }}")
    (operator.folder / "monitor.toml").write_text('state = "state"\ntemplates = "own"\n')
    checked = operator.types("check", "--offline")

    assert checked.exit_code == 1
    assert "UndefinedError" in checked.output
    assert "mend or remove your own template of the alert" in checked.output


def test_poll_and_status_tell_how_each_feed_went(operator: Operator, httpserver: HTTPServer) -> None:
    with (operator.folder / "feeds.toml").open("a") as feeds:
        feeds.write(f'[[feed]]\nurl = "{httpserver.url_for("/gone")}"\nname = "gone"\nallow_private = true\n')
    httpserver.expect_request("/gone").respond_with_data("", status=410)
    assert "wire: 2 entries" in operator.types("poll", "--dry-run").output
    assert "NOT RUNNING" in operator.types("status").output

    polled = operator.types("poll")
    assert "wire: 2 entries, rss20, 2 new" in polled.output
    assert "gone: http: 410 GONE" in polled.output
    status = json.loads(operator.types("status", "--json").stdout)
    wire, gone = status["feeds"]
    assert (wire["health"], wire["why"], wire["hub"]) == ("good", None, None)
    assert wire["next_poll"]
    assert (gone["health"], gone["next_poll"]) == ("gone", None)
    assert gone["why"].startswith("its server says that it is gone for good: 410")
    told = operator.types("status").stdout
    assert "feeds     2, 1 of them cannot be read" in told
    assert "its server says that it is gone for good: 410 GONE" in told
    assert "  new " not in operator.types("poll", "--dry-run").output


def test_poll_of_an_unknown_feed_says_where_the_names_are(operator: Operator) -> None:
    refused = operator.types("poll", "nowhere")
    assert refused.exit_code == 1
    assert 'no feed is called "nowhere"; `feed-monitor status` lists them' in refused.output


def test_parse_asks_within_the_own_network_only_when_told_to(operator: Operator, httpserver: HTTPServer) -> None:
    refused = operator.types("parse", httpserver.url_for("/wire"))
    assert refused.exit_code == 1
    assert "address: " in refused.output
    assert "--allow-private asks it all the same" in refused.output


def test_parse_prints_one_entry_a_line_with_absolute_links_and_utc(operator: Operator, httpserver: HTTPServer) -> None:
    parsed = operator.types("parse", httpserver.url_for("/wire"), "--allow-private", "--json")
    first, second = (json.loads(line) for line in parsed.stdout.splitlines())

    assert first == {
        "guid": "1",
        "link": httpserver.url_for("/1"),
        "title": "Alliance weighs pre-emptive strike",
        "summary": "Talks go on.",
        "content": "",
        "published": "2026-03-02T11:00:00+00:00",
        "updated": None,
        "author": "",
        "tags": [],
        "language": "en",
        "place": None,
        "cap": {},
    }
    assert second["published"] is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the document is empty"),
        (b"<html><body>Hello</body></html>", "an HTML page"),
        (b"/etc/hostname", "no feed in it"),
        (b'{"items": 3}', "JSON, but no JSON Feed"),
    ],
)
def test_parse_of_what_is_no_feed_says_why(operator: Operator, content: bytes, reason: str) -> None:
    (operator.folder / "document").write_bytes(content)
    refused = operator.types("parse", str(operator.folder / "document"))

    assert refused.exit_code == 1
    assert reason in refused.output


def test_a_subscriber_is_added_listed_changed_and_removed(operator: Operator) -> None:
    add = ("subscribers", "add", "Ann@Example.org")
    assert "alerts from high on, a briefing at 07:00 UTC" in operator.types(*add).output
    assert (
        "no alerts, a briefing at 06:30 Europe/Warsaw"
        in operator.types(*add, "--no-alerts", "--at", "06:30", "--zone", "Europe/Warsaw").output
    )
    assert "no alerts, a briefing at 06:30 Europe/Kyiv" in operator.types(*add, "--zone", "Europe/Kyiv").output
    critical = operator.types(*add, "--alerts-from", "critical", "--zone", "Europe/Warsaw").output
    assert "alerts from critical on, a briefing at 06:30 Europe/Warsaw" in critical
    assert "no alerts" in operator.types(*add, "--no-alerts").output
    (person,) = [json.loads(line) for line in operator.types("subscribers", "list", "--json").stdout.splitlines()]
    assert (person["address"], person["alerts_from"], person["zone"]) == ("ann@example.org", None, "Europe/Warsaw")

    assert "gets no more mail" in operator.types("subscribers", "remove", "ann@example.org").output
    assert operator.types("subscribers", "remove", "ann@example.org").exit_code == 1
    assert "left" in operator.types("subscribers", "list").output


@pytest.mark.parametrize(
    "words",
    [
        ("ann",),
        ("a@b\r\nBcc: x@example.org",),
        ("ann@example.org", "--zone", "Mars"),
        ("ann@example.org", "--at", "25:00"),
        ("ann@example.org", "--quiet", "22:00"),
        ("ann@example.org", "--away", "someday"),
        ("ann@example.org", "--away", "2126-08-14..2126-08-01"),
        ("ann@example.org", "--away", "2006-08-01..2006-08-14"),
    ],
)
def test_a_bad_address_zone_or_time_is_refused_in_a_sentence(operator: Operator, words: tuple[str, ...]) -> None:
    refused = operator.types("subscribers", "add", *words)
    assert refused.exit_code == 2
    assert refused.output.startswith('feed-monitor: "')


def test_quiet_hours_and_days_away_are_kept_until_they_are_named_again(operator: Operator) -> None:
    add = ("subscribers", "add", "ann@example.org")
    said = operator.types(*add, "--quiet", "22:00-06:30", "--away", "2126-08-01..2126-08-14").output
    assert said.endswith(", quiet 22:00-06:30 (critical passes), away 2126-08-01 to 2126-08-14\n")
    said = operator.types(*add, "--no-critical-passes", "--no-away").output
    assert said.endswith(", quiet 22:00-06:30 (for critical, too)\n")
    said = operator.types(*add, "--at", "06:00").output
    assert said.endswith(", quiet 22:00-06:30 (for critical, too)\n")
    assert "  quiet 22:00-06:30 (for critical, too)\n" in operator.types("subscribers", "list").output
    person = json.loads(operator.types("subscribers", "list", "--json").stdout)
    assert (person["quiet_from"], person["quiet_until"], person["critical_passes"]) == ("22:00", "06:30", False)
    assert person["away_from"] is None
    assert "quiet" not in operator.types(*add, "--no-quiet", "--critical-passes").output
    assert operator.types(*add, "--away", "2126-08-03").output.endswith("away 2126-08-03 to 2126-08-03\n")
    both = operator.types(*add, "--quiet", "22:00-06:30", "--no-quiet")
    assert (both.exit_code, both.stderr) == (2, "feed-monitor: --quiet and --no-quiet: name one of the two\n")


def test_who_comes_back_after_having_left_finds_no_quiet_hours_of_old(operator: Operator) -> None:
    add = ("subscribers", "add", "ann@example.org")
    operator.types(*add, "--quiet", "22:00-06:30", "--no-critical-passes", "--away", "2126-08-01..2126-08-14")
    operator.types("subscribers", "remove", "ann@example.org")
    assert operator.types(*add).output == "ann@example.org: alerts from high on, a briefing at 07:00 UTC\n"


def test_brief_previews_then_writes_once_a_day(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    operator.types("poll")
    assert "Subject: " in operator.types("brief", "--for", "ann@example.org", "--dry-run").output
    assert "1 mail sent" in operator.types("brief", "--for", "ann@example.org").output
    again = operator.types("brief", "--for", "ann@example.org").output
    assert "was written already; there is one a day" in again
    assert len(list((operator.folder / "state/mail/new").iterdir())) == 1
    assert operator.types("brief", "--for", "bob@example.org").exit_code == 1


def test_why_tells_the_fate_of_an_entry_and_what_the_rules_say_of_words(
    operator: Operator, httpserver: HTTPServer
) -> None:
    operator.types("poll")
    by_link = operator.types("why", httpserver.url_for("/1")).output
    assert "pre-emptive-strike (critical): left to the briefing: it came with the first poll" in by_link
    assert "title: “pre-emptive” for pre-emptive" in by_link

    fired = operator.types("why", "Jets make an incursion into our airspace").output
    assert "airspace-incursion (critical) fires" in fired
    assert "[Jets] make an [incursion] into our [airspace]" in fired
    assert operator.types("why", "https://news.test/never-seen").exit_code == 1


def test_why_shows_what_an_official_warning_says_beside_its_words(operator: Operator, httpserver: HTTPServer) -> None:
    warning = (
        '<rss version="2.0" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2" xmlns:georss="http://www.georss.org/georss">'
        "<channel><title>Warnings</title><item><title>Flood warning</title><link>/flood</link>"
        "<cap:severity>Severe</cap:severity><georss:point>52.1 21.0</georss:point></item></channel></rss>"
    )
    httpserver.expect_request("/warnings").respond_with_data(warning, content_type="text/xml")
    with (operator.folder / "feeds.toml").open("a") as feeds:
        feeds.write(f'[[feed]]\nurl = "{httpserver.url_for("/warnings")}"\nname = "warnings"\nallow_private = true\n')
    operator.types("poll")
    assert "  severity: Severe; at 52.1000, 21.0000" in operator.types("why", "Flood warning").output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused as root: run the tests as root for this one")
def test_root_is_sent_away_from_the_folder_of_the_service_user(operator: Operator) -> None:
    operator.types("poll")
    os.chown(operator.folder / "state", 54321, 54321)
    refused = operator.types("status")

    assert refused.exit_code == 1
    assert "belongs to user 54321; run this as that user: runuser -u" in refused.output


def test_deliver_sends_what_waited_for_the_server(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    (operator.folder / "monitor.toml").write_text('state = "state"\n[mail]\nout = "smtp://127.0.0.1:1"\n')
    assert "0 mails sent, 1 waiting: 127.0.0.1:1:" in operator.types("brief", "--for", "ann@example.org").output
    assert "1 waiting" in operator.types("status").output

    (operator.folder / "monitor.toml").write_text('state = "state"\n')
    assert "1 mail sent" in operator.types("deliver").output


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[subscribe]\nwho = "everybody"\n', "subscribe.who does nothing without `public_url` of [web]"),
        ("[web]\narchive = true\nalone = true\n", "web.archive does nothing without `public_url` of [web]"),
        ("[web]\narchive = true\nalone = true\n", "web.alone does nothing without `public_url` of [web]"),
        ('[web]\npublic_url = "http://watch.example"\n', "web.public_url is not https"),
        ("[subscribe]\napprove = true\n", 'subscribe.approve does nothing while `who` is "nobody"'),
        ('[bounces]\nmaildir = "back"\n', "[bounces] finds nothing without `bounces` of [mail]"),
        ('[bounces]\nmaildir = "back"\n', "there is no folder"),
        ('[mail]\nbounces = "b+x@watch.example"\n', 'mail.bounces has a "+" already'),
        ("{open}", "mail.sender is at localhost"),
        ("{open}", "tell them what private feeds say, too: wire"),
        ("{open}", "no rule has a `topic`; they will hear no alert"),
    ],
)
def test_check_names_what_does_nothing_and_what_strangers_would_see(
    operator: Operator, settings: str, said: str
) -> None:
    settings = settings.replace(
        "{open}", '[web]\npublic_url = "https://watch.example"\n[subscribe]\nwho = "everybody"\n'
    )
    operator.writes("monitor.toml", f'state = "state"\ncontact = "ops@example.org"\n{settings}')
    operator.writes("rules.toml", '[rules.strike]\nmatch = "strike"\ntests = { fires = "strike" }\n')
    checked = operator.types("check", "--offline")
    assert checked.exit_code == 0
    assert said in checked.output
