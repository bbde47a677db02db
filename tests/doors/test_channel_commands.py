"""Channels as an operator sees them: what each hears, whether it works, and who in a route is told nothing."""

import json
from email.utils import format_datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from monitor.app import utc_now
from tests.doors.operator import Operator

RULES = """
[groups]
desk = ["duty@example.org", "board"]

[rules.strike]
severity = "critical"
match = "pre-emptive strike"
alert = { to = ["desk"], ack_within = "10m", then = ["chief@example.org", "siren"], quiet_hours = "22:00-06:00" }

[rules.incursion]
severity = "high"
match = "airspace incursion"
alert = { quiet_hours = "22:00-06:00" }
raise = { to = "critical", when = { publishers = 3, within = "1h" } }

[rules.harbour]
match = "harbour closed"
alert = { quiet_hours = "22:00-06:00" }
"""


@pytest.fixture
def posted() -> list[Request]:
    return []


@pytest.fixture
def operator(tmp_path: Path, httpserver: HTTPServer, posted: list[Request]) -> Operator:
    def taken(request: Request) -> Response:
        posted.append(request)
        return Response("on the board", 202)

    httpserver.expect_request("/secret-of-the-board").respond_with_handler(taken)
    httpserver.expect_request("/full").respond_with_data("no room", status=507)
    operator = Operator(tmp_path)
    operator.writes("board-url", httpserver.url_for("/secret-of-the-board") + "\n")
    operator.writes("siren-url", httpserver.url_for("/secret-of-the-board") + "\n")
    operator.writes(
        "monitor.toml",
        'state = "state"\ncontact = "ops@example.org"\n'
        '[channels.board]\nwebhook_file = "board-url"\nfrom = "critical"\nfallback = "full"\n'
        '[channels.siren]\nwebhook_file = "siren-url"\nformat = "cap"\n'
        f'[channels.full]\nwebhook = "{httpserver.url_for("/full")}"\n'
        '[channels.closed]\nwebhook = "http://127.0.0.1:1/"\n',
    )
    operator.writes("rules.toml", RULES)
    operator.writes("feeds.toml", '[[feed]]\nurl = "https://wire.test/feed"\n')
    for name in ("board-url", "siren-url"):
        (tmp_path / name).chmod(0o600)
    return operator


def test_the_list_has_what_each_channel_hears_and_never_where_it_leads(operator: Operator) -> None:
    listed = operator.types("channels", "list").output
    assert "board  webhook, JSON\n    hears alerts from critical on, and those of strike\n" in listed
    assert "    full is told instead when it has failed for 5 min\n" in listed
    assert "siren  webhook, CAP\n    hears alerts from high on\n    next in turn for strike\n" in listed
    assert "    0 sent, 0 refused for good, 0 waiting\n" in listed
    assert "secret-of-the-board" not in listed + operator.types("channels", "list", "--json").output
    board = json.loads(operator.types("channels", "list", "--json").stdout.splitlines()[0])
    assert (board["channel"], board["form"], board["rules"], board["waiting"]) == ("board", "json", ["strike"], 0)


def test_a_test_reaches_the_channel_marked_as_one_and_the_answer_is_printed(
    operator: Operator, posted: list[Request]
) -> None:
    tested = operator.types("channels", "test", "board")
    assert (tested.exit_code, tested.stdout) == (0, "board: accepted: 202 ACCEPTED on the board\n")
    body = json.loads(posted[0].data)
    assert body["reasons"] == ["a test by the operator: nothing has happened"]
    assert body["alerts"][0]["headline"].startswith("TEST of board: ")
    assert body["alerts"][0]["severity"] == "info"

    assert operator.types("channels", "test", "siren").exit_code == 0
    assert ElementTree.fromstring(posted[1].data).findtext("{*}status") == "Test"
    assert "0 sent" in operator.types("channels", "list").output


