"""`subscribers` as an operator types it: who gets what, what happened with them, and how they pause, leave and go."""

import asyncio
import json
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from monitor.app import open_database, utc_now
from monitor.models import Bounce, Delivery, Pause, Subscriber, SubscriberState
from monitor.store import subscribers
from monitor.words import Verdict
from tests.doors.operator import Operator

RULES = """
[rules.strike]
severity = "critical"
topic = "Strikes"
match = "pre-emptive strike"
alert = { to = ["ann@example.org"] }

[rules.harbour]
topic = "Ports"
match = "harbour closed"

[rules.inside]
match = "our own word"
"""


@pytest.fixture
def operator(tmp_path: Path, blank_state: Path) -> Operator:
    shutil.copytree(blank_state, tmp_path / "state")
    operator = Operator(tmp_path)
    configure(operator)
    operator.writes("rules.toml", RULES)
    operator.writes("feeds.toml", "")
    return operator


def configure(operator: Operator, who: str = "invited", public_url: str = "https://watch.example") -> None:
    operator.writes(
        "monitor.toml", f'state = "state"\n[web]\npublic_url = "{public_url}"\n[subscribe]\nwho = "{who}"\n'
    )


def change(operator: Operator, act: Callable[[Session], Any]) -> None:
    async def write() -> None:
        db = open_database(f"sqlite:///{operator.folder}/state/feed-monitor.db")
        await db.write(act)
        db.close()

    asyncio.run(write())


def in_state(operator: Operator, address: str, state: SubscriberState) -> None:
    def act(session: Session) -> None:
        person = subscribers.by_address(session, address)
        assert person is not None
        person.state = state
        session.add(person)

    change(operator, act)


def leaves_alerts(operator: Operator, address: str) -> None:
    def act(session: Session) -> None:
        person = subscribers.by_address(session, address)
        assert person is not None
        person.alert_from, person.refuses_alerts = None, True

    change(operator, act)


def listed(operator: Operator, *words: str) -> list[str]:
    said = operator.types("subscribers", "list", "--json", *words)
    assert said.exit_code == 0, said.output
    return [json.loads(line)["address"] for line in said.stdout.splitlines()]


def test_whoever_is_added_hears_every_rule_until_topics_are_chosen_and_chooses_anew_what_is_named(
    operator: Operator,
) -> None:
    add = ("subscribers", "add", "ann@example.org")
    assert "of " not in operator.types(*add).output
    said = operator.types(*add, "--topic", "ports", "--topic", "Strikes", "--language", "pl").output
    assert said == "ann@example.org: alerts from high on, a briefing at 07:00 UTC, of Ports, Strikes, mails in Polski\n"
    assert "of Ports, Strikes, mails in Polski" in operator.types(*add, "--at", "06:00").output
    assert "of every topic" in operator.types(*add, "--every-topic").output
    assert "of " not in operator.types(*add, "--every-rule").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--topic", "Floods"), '"Floods" is no topic of a rule; known are Strikes, Ports'),
        (("--topic", "Ports", "--every-rule"), "name one of the three"),
        (("--every-topic", "--every-rule"), "name one of the three"),
    ],
)
def test_topics_that_are_none_or_too_many_ways_to_say_them_are_refused(
    operator: Operator, words: tuple[str, ...], said: str
) -> None:
    refused = operator.types("subscribers", "add", "ann@example.org", *words)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert listed(operator) == []


