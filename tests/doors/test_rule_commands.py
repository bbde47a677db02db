"""What an operator learns about rules before they are in force."""

import json
from email.utils import format_datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from pytest_httpserver import HTTPServer

from monitor.app import utc_now
from monitor.cli import main
from tests.doors.operator import Operator

ITEMS = [
    ("Alliance weighs pre-emptive strike", "Talks go on."),
    ("Pre-emptive strike drill ends in the north", ""),
    ("Ferry line reopens", "After the storm."),
    ("Rail strike called off", ""),
]
FEED = (
    '<rss version="2.0"><channel><title>Wire</title><language>en</language>'
    + "".join(
        f"<item><title>{title}</title><link>/{number}</link><guid>{number}</guid>"
        f"<description>{summary}</description><pubDate>{format_datetime(utc_now())}</pubDate></item>"
        for number, (title, summary) in enumerate(ITEMS)
    )
    + "</channel></rss>"
)
RULES = """
[terms]
drill = "(drill | exercise)"

[rules.strike]
severity = "critical"
match = "pre-emptive strike"
unless = "$drill"
[rules.strike.tests]
fires = "Preemptive strikes ordered"
silent = "Rail strike called off"
held = "Pre-emptive strike drill"
"""


@pytest.fixture
def operator(tmp_path: Path, httpserver: HTTPServer) -> Operator:
    """An operator with a rule of his own and one feed, whose four entries are stored."""
    operator = Operator(tmp_path)
    operator.writes("monitor.toml", 'state = "state"\ncontact = "ops@example.org"\n')
    operator.writes(
        "feeds.toml", f'[[feed]]\nurl = "{httpserver.url_for("/wire")}"\nname = "wire"\nallow_private = true\n'
    )
    operator.writes("rules.toml", RULES)
    httpserver.expect_request("/wire").respond_with_data(FEED, content_type="text/xml")
    assert operator.types("poll").exit_code == 0
    return operator


def test_check_runs_the_tests_of_every_rule_and_names_the_sentence_that_fails(operator: Operator) -> None:
    good = operator.types("rules", "check")
    assert (good.exit_code, good.output) == (0, "ok    1 rule, 3 tests: 0 problems, 0 warnings\n")

    operator.writes("rules.toml", RULES.replace("Rail strike called off", "A pre-emptive strike it is"))
    bad = operator.types("rules", "check")
    assert bad.exit_code == 1
    assert 'rules.toml:11: rule strike: "A pre-emptive strike it is" should stay silent, but fires' in bad.output


def test_check_warns_of_rules_that_can_be_read_and_make_no_sense(operator: Operator) -> None:
    file = operator.writes(
        "odd.toml",
        "[rules.wide]\nseverity = 'high'\nmatch = 'strike'\n[rules.narrow]\nmatch = 'rail strike'\n"
        "[rules.twin]\nmatch = 'strikes'\n"
        '[rules.never]\nmatch = "coup -coup"\n[rules.loose]\nmatch = \'junta\'\nunless = "years ago"\n',
    )
    checked = operator.types("rules", "check", file)

    assert checked.exit_code == 0
    assert "odd.toml:5: rule narrow: rail strike: is hidden by rule wide, line 1: strike" in checked.output
    assert "odd.toml:7: rule twin: strikes: repeats rule wide, line 1: strike" in checked.output
    assert "odd.toml:9: rule never: coup -coup: can never match: a word must be there and be absent" in checked.output
    assert '"years ago": its quotes are those of TOML, so it means loose words' in checked.output
    assert "rule wide has no tests" in checked.output


def test_check_warns_of_a_rule_that_speaks_of_everything_stored(operator: Operator, httpserver: HTTPServer) -> None:
    items = "".join(
        f"<item><title>Report {number}, {'harbour' if number % 9 else 'coup'}</title><guid>n{number}</guid></item>"
        for number in range(300)
    )
    httpserver.expect_request("/more").respond_with_data(f'<rss version="2.0"><channel>{items}</channel></rss>')
    with (operator.folder / "feeds.toml").open("a") as feeds:
        feeds.write(f'[[feed]]\nurl = "{httpserver.url_for("/more")}"\nname = "more"\nallow_private = true\n')
    operator.writes("rules.toml", RULES + "[rules.coup]\nmatch = 'coup'\n[rules.rare]\nmatch = 'ferry'\n")
    operator.types("poll")
    checked = operator.types("rules", "check").output

    assert "rule coup: matches 34 of the 304 entries stored in 30 days, over 5 %" in checked
    assert "rule rare: matches" not in checked