def test_a_channel_that_does_not_take_the_test_says_what_the_other_side_said(operator: Operator) -> None:
    for name, said in (
        ("full", "feed-monitor: full: not taken: localhost:"),
        ("closed", "feed-monitor: closed: out of reach: 127.0.0.1:1: Connection refused"),
        ("bord", "feed-monitor: there is no channel bord; known are board, siren, full, closed"),
    ):
        refused = operator.types("channels", "test", name)
        assert refused.exit_code == 1
        assert said in refused.stderr


def test_what_channels_do_not_take_stands_in_status_and_in_the_ledger_beside_the_mail(
    operator: Operator, httpserver: HTTPServer
) -> None:
    item = f"<item><title>Airspace incursion near Torvik</title><pubDate>{format_datetime(utc_now())}</pubDate></item>"
    feed = f'<rss version="2.0"><channel><title>x</title><language>en</language>{item}</channel></rss>'
    httpserver.expect_request("/wire").respond_with_data(feed, content_type="text/xml")
    operator.writes("feeds.toml", f'[[feed]]\nurl = "{httpserver.url_for("/wire")}"\nallow_private = true\n')
    operator.types("subscribers", "add", "duty@example.org")
    polled = operator.types("poll")
    assert "1 mail sent, 1 message to channels, 2 waiting: " in polled.output

    status = operator.types("status").output
    assert "mail      1 sent, 0 refused for good, 0 waiting\n" in status
    assert "channel   full: 0 sent, 0 refused for good, 1 waiting, the oldest for " in status
    assert "507 INSUFFICIENT STORAGE no room" in status
    assert "channel   closed: 0 sent, 0 refused for good, 1 waiting, the oldest for " in status
    assert "channel   siren" not in status
    channels = json.loads(operator.types("status", "--json").stdout)["channels"]
    assert {name: way["waiting"] for name, way in channels.items()} == {"siren": 0, "full": 1, "closed": 1}
    shown = operator.types("alerts", "show", "1").output
    assert "    siren: owed " in shown
    assert ": 202 ACCEPTED on the board\n" in shown


def test_without_channels_the_list_says_how_to_make_one(operator: Operator) -> None:
    operator.writes("monitor.toml", 'state = "state"\n')
    operator.writes("rules.toml", "")
    assert "there is no channel; [channels.NAME] in " in operator.types("channels", "list").output


def test_check_greets_every_channel_and_names_the_one_that_does_not_answer(operator: Operator) -> None:
    checked = operator.types("check")
    assert checked.exit_code == 1
    assert "ok    channel board\n" in checked.output
    assert "BAD   channel closed: 127.0.0.1:1: Connection refused; check [channels.closed] in " in checked.output
    assert "skip  channel board was not greeted" in operator.types("check", "--offline").output


def test_check_names_who_in_a_route_gets_nothing_until_they_are_added(operator: Operator) -> None:
    duty = "group desk: duty@example.org gets nothing until `feed-monitor subscribers add duty@example.org`"
    chief = "rule strike: alert.then: chief@example.org gets nothing until"
    checked = operator.types("check", "--offline").output
    assert duty in checked
    assert chief in checked
    assert "board gets nothing" not in checked
    operator.types("subscribers", "add", "duty@example.org")
    checked = operator.types("check", "--offline").output
    assert duty not in checked
    assert chief in checked
    assert chief in operator.types("rules", "check").output


def test_check_says_where_quiet_hours_hold_nothing_because_the_alert_is_critical(operator: Operator) -> None:
    checked = operator.types("check", "--offline").output
    passes = "critical alerts pass quiet_hours, but for subscribers with --no-critical-passes"
    assert f"rule strike is critical: {passes}" in checked
    assert f"rule incursion may be raised to critical: {passes}" in checked
    assert "rule harbour is" not in checked


def test_check_says_that_a_rule_is_critical_to_whom_an_address_in_its_route_is_unknown(operator: Operator) -> None:
    checked = operator.types("check", "--offline").output
    for who in ("group desk: duty@example.org", "rule strike: alert.then: chief@example.org"):
        [line] = [line for line in checked.splitlines() if f"{who} gets nothing until" in line]
        assert line.endswith("; the rule strike is critical")
    operator.writes("rules.toml", RULES.replace('"critical"\nmatch', '"high"\nmatch'))
    assert "is critical" not in operator.types("check", "--offline").output


