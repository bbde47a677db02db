"""`subscribers import` and `export`: a list comes in whole or not at all, and goes out so that it comes back."""

import json
import shutil
from pathlib import Path

import pytest
from sqlmodel import select

from monitor.models import Delivery
from monitor.store.owing import BRIEFINGS
from tests.doors.operator import Operator
from tests.doors.test_people_commands import RULES, change, configure, leaves_alerts, listed

CONSENT = ("--consent", "signed a list at the counter, 2026")


@pytest.fixture
def operator(tmp_path: Path, blank_state: Path) -> Operator:
    shutil.copytree(blank_state, tmp_path / "state")
    operator = Operator(tmp_path)
    configure(operator)
    operator.writes("rules.toml", RULES)
    operator.writes("feeds.toml", "")
    return operator


def imports(operator: Operator, text: str | bytes, *words: str) -> tuple[int, str, str]:
    file = operator.folder / "people.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = operator.types("subscribers", "import", str(file), *words)
    return result.exit_code, result.stdout, result.stderr.replace(f"{operator.folder}/", "")


def people(operator: Operator) -> dict[str, dict[str, object]]:
    lines = operator.types("subscribers", "list", "--json").stdout.splitlines()
    return {each["address"]: each for each in map(json.loads, lines)}


def test_a_list_comes_in_with_what_each_line_says_and_the_rest_as_the_config_has_it(operator: Operator) -> None:
    code, said, _ = imports(
        operator,
        "address,zone,briefing,briefing_at,alerts_from,topics,language,quiet,consent\n"
        'Ann@Example.org,Europe/Warsaw,yes,06:30,critical,"Ports; strikes",pl,22:00-06:00,by letter\n'
        "bob@example.org,,no,,none,*,,,\n"
        "\n"
        "cleo@example.org,,,,,**\n",
        *CONSENT,
    )
    assert (code, said) == (0, "3 people brought in, 0 there already, 0 skipped\n")
    found = people(operator)
    ann, bob, cleo = (found[f"{name}@example.org"] for name in ("ann", "bob", "cleo"))
    assert (ann["zone"], ann["briefing_at"], ann["alerts_from"]) == ("Europe/Warsaw", "06:30", "critical")
    assert (ann["topics"], ann["language"], ann["quiet_from"]) == (["Ports", "Strikes"], "pl", "22:00")
    assert (bob["zone"], bob["briefing"], bob["alerts_from"], bob["topics"]) == ("UTC", False, None, ["*"])
    assert (cleo["topics"], cleo["alerts_from"], cleo["state"]) == (None, "high", "confirmed")
    assert (ann["consent"], bob["consent"]) == ("by letter", "signed a list at the counter, 2026")
    assert "deed    imported (by the operator)" in operator.types("subscribers", "history", "ann@example.org").stdout


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfaddress;zone\r\nann@example.org;Europe/Kyiv\r\n",
        b"zone\taddress\nEurope/Kyiv\tann@example.org",
        b'"address","zone"\n"ann@example.org","Europe/Kyiv"\n',
        b"\n ADDRESS , Zone \n ann@example.org , Europe/Kyiv \n",
    ],
)
def test_lists_as_spreadsheets_write_them_are_read(operator: Operator, text: bytes) -> None:
    code, said, _ = imports(operator, text, *CONSENT)
    assert (code, said) == (0, "1 person brought in, 0 there already, 0 skipped\n")
    assert people(operator)["ann@example.org"]["zone"] == "Europe/Kyiv"