def test_whoever_agreed_by_themselves_has_agreed_still_when_the_operator_changes_their_zone(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")

    def agreed(session: Session) -> None:
        person = subscribers.by_address(session, "ann@example.org")
        assert person is not None
        person.consent = "confirmed by mail; wording 3"

    change(operator, agreed)
    operator.types("subscribers", "add", "ann@example.org", "--zone", "Europe/Kyiv")
    shown = json.loads(operator.types("subscribers", "show", "ann@example.org", "--json").stdout)
    assert (shown["zone"], shown["consent"]) == ("Europe/Kyiv", "confirmed by mail; wording 3")


def test_the_list_stands_in_columns_and_can_be_narrowed(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org", "--topic", "Ports", "--quiet", "22:00-06:00")
    operator.types("subscribers", "add", "bartholomew@long.example.org", "--no-alerts", "--zone", "Europe/Warsaw")
    operator.types("subscribers", "add", "cleo@example.org", "--every-topic", "--no-briefing")
    operator.types("subscribers", "pause", "cleo@example.org")
    head, *rows = operator.types("subscribers", "list").output.splitlines()
    for name, cells in (
        ("state", ["confirmed", "confirmed", "paused"]),
        ("topics", ["Ports", "every rule", "every topic"]),
    ):
        assert [row[head.index(name) :].split("  ")[0] for row in rows] == cells
    assert rows[0].endswith("quiet 22:00-06:00 (critical passes)")

    assert listed(operator, "--state", "paused") == ["cleo@example.org"]
    assert listed(operator, "--topic", "Strikes") == ["bartholomew@long.example.org", "cleo@example.org"]
    assert len(listed(operator, "--topic", "Ports")) == 3
    assert operator.types("subscribers", "list", "--topic", "Floods").exit_code == 2

    def long_ago(session: Session) -> None:
        person = subscribers.by_address(session, "ann@example.org")
        assert person is not None
        person.created_at -= timedelta(days=40)

    change(operator, long_ago)
    assert listed(operator, "--since", "30d") == ["bartholomew@long.example.org", "cleo@example.org"]
    assert operator.types("subscribers", "list", "--state", "left").output == "nobody is like that\n"


def test_one_person_is_shown_with_what_they_chose_and_in_which_routes_they_stand(operator: Operator) -> None:
    operator.types("subscribers", "add", "Ann@example.org", "--zone", "Europe/Warsaw", "--topic", "Ports")
    operator.types("brief", "--for", "ann@example.org")
    shown = operator.types("subscribers", "show", "ann@example.org").output
    for line in (
        r"address     ann@example\.org",
        r"state       confirmed",
        r"topics      Ports",
        r"language    English, as the config has it",
        r"routes      rule strike: alert\.to",
        r"consent     added by the operator, \d\d .* Europe/Warsaw",
        r"last mail   taken \d\d .* Europe/Warsaw",
        r"bounces     none",
    ):
        assert re.search(f"^{line}$", shown, re.MULTILINE), shown
    found = json.loads(operator.types("subscribers", "show", "ann@example.org", "--json").stdout)
    assert (found["routes"], found["blocked"], found["topics"]) == (["rule strike: alert.to"], None, ["Ports"])
    unknown = operator.types("subscribers", "show", "bob@example.org")
    assert (unknown.exit_code, "is no subscriber" in unknown.stderr) == (1, True)


def test_someone_is_shown_by_the_number_that_a_mail_to_the_operator_names(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    operator.types("subscribers", "add", "bob@example.org")
    assert "address     bob@example.org\n" in operator.types("subscribers", "show", "2").output
    operator.types("subscribers", "erase", "bob@example.org", "--yes")
    for number, said in (("2", "subscriber 2 was erased"), ("3", "subscriber 3 is nobody"), ("9" * 30, "is nobody")):
        shown = operator.types("subscribers", "show", number)
        assert (shown.exit_code, said in shown.stderr) == (1, True)


def test_someone_who_left_alerts_is_shown_so_until_the_operator_gives_them_some(operator: Operator) -> None:
    add = ("subscribers", "add", "ann@example.org")
    operator.types(*add)
    leaves_alerts(operator, "ann@example.org")
    refused = "no alerts, not even of rules that name them, by their own wish"
    assert refused in operator.types(*add, "--quiet", "22:00-06:00").output
    shown = operator.types("subscribers", "show", "ann@example.org").output
    assert "alerts      none, not even of rules that name them: they left alerts" in shown
    assert "refused" in operator.types("subscribers", "list").output
    assert json.loads(operator.types("subscribers", "list", "--json").stdout)["refuses_alerts"] is True
    assert refused not in operator.types(*add, "--alerts").output
    assert json.loads(operator.types("subscribers", "list", "--json").stdout)["refuses_alerts"] is False


@pytest.mark.parametrize("state", [SubscriberState.PAUSED, SubscriberState.BOUNCED, SubscriberState.LEFT])
def test_check_names_whoever_in_a_route_is_not_there(operator: Operator, state: SubscriberState) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    silent = "rule strike: alert.to: ann@example.org gets nothing until"
    assert silent not in operator.types("check", "--offline").output
    in_state(operator, "ann@example.org", state)
    assert silent in operator.types("check", "--offline").output


def test_a_pause_ends_on_its_day_or_when_the_operator_says_so(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org", "--zone", "Asia/Tokyo")
    day = utc_now().date() + timedelta(days=90)
    paused = operator.types("subscribers", "pause", "ann@example.org", "--until", day.isoformat()).output
    assert f"ann@example.org gets no mail until {day} (Asia/Tokyo)\n" in paused
    assert "still stands in rule strike: alert.to" in paused
    (person,) = [json.loads(line) for line in operator.types("subscribers", "list", "--json").stdout.splitlines()]
    assert (person["state"], person["paused_until"]) == ("paused", f"{day - timedelta(days=1)}T15:00:00+00:00")
    assert person["next_briefing"] is None
    assert f"paused until {day:%d %b %Y}" in operator.types("subscribers", "list").output
    assert "gets mail again" in operator.types("subscribers", "resume", "ann@example.org").output
    again = operator.types("subscribers", "resume", "ann@example.org")
    assert (again.exit_code, "is not paused" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("until", "said"), [("tomorrow", "is no day"), ("2006-03-01", "has begun already"), ("9000-01-01", "ten years")]
)
def test_a_pause_until_no_day_to_come_is_refused(operator: Operator, until: str, said: str) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    refused = operator.types("subscribers", "pause", "ann@example.org", "--until", until)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert listed(operator, "--state", "paused") == []


def test_whoever_has_left_cannot_be_paused(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    operator.types("subscribers", "remove", "ann@example.org")
    refused = operator.types("subscribers", "pause", "ann@example.org")
    assert (refused.exit_code, "gets no mail that could be paused: left" in refused.stderr) == (1, True)


def test_erasing_wants_a_yes_and_leaves_nothing_of_the_address_in_the_files(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    operator.types("brief", "--for", "ann@example.org")
    asked = operator.types("subscribers", "erase", "ann@example.org")
    assert (asked.exit_code, asked.stderr.endswith("say --yes\n")) == (2, True)
    assert listed(operator) == ["ann@example.org"]

    erased = operator.types("subscribers", "erase", "ann@example.org", "--yes").output
    assert erased.startswith("ann@example.org is erased; backups that you made before have them still\n")
    assert "What stays" not in erased
    assert listed(operator) == []
    for file in (operator.folder / "state").glob("feed-monitor.db*"):
        assert b"ann@example.org" not in file.read_bytes(), file
    assert operator.types("subscribers", "erase", "ann@example.org", "--yes").exit_code == 1
    assert operator.types("subscribers", "history", "ann@example.org").exit_code == 1


def test_a_block_holds_after_erasing_and_is_said(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    assert operator.types("subscribers", "block", "ann@example.org").output.startswith(
        "ann@example.org is never written to again\n"
    )
    assert "blocked already" in operator.types("subscribers", "block", "ann@example.org").output
    erased = operator.types("subscribers", "erase", "ann@example.org", "--yes").output
    assert "What stays is a mark that they are never written to (blocked by the operator)" in erased
    refused = operator.types("subscribers", "add", "ann@example.org")
    assert refused.exit_code == 1
    assert (
        "ann@example.org is never written to: blocked by the operator; `feed-monitor subscribers unblock"
        in refused.stderr
    )
    assert "it is never written to" in operator.types("subscribers", "show", "ann@example.org").stderr

    assert "may be written to again" in operator.types("subscribers", "unblock", "ann@example.org").output
    assert operator.types("subscribers", "unblock", "ann@example.org").exit_code == 1
    assert operator.types("subscribers", "add", "ann@example.org").exit_code == 0


def test_history_has_deeds_mails_and_bounces_with_the_newest_last(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    operator.types("brief", "--for", "ann@example.org")

    def returned(session: Session) -> None:
        person = subscribers.by_address(session, "ann@example.org")
        assert person is not None
        session.add(
            Bounce(
                subscriber_id=person.id, domain="example.org", at=utc_now() + timedelta(minutes=1),
                verdict=Verdict.SOFT, code="4.2.2", reason="the mailbox is full", source="maildir",
            )
        )  # fmt: skip

    change(operator, returned)
    said = operator.types("subscribers", "history", "ann@example.org")
    lines = [line[21:] for line in said.stdout.splitlines()]
    assert lines[0] == "deed    added (by the operator)"
    assert re.match(r"mail    briefing of \d{4}-\d\d-\d\d accepted: in ", lines[1])
    assert lines[2] == "bounce  came back by maildir 4.2.2: it cannot be reached for the moment: the mailbox is full"
    events = [
        json.loads(line)
        for line in operator.types("subscribers", "history", "ann@example.org", "--json").stdout.splitlines()
    ]
    assert [each["what"] for each in events] == ["deed", "mail", "bounce"]
    assert (events[1]["status"], events[2]["verdict"]) == ("sent", Verdict.SOFT)
    last = operator.types("subscribers", "history", "ann@example.org", "--last", "1").stdout.splitlines()
    assert [line[21:27] for line in last] == ["bounce"]
    assert json.loads(operator.types("subscribers", "list", "--json").stdout)["bounces"] == 1


def test_a_token_that_a_server_repeats_in_its_answer_stands_in_no_history(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    operator.types("brief", "--for", "ann@example.org")
    tokens: list[str] = []

    def answered(session: Session) -> None:
        delivery = session.get_one(Delivery, 1)
        tokens.append(delivery.token)
        delivery.reply = f"250 taken from bounces+{delivery.token}@example.org"

    change(operator, answered)
    for words in ((), ("--json",)):
        said = operator.types("subscribers", "history", "ann@example.org", *words).stdout
        assert "250 taken from bounces+TOKEN@example.org" in said
        assert tokens[0] not in said


def test_those_who_wait_for_the_operator_are_let_in_or_turned_down(operator: Operator) -> None:
    for name in ("ann", "bob", "eva"):
        operator.types("subscribers", "add", f"{name}@example.org")
        in_state(operator, f"{name}@example.org", SubscriberState.APPLIED)
    let_in = operator.types("subscribers", "approve", "ann@example.org", "Bob@example.org", "nobody@example.org")
    assert let_in.exit_code == 1
    assert let_in.stdout == "ann@example.org gets mail from now on\nbob@example.org gets mail from now on\n"
    assert (
        "nobody waits for you at nobody@example.org; `feed-monitor subscribers list --state applied`" in let_in.stderr
    )
    assert "subscribed already" in operator.types("subscribers", "approve", "ann@example.org").output
    assert "is turned down, and was not told" in operator.types("subscribers", "decline", "eva@example.org").output
    assert operator.types("subscribers", "decline", "ann@example.org").exit_code == 1
    assert listed(operator, "--state", "confirmed") == ["ann@example.org", "bob@example.org"]
    assert listed(operator, "--state", "left") == ["eva@example.org"]
    assert "2 mails sent" in operator.types("deliver").output


def test_an_invitation_is_a_link_that_says_until_when_it_works(operator: Operator) -> None:
    invited = operator.types("subscribers", "invite", "--days", "3")
    assert re.fullmatch(r"https://watch\.example/invited/\S+\n", invited.stdout)
    assert invited.stderr.startswith("It works for 3 days, until ")
    configure(operator, "everybody")
    assert 'is "everybody", so that nobody needs it' in operator.types("subscribers", "invite").stderr
    configure(operator, "nobody")
    assert 'write `who = "invited"` into [subscribe]' in operator.types("subscribers", "invite").stderr
    configure(operator, "invited", "")
    refused = operator.types("subscribers", "invite")
    assert (refused.exit_code, "there are no pages to join by: set `public_url`" in refused.stderr) == (1, True)


@pytest.mark.parametrize("act", ["pause", "resume", "remove", "erase", "show", "history"])
def test_nobody_of_an_address_is_said_in_one_sentence(operator: Operator, act: str) -> None:
    yes = ("--yes",) if act == "erase" else ()
    refused = operator.types("subscribers", act, "nobody@example.org", *yes)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "feed-monitor: nobody@example.org is no subscriber; `feed-monitor subscribers list` shows who is\n"
    )
    assert operator.types("subscribers", act, "no address", *yes).exit_code == 2


def test_a_tombstone_is_nobody(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    operator.types("subscribers", "erase", "ann@example.org", "--yes")
    people: list[Subscriber] = []
    change(operator, lambda session: people.extend(session.exec(select(Subscriber))))
    assert [person.state for person in people] == [SubscriberState.ERASED]
    assert operator.types("subscribers", "list").output.startswith("nobody yet;")


def test_status_says_who_waits_for_a_yes_and_which_mail_waits_for_a_pause_to_end(operator: Operator) -> None:
    for name in ("ann", "ben", "cem"):
        operator.types("subscribers", "add", f"{name}@example.org")

    def happen(session: Session) -> None:
        states = (SubscriberState.APPLIED, SubscriberState.APPLIED, SubscriberState.BOUNCED)
        for person, state in zip(session.exec(select(Subscriber)), states, strict=True):
            person.state = state
        begun = utc_now() - timedelta(minutes=5)
        until = begun + timedelta(hours=1)
        session.add(Pause(domain="quay.test", since=begun, until=until, reason="it refuses us"))

    change(operator, happen)
    told = operator.types("status").stdout
    assert "people    0 (2 to be approved, 1 out of reach); no briefing is due to anybody" in told
    assert "2 people wait for your yes: `feed-monitor subscribers list --state applied`" in told
    assert re.search(r"TROUBLE   mail to quay\.test waits until \d\d:\d\d UTC, for 5 min so far: it refuses us", told)
    known = json.loads(operator.types("status", "--json").stdout)
    assert known["people"] == {"applied": 2, "bounced": 1}
    assert [each["domain"] for each in known["pauses"]] == ["quay.test"]