IDLE = """
[rules.harbour]
severity = "low"
match = "harbour closed"
alert = { to = ["duty@example.org"] }

[rules.ferry]
severity = "info"
match = "ferry late"
alert = { ack_within = "5m", then = ["duty@example.org"] }

[rules.convoy]
severity = "low"
match = "convoy"
alert = { to = ["duty@example.org"] }
raise = { to = "high", when = { publishers = 2, within = "1h" } }

[rules.strike]
match = "pre-emptive strike"
alert = { to = [] }

[rules.siege]
match = "siege"
alert = { to = [], ack_within = "1m", then = ["duty@example.org"] }

[rules.drill]
severity = "low"
match = "fire drill"
"""


def test_check_names_routes_by_which_nobody_will_ever_be_told(operator: Operator) -> None:
    operator.writes("rules.toml", IDLE)
    for words in (("check", "--offline"), ("rules", "check")):
        checked = operator.types(*words).output
        assert "rule harbour has `to`, and never alerts: low is below `least` of [alerts], medium" in checked
        assert "rule ferry has `then`, and never alerts: info is below" in checked
        assert "rule strike: alert.to is empty, so nobody is told;" in checked
        assert "rule siege: alert.to is empty, so nobody is told before its `then`;" in checked
        assert "rule convoy has `" not in checked
        assert "rule drill has `" not in checked


def test_check_names_a_route_whose_people_are_all_away_now(operator: Operator) -> None:
    operator.writes("rules.toml", RULES.replace('"board"', '"eva@example.org"'))
    today = f"{utc_now():%Y-%m-%d}"
    operator.types("subscribers", "add", "duty@example.org", "--away", f"{today}..{today}")
    operator.types("subscribers", "add", "eva@example.org")
    operator.types("subscribers", "add", "chief@example.org", "--away", f"{today}..{today}")
    assert "are away now" not in operator.types("check", "--offline").output
    operator.types("subscribers", "add", "eva@example.org", "--away", f"{today}..{today}")
    checked = operator.types("check", "--offline").output
    assert "rule strike: alert.to: all of them are away now: duty@example.org, eva@example.org; the rule" in checked
    operator.writes("rules.toml", RULES.replace(', "siren"', ""))
    checked = operator.types("check", "--offline").output
    assert "rule strike: alert.then: all of them are away now: chief@example.org; the rule strike is" in checked
    assert "rule strike: alert.to: all" not in checked


def test_check_counts_rules_that_look_wrong_and_not_what_is_wrong_with_them(operator: Operator) -> None:
    operator.writes("rules.toml", '[rules.harbour]\nmatch = "harbour closed today"\nunless = "no such thing here"\n')
    assert "note  1 rule looks wrong; `feed-monitor rules check`" in operator.types("check", "--offline").output
    checked = operator.types("rules", "check").output
    assert checked.count("rule harbour") > 1


def test_who_is_removed_is_told_in_which_routes_the_address_still_stands(operator: Operator) -> None:
    for address in ("chief@example.org", "duty@example.org", "eva@example.org"):
        operator.types("subscribers", "add", address)
    for address, where in (("chief@", "rule strike: alert.then"), ("Duty@", "group desk")):
        removed = operator.types("subscribers", "remove", f"{address}example.org").output
        assert f"{address.lower()}example.org still stands in {where}, where nobody is told in their" in removed
    assert operator.types("subscribers", "remove", "eva@example.org").output == "eva@example.org gets no more mail\n"


def test_the_help_of_check_says_that_offline_greets_no_channels_either(operator: Operator) -> None:
    said = " ".join(operator.types("check", "--help").output.split())
    assert "Leave the network alone: neither the mail server nor channels are greeted." in said