def test_every_bad_line_is_named_and_nobody_comes_in(operator: Operator) -> None:
    code, said, wrong = imports(
        operator,
        "address,zone,briefing,briefing_at,alerts_from,topics,language,quiet,critical_passes,away\n"
        "ann@example.org,,,,,,,,,\n"
        "bob,Mars,maybe,25:00,hot,Floods,tlh,22:00,perhaps,someday\n"
        ",,,,,,,,,\n"
        ",UTC,,,,,,,,\n"
        'cleo@example.org,,,,,"Ports",,,,,,surplus\n',
        *CONSENT,
    )
    assert (code, said) == (1, "")
    lines = [line.removeprefix("feed-monitor: ") for line in wrong.splitlines()]
    places = ["address", "zone", "briefing", "briefing_at", "alerts_from", "topics", "language", "quiet",
              "critical_passes", "away"]  # fmt: skip
    assert [line.split(": ")[:2] for line in lines[:10]] == [["people.csv:3", place] for place in places]
    assert lines[4] == (
        'people.csv:3: alerts_from: "hot" is no severity; write one of info, low, medium, high, critical, or none'
    )
    assert lines[10].startswith("people.csv:5: address: is empty")
    assert lines[11].startswith("people.csv:6: there are 12 cells below 10 names")
    assert lines[12] == "nobody was brought in; mend the list, or remove these lines"
    assert listed(operator) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ann@example.org\n", "people.csv:1: the first line must name the columns, and one of them address"),
        ("address,state\n", 'people.csv:1: "state" is no column of ours; remove or rename it; known are address, zone'),
        ("address,zone,zone\n", 'people.csv:1: "zone" is there twice'),
        ("", "people.csv:1: the list is empty"),
        ('address,zone\nann@example.org,"UTC\n', "people.csv:2: unexpected end of data; see whether a quotation mark"),
        (
            b"address\nann@example.org\n\xfcwe@example.org\n",
            "people.csv:3: this is no UTF-8; save the list as CSV UTF-8",
        ),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_the_place(operator: Operator, text: str | bytes, said: str) -> None:
    code, _, wrong = imports(operator, text, *CONSENT)
    assert code == 1
    assert said in wrong
    assert listed(operator) == []


def test_how_they_agreed_must_be_said_of_all_or_of_each(operator: Operator) -> None:
    code, _, wrong = imports(operator, "address\nann@example.org\nbob@example.org\n")
    assert (code, wrong.count("say it of all by --consent")) == (1, 1)
    code, _, wrong = imports(operator, "address,consent\nann@example.org,by letter\nbob@example.org,\n")
    assert (code, "people.csv:3: consent: is empty" in wrong) == (1, True)
    assert imports(operator, "address,consent\nann@example.org,by letter\n")[0] == 0


def test_who_stands_there_twice_has_left_is_blocked_or_subscribed_is_told_and_left_out(operator: Operator) -> None:
    for name in ("left", "there"):
        operator.types("subscribers", "add", f"{name}@example.org", "--zone", "Europe/Kyiv")
    operator.types("subscribers", "remove", "left@example.org")
    operator.types("subscribers", "block", "blocked@example.org")
    text = "address\n" + "".join(
        f"{name}@example.org\n" for name in ("new", "left", "blocked", "there", "NEW", "other")
    )
    code, said, _ = imports(operator, text, *CONSENT)
    assert code == 0
    lines = [line.replace(f"{operator.folder}/", "") for line in said.splitlines()]
    assert lines == [
        "skipped  people.csv:6: new@example.org: stands in line 2 already",
        "skipped  people.csv:4: blocked@example.org: is never written to (blocked by the operator);"
        " `feed-monitor subscribers unblock blocked@example.org` ends that",
        "skipped  people.csv:3: left@example.org: left before; --again brings in who has agreed anew",
        "known    people.csv:5: there@example.org: is confirmed and stays so",
        "2 people brought in, 1 there already, 3 skipped",
    ]
    found = people(operator)
    assert (found["left@example.org"]["state"], found["there@example.org"]["zone"]) == ("left", "Europe/Kyiv")

    assert "1 person brought in, 3 there already, 2 skipped" in imports(operator, text, *CONSENT, "--again")[1]
    back = people(operator)["left@example.org"]
    assert (back["state"], back["zone"], back["left_at"]) == ("confirmed", "UTC", None)
    assert "blocked@example.org" not in people(operator)


def test_a_dry_run_tells_the_same_and_changes_nothing(operator: Operator) -> None:
    code, said, _ = imports(operator, "address\nann@example.org\nann@example.org\n", *CONSENT, "--dry-run")
    assert (code, said.splitlines()[-1]) == (0, "1 person would be brought in, 0 there already, 1 skipped")
    assert listed(operator) == []


def test_someone_who_had_left_alerts_hears_them_again_when_they_come_in_again(operator: Operator) -> None:
    operator.types("subscribers", "add", "ann@example.org")
    leaves_alerts(operator, "ann@example.org")
    operator.types("subscribers", "remove", "ann@example.org")
    imports(operator, "address\nann@example.org\n", *CONSENT, "--again")
    ann = people(operator)["ann@example.org"]
    assert (ann["state"], ann["alerts_from"], ann["refuses_alerts"]) == ("confirmed", "high", False)