def test_a_bad_line_names_file_line_and_column_and_the_other_rules_go_on(operator: Operator) -> None:
    file = operator.writes("two.toml", "[rules.bad]\nmatch = '''\nfine line\n(open | ended\n'''\n" + RULES)
    result = operator.types("rules", "test", "--rules", file, "Pre-emptive strike ordered")

    assert "two.toml:4: rule bad, match, column 14: the line ends too early; expected" in result.stderr
    assert "the other rules go on" in result.stderr
    assert "strike (critical) fires" in result.stdout
    assert operator.types("rules", "check", file).exit_code == 1


def test_rules_may_lie_in_a_folder_and_share_their_lists(operator: Operator) -> None:
    operator.writes("rules.d/coup.toml", "[rules.coup]\nmatch = 'coup'\nunless = '$drill'\n")
    tested = operator.types("rules", "test", "Coup drill in the capital")
    assert "coup (high) would be held back" in tested.output
    assert 'unless $drill: "drill"' in tested.output

    operator.writes("rules.d/again.toml", "[rules.coup]\nmatch = 'junta'\n")
    checked = operator.types("rules", "check")
    assert checked.exit_code == 1
    assert "the rule coup stands in" in checked.output


def test_words_are_marked_where_a_rule_fires_and_what_was_missing_is_said_where_it_nearly_did(
    operator: Operator,
) -> None:
    operator.writes("rules.toml", RULES + "[rules.air]\nmatch = 'airspace incursion'\n")
    near = operator.types(
        "rules", "test", "Airspace reopened after the heavy storm as ground incursion in Sudan widens"
    ).output
    assert "air stays silent: airspace incursion: airspace and incursion 7 words apart, 4 allowed" in near

    fired = operator.types("rules", "test", "--rule", "strike", "Strike was 'pre-emptive', general says").output
    assert "[Strike] was '[pre-emptive]', general says" in fired
    assert "air" not in fired
    unknown = operator.types("rules", "test", "--rule", "stirke", "x")
    assert (unknown.exit_code, unknown.stderr) == (1, "feed-monitor: there is no rule stirke; known are strike, air\n")
    as_json = json.loads(operator.types("rules", "test", "--json", "Preemptive strikes").stdout)
    assert [each["text"] for each in as_json["matches"][0]["evidence"]] == ["Preemptive", "strikes"]


def test_match_answers_every_line_of_a_program_in_order_with_exact_spans(operator: Operator) -> None:
    lines = [
        {"id": "a", "title": "Quiet", "summary": "The “pre‑emptive” strike."},
        {"id": "b", "title": "Pre-emptive strike drill", "summary": ""},
        {"id": "c", "title": "Ferry", "summary": "", "lang": "en", "source": "wire", "tags": ["x"], "url": "u"},
    ]
    stdin = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    result = operator.types("rules", "match", "--json", stdin=stdin)
    answers = [json.loads(line) for line in result.stdout.splitlines()]

    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == ["a", "b", "c"]
    (match,) = answers[0]["matches"]
    assert (match["rule"], match["severity"], match["held"]) == ("strike", "critical", False)
    for each in match["evidence"]:
        assert lines[0][each["field"]][each["start"] : each["end"]] == each["text"]  # type: ignore[index]
    assert answers[1]["matches"][0]["held"] is True
    assert answers[2]["matches"] == []


def test_match_names_the_line_that_is_no_entry_and_goes_on(operator: Operator) -> None:
    result = operator.types(
        "rules", "match", stdin='{"id": 1, "title": "x"}\nnonsense\n[]\n\n{"id": 2, "titel": "x"}\n'
    )

    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [1]
    assert result.exit_code == 1
    for number in (2, 3, 5):
        assert f"stdin:{number}: no entry" in result.stderr


def test_a_backtest_shows_days_hits_what_is_held_and_a_forecast(operator: Operator) -> None:
    shown = operator.types("rules", "backtest").output
    assert "4 entries of 1 day\n" in shown
    assert "strike: 1 fire, 1 held back, 0 dropped" in shown
    assert "Alliance weighs [pre-emptive] [strike]" in shown
    assert "would be held back:" in shown
    assert "forecast: about 1.0 matches a day, 1.0 stories a day, 1.0 alerts a day" in shown
    assert "█" in shown

    other = operator.writes("other.toml", "[rules.rail]\nseverity = 'low'\nmatch = 'rail strike'\n")
    tried = json.loads(operator.types("rules", "backtest", "rail", "--file", other, "--json").stdout)
    assert (tried["entries"], tried["rules"]["rail"]["fires"], tried["rules"]["rail"]["alerts"]) == (4, 1, 0)
    assert operator.types("rules", "backtest", "nothing").exit_code == 1


