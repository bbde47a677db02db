"""What an operator mutes: a rule, words, a source, a story, for everybody or for one person."""

import json
from pathlib import Path

import pytest

from monitor.app import open_database, utc_now
from monitor.models import Story
from monitor.settings import load
from tests.doors.operator import Operator

RULES = """
[rules.strike]
severity = "critical"
match = "pre-emptive strike"

[rules.incursion]
severity = "high"
match = "airspace incursion"
"""
WHY = ("--comment", "planned drill", "--author", "eva")


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    operator = Operator(tmp_path)
    operator.writes("monitor.toml", 'state = "state"\n')
    operator.writes("rules.toml", RULES)
    operator.writes(
        "feeds.toml",
        '[[feed]]\nurl = "https://wire.test/feed"\nname = "wire"\npublisher = "Torvik Wire"\ntags = ["north"]\n',
    )
    operator.types("subscribers", "add", "duty@example.org")
    return operator


def test_whatever_a_silence_names_stands_in_the_list_with_for_whom_until_when_by_whom_and_why(
    operator: Operator,
) -> None:
    muted = operator.types(
        "silence", "add", "incursion", "--words", "balloon", "--source", "TORVIK wire", "--person",
        "Duty@example.org", "--for", "8h", *WHY,
    )  # fmt: skip
    what = "1: incursion where balloon from TORVIK wire for duty@example.org"
    assert muted.exit_code == 0, muted.output
    assert muted.output.startswith(f"{what} is muted until ")
    assert len(muted.output.splitlines()) == 1
    listed = operator.types("silence", "list").output
    assert listed.startswith(f"{what} until ")
    assert listed.endswith(" UTC, eva: planned drill\n")
    row = json.loads(operator.types("silence", "list", "--json").stdout)
    assert (row["person"], row["source"], row["in_force"]) == ("duty@example.org", "TORVIK wire", True)


def test_a_silence_needs_no_rule_but_says_that_critical_alerts_are_covered_too(operator: Operator) -> None:
    for words, what in ((("--source", "north"), "every rule from north"), (("strike",), "strike")):
        muted = operator.types("silence", "add", *words, *WHY).output
        assert f": {what} is muted until " in muted
        assert "nobody is told at once of what it covers, critical or not: `silence expire " in muted
    assert "critical or not" not in operator.types("silence", "add", "incursion", *WHY).output


def test_a_silence_for_one_person_says_nothing_of_the_others(operator: Operator) -> None:
    muted = operator.types("silence", "add", "strike", "--person", "Duty@example.org", *WHY).output
    assert "duty@example.org is not told at once of what it covers, critical or not: `silence expire 1`" in muted
    assert "nobody" not in muted


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "this would mute everything; name a RULE, --words, --source or --story"),
        (("--person", "duty@example.org"), 2, "this would mute everything"),
        (("stirke",), 1, "there is no rule stirke; known are strike, incursion"),
        (("--source", "herald"), 1, "--source: no feed, publisher or tag is called herald; `feed-monitor feeds list`"),
        (("--story", "99"), 1, "there is no story 99; `feed-monitor stories list` shows those of late"),
        (("strike", "--person", "bob@example.org"), 1, "bob@example.org is no confirmed subscriber; known are duty@"),
        (("strike", "--person", "bob"), 2, '"bob" is no mail address'),
        (("--words", "(open"), 1, "--words: column 6: the line ends too early"),
        (("strike", "--for", "0m"), 1, "--for: must last longer than nothing; write like 30m"),
        (("strike", "--comment", " "), 2, "--comment: is empty; write why, for whoever misses the alert"),
        (("strike", "--for", "999d"), 1, "--for: a silence lasts up to 366 days"),
        (("strike", "--for", "99999999999d"), 1, "--for: "),
    ],
)
def test_what_cannot_be_muted_is_refused_with_what_is_known(
    operator: Operator, words: tuple[str, ...], code: int, said: str
) -> None:
    refused = operator.types("silence", "add", *WHY, *words)
    assert refused.exit_code == code
    assert refused.stderr.startswith(f"feed-monitor: {said}")
    assert operator.types("silence", "list").output == "nothing is muted\n"


def test_a_story_that_was_merged_is_muted_where_its_reports_are_now(operator: Operator) -> None:
    db = open_database(load(operator.folder / "monitor.toml").database)
    now = utc_now()
    kept = Story(id=4, title="Harbour of Lervik closed", first_seen_at=now, last_seen_at=now)
    merged = Story(id=5, title="Lervik harbour shut", first_seen_at=now, last_seen_at=now, merged_into=4)
    try:
        db.write_now(lambda session: session.add_all([kept, merged]))
    finally:
        db.close()
    muted = operator.types("silence", "add", "--story", "5", *WHY)
    assert muted.output.startswith("1: every rule in story 4 is muted until ")


def test_who_has_left_needs_no_silence(operator: Operator) -> None:
    operator.types("subscribers", "remove", "duty@example.org")
    refused = operator.types("silence", "add", "strike", "--person", "duty@example.org", *WHY)
    assert refused.exit_code == 1
    assert "duty@example.org is no confirmed subscriber; known are nobody yet" in refused.stderr


def test_a_silence_that_ended_is_shown_to_who_asks_for_it(operator: Operator) -> None:
    operator.types("silence", "add", "strike", *WHY)
    assert operator.types("silence", "expire", "1").output == "1: ended\n"
    assert operator.types("silence", "list").output == "nothing is muted\n"
    assert operator.types("silence", "list", "--ended").output.startswith("1: strike ended ")
    assert json.loads(operator.types("silence", "list", "--ended", "--json").stdout)["in_force"] is False