def test_people_who_are_asked_first_get_one_mail_and_are_not_asked_again(operator: Operator) -> None:
    text = "address,zone\nann@example.org,Europe/Kyiv\nbob@example.org,\n"
    code, said, _ = imports(operator, text, "--confirm")
    assert (code, said.splitlines()[0]) == (0, "2 people asked to confirm, 0 there already, 0 skipped")
    found = people(operator)
    assert {each["state"] for each in found.values()} == {"pending"}
    assert (found["ann@example.org"]["zone"], found["ann@example.org"]["topics"]) == ("Europe/Kyiv", ["*"])
    assert "2 mails sent" in operator.types("deliver").output
    mails = [file.read_text() for file in (operator.folder / "state/mail/new").iterdir()]
    assert all("https://watch.example/confirm/" in mail.replace("=\n", "") for mail in mails)
    assert "0 people asked to confirm, 2 there already" in imports(operator, text, "--confirm")[1]
    # Whoever vouches for them needs no answer.
    assert "2 people brought in" in imports(operator, text, *CONSENT)[1]
    configure(operator, public_url="")
    assert "nobody could confirm: set `public_url`" in imports(operator, text, "--confirm")[2]


def test_thousands_who_are_asked_first_hold_up_nobody(operator: Operator) -> None:
    imports(operator, "address\nann@example.org\nbob@example.org\n", "--confirm")
    lanes: list[int] = []
    change(operator, lambda session: lanes.extend(session.exec(select(Delivery.lane))))
    assert lanes == [BRIEFINGS, BRIEFINGS]


def test_outsiders_hear_no_rule_without_a_topic_unless_the_operator_says_so(operator: Operator) -> None:
    imports(operator, "address\nann@example.org\n", *CONSENT)
    imports(operator, "address\nbob@example.org\n", *CONSENT, "--every-rule")
    found = people(operator)
    assert (found["ann@example.org"]["topics"], found["bob@example.org"]["topics"]) == (["*"], None)
    operator.writes("rules.toml", RULES.replace('topic = "Strikes"', "").replace('topic = "Ports"', ""))
    code, _, wrong = imports(operator, "address\neva@example.org\n", *CONSENT)
    assert (code, "no rule has a `topic`, so these people would hear of nothing" in wrong) == (2, True)
    for words in (("--every-rule", "--every-topic"), ("--every-rule", "--confirm")):
        assert imports(operator, "address\neva@example.org\n", *CONSENT, *words)[0] == 2
    assert imports(operator, "address\neva@example.org\n", *CONSENT, "--every-rule")[0] == 0


def test_what_is_exported_comes_back_the_same(operator: Operator) -> None:
    ann = ("--topic", "Ports", "--topic", "Strikes", "--quiet", "22:00-06:00", "--away", "2126-01-02..2126-01-09")
    operator.types("subscribers", "add", "ann@example.org", *ann, "--no-critical-passes", "--language", "uk")
    operator.types("subscribers", "add", "=cmd'|x@example.org", "--no-alerts", "--no-briefing", "--at", "00:00")
    operator.types("subscribers", "add", "'=odd@example.org", "--every-topic", "--zone", "Asia/Tokyo")
    operator.types("subscribers", "add", "paused@example.org")
    operator.types("subscribers", "pause", "paused@example.org")
    exported = operator.types("subscribers", "export").stdout
    # A spreadsheet would take it for a formula.
    assert "\n'=cmd'|x@example.org," in exported
    assert "paused@example.org" not in exported
    assert "paused@example.org" in operator.types("subscribers", "export", "--state", "paused").stdout
    before = {address: _chosen(each) for address, each in people(operator).items() if each["state"] == "confirmed"}

    for file in (operator.folder / "state").iterdir():
        file.unlink()
    assert imports(operator, exported)[1] == "3 people brought in, 0 there already, 0 skipped\n"
    assert {address: _chosen(each) for address, each in people(operator).items()} == before
    assert operator.types("subscribers", "export").stdout == exported
    assert len(operator.types("subscribers", "export", "--json").stdout.splitlines()) == 3


def _chosen(person: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in person.items() if name not in ("created_at", "confirmed_at")}


def test_a_list_comes_from_a_pipe_and_a_file_that_is_not_there_is_named(operator: Operator) -> None:
    piped = operator.types("subscribers", "import", "-", *CONSENT, stdin="address\nann@example.org\n")
    assert (piped.exit_code, listed(operator)) == (0, ["ann@example.org"])
    bad = operator.types("subscribers", "import", "-", *CONSENT, stdin="address\nann\n")
    assert "stdin:2: address: " in bad.stderr
    missing = operator.types("subscribers", "import", str(operator.folder / "none.csv"), *CONSENT)
    assert (missing.exit_code, "cannot be read (No such file or directory)" in missing.stderr) == (1, True)