def test_a_backtest_of_nothing_says_so(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.types("init", str(tmp_path))
    result = operator.types("rules", "backtest", "--days", "3")
    assert result.exit_code == 1
    assert "nothing is stored from the last 3 days" in result.stderr


def test_diff_shows_which_stored_entries_another_rule_file_treats_otherwise(operator: Operator) -> None:
    new = operator.writes(
        "new.toml",
        RULES.replace('unless = "$drill"', 'unless = "rehearsal"')
        .replace("pre-emptive ", "")
        .replace("critical", "high"),
    )
    old = str(operator.folder / "rules.toml")
    shown = operator.types("rules", "diff", old, new).output

    assert "strike: held -> fires" in shown
    assert "strike: silent -> fires" in shown
    assert "Rail [strike] called off" in shown
    assert "strike: severity changed: critical -> high" in shown
    assert "2 entries of 30 days treated otherwise" in shown
    lines = [json.loads(line) for line in operator.types("rules", "diff", "--json", old, new).stdout.splitlines()]
    assert {(line["before"], line["after"]) for line in lines} == {("held", "fires"), ("silent", "fires")}


def test_a_reload_or_a_poll_with_rules_that_fail_is_refused_and_other_commands_still_work(operator: Operator) -> None:
    operator.writes("rules.toml", RULES.replace("Rail strike called off", "A pre-emptive strike it is"))
    for command in ("poll", "run"):
        refused = operator.types(command)
        assert refused.exit_code == 78
        assert "should stay silent, but fires" in refused.stderr
    assert operator.types("deliver").exit_code == 0
    assert operator.types("subscribers", "list").exit_code == 0
    operator.writes("rules.toml", "[rules.bad]\nmatch = '(open'\n")
    assert "TROUBLE   config, as it stands now: " in operator.types("status").output
    assert operator.types("subscribers", "list").exit_code == 0


def test_why_follows_an_entry_to_the_story_that_told_it_first(operator: Operator, httpserver: HTTPServer) -> None:
    again = FEED.replace("/0<", "/again<").replace("Wire", "Herald")
    httpserver.expect_request("/herald").respond_with_data(again, content_type="text/xml")
    with (operator.folder / "feeds.toml").open("a") as feeds:
        feeds.write(f'[[feed]]\nurl = "{httpserver.url_for("/herald")}"\nname = "herald"\nallow_private = true\n')
    operator.types("poll")
    told = operator.types("why", httpserver.url_for("/again")).output
    assert "tells the same story as “Alliance weighs pre-emptive strike” (wire, seen" in told
    assert "UTC): the same event in other words" in told
    held = operator.types("why", "strike drill").output
    assert "against it, by $drill" in held

    unknown = operator.types("why", httpserver.url_for("/nowhere"))
    assert unknown.exit_code == 1
    assert "no feed has shown this link" in unknown.stderr
    assert "wire watches this site and was last read" in unknown.stderr
    assert "no feed of this site is watched" in operator.types("why", "https://other.example/1").stderr


def test_check_warns_of_alerts_that_would_reach_nobody(operator: Operator) -> None:
    operator.writes(
        "rules.toml",
        RULES + "[rules.a]\nmatch = 'coup'\nalert = { to = 'duty@example.org' }\n"
        "[rules.b]\nseverity = 'low'\nmatch = 'junta and army'\ncount = { at_least = 3, within = '1h' }\n",
    )
    checked = operator.types("rules", "check").output
    assert "rule a: alert.to: duty@example.org gets nothing until `feed-monitor subscribers add duty" in checked
    assert "rule b: counts, and never alerts: low is below `least` of [alerts], medium" in checked
    assert '"and" is a word to look for like any other' in checked
    assert "look wrong; `feed-monitor rules check` says how" in operator.types("check", "--offline").output


def test_without_a_config_the_shipped_rules_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    answer = CliRunner().invoke(main, ["rules", "match"], input='{"id": 1, "title": "Preemptive strikes ordered"}\n')

    assert "no config found; these are the shipped rules" in answer.stderr
    assert json.loads(answer.stdout)["matches"][0]["rule"] == "pre-emptive-strike"


def test_a_rule_is_muted_listed_and_let_speak_again(operator: Operator) -> None:
    muted = operator.types("silence", "add", "strike", "--for", "8h", "--comment", "planned drill", "--author", "eva")
    assert muted.output.startswith("1: strike is muted until")
    assert "eva: planned drill" in operator.types("silence", "list").output
    assert json.loads(operator.types("silence", "list", "--json").stdout)["author"] == "eva"
    assert operator.types("silence", "expire", "1").output == "1: ended\n"
    assert operator.types("silence", "list").output == "nothing is muted\n"

    for words, problem in (
        (("expire", "1"), "no silence 1 is in force"),
        (("add", "stirke", "--comment", "x"), "there is no rule stirke; known are strike"),
        (("add", "strike", "--comment", "x", "--for", "soon"), "--for: "),
        (("add", "strike", "--comment", "x", "--words", "(open"), "--words: column 6: the line ends too early"),
    ):
        refused = operator.types("silence", *words)
        assert refused.exit_code == 1
        assert problem in refused.stderr
