"""What an operator sees of stories, and how two that are one, or one that is two, are put right."""

import json
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from monitor.app import utc_now
from tests.doors.operator import Operator

WIRE = [
    (
        "Airspace incursion west of Torvik, two fighters scrambled",
        "Radar picked up three aircraft off Torvik at night.",
    ),
    ("Ferry line reopens after the storm", ""),
]
HERALD = [
    ("Fighters scrambled from Lervik after airspace incursion near Torvik", "Three aircraft came close to Torvik."),
    ("Sirens in Kelmsund: a chemical store burns", "Smoke drifts over the fishing harbour of Kelmsund."),
]


def _feed(name: str, items: list[tuple[str, str]]) -> str:
    told = "".join(
        f"<item><title>{title}</title><link>/{name}/{number}</link><guid>{number}</guid>"
        f"<description>{summary}</description><pubDate>{format_datetime(utc_now())}</pubDate></item>"
        for number, (title, summary) in enumerate(items)
    )
    return f'<rss version="2.0"><channel><title>x</title><language>en</language>{told}</channel></rss>'


@pytest.fixture
def operator(tmp_path: Path, httpserver: HTTPServer) -> Operator:
    """An operator whose two feeds have told of three events."""
    operator = Operator(tmp_path)
    operator.writes("monitor.toml", 'state = "state"\ncontact = "ops@example.org"\n')
    operator.writes("rules.toml", '[rules.incursion]\nseverity = "high"\nmatch = "airspace incursion"\n')
    feeds = ""
    for name, items in (("wire", WIRE), ("herald", HERALD)):
        feeds += f'[[feed]]\nurl = "{httpserver.url_for(f"/{name}")}"\nname = "{name}"\nallow_private = true\n'
        httpserver.expect_request(f"/{name}").respond_with_data(_feed(name, items), content_type="text/xml")
    operator.writes("feeds.toml", feeds)
    assert operator.types("poll").exit_code == 0
    return operator


def _listed(operator: Operator) -> dict[str, dict[str, object]]:
    """By headline, the stories."""
    lines = operator.types("stories", "list", "--json").output.splitlines()
    return {story["headline"]: story for story in map(json.loads, lines)}


def _number(operator: Operator, word: str) -> str:
    return next(str(story["story"]) for headline, story in _listed(operator).items() if word in headline)


def test_the_list_has_the_stories_of_most_publishers_first(operator: Operator) -> None:
    listed = operator.types("stories", "list")
    assert listed.exit_code == 0
    first, about, *_ = listed.output.splitlines()
    assert "Torvik" in first
    assert about.startswith("    2 entries by wire, herald, 2.0 an hour, first seen ")
    assert len(_listed(operator)) == 3


def test_a_span_in_which_nothing_was_told_says_so(operator: Operator) -> None:
    nothing = operator.types("stories", "list", "--since", "1s", "--limit", "5")
    assert nothing.exit_code == 0
    wrong = operator.types("stories", "list", "--since", "soon")
    assert wrong.exit_code == 1
    assert wrong.output.startswith("feed-monitor: --since:")


def test_a_story_is_shown_with_its_voices_its_lead_and_why_each_report_is_in_it(operator: Operator) -> None:
    shown = operator.types("stories", "show", _number(operator, "Torvik")).output
    assert "“Radar picked up three aircraft off Torvik at night.” (wire)" in shown
    assert "the first to tell it" in shown
    assert "the same event in other words as" in shown
    whole = json.loads(operator.types("stories", "show", _number(operator, "Torvik"), "--json").output)
    assert whole["publishers"] == ["wire", "herald"]
    assert whole["first_publisher"] == "wire"
    assert [entry["joined_for"] for entry in whole["entries"]] == ["first", "event"]
    assert whole["languages"] == ["en"]


def test_two_stories_that_are_one_are_merged_and_the_old_number_leads_there(operator: Operator) -> None:
    ferry, fire = _number(operator, "Ferry"), _number(operator, "Kelmsund")
    merged = operator.types("stories", "merge", ferry, fire, "--comment", "the ferry burnt")
    assert (merged.exit_code, merged.output) == (0, f"{ferry}: 1 entry joined it\n")
    shown = operator.types("stories", "show", fire).output
    assert f"{fire} was merged into {ferry}" in shown
    assert f"merged story {fire} into {ferry}, 1 entry: the ferry burnt" in shown
    assert len(_listed(operator)) == 2


def test_one_story_that_is_two_is_split_by_the_numbers_of_its_reports(operator: Operator) -> None:
    story = _number(operator, "Torvik")
    entries = json.loads(operator.types("stories", "show", story, "--json").output)["entries"]
    second = str(entries[1]["entry"])
    parted = operator.types("stories", "split", story, second)
    assert parted.exit_code == 0
    new = parted.output.partition(":")[0]
    assert parted.output == f"{new}: a story of its own with 1 entry of story {story}\n"
    assert "put here by hand" in operator.types("stories", "show", new).output
    assert len(_listed(operator)) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "99"), "there is no story 99; `feed-monitor stories list` shows those of late"),
        (("merge", "1", "99"), "there is no story 99"),
        (("merge", "99", "1"), "there is no story 99"),
        (("merge", "1", "1"), "story 1 is story 1 already; name two that are not one"),
        (("split", "1", "77"), "story 1 has no entry 77; it has "),
        (("split", "99", "1"), "there is no story 99"),
    ],
)
def test_a_repair_that_cannot_be_done_says_why(operator: Operator, words: tuple[str, ...], said: str) -> None:
    refused = operator.types("stories", *words)
    assert refused.exit_code == 1
    assert said in refused.output


def test_a_story_cannot_lose_all_its_reports(operator: Operator) -> None:
    ferry = _number(operator, "Ferry")
    [only] = json.loads(operator.types("stories", "show", ferry, "--json").output)["entries"]
    refused = operator.types("stories", "split", ferry, str(only["entry"]))
    assert refused.exit_code == 1
    assert f"story {ferry} would keep no entry; leave at least one in it" in refused.output


def _lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_reports_from_outside_are_grouped_in_order_without_a_database(tmp_path: Path) -> None:
    told = _lines(
        {
            "id": "a",
            "time": "2026-03-02T06:00",
            "title": WIRE[0][0],
            "text": WIRE[0][1],
            "lang": "en",
            "source": "wire",
        },
        {"id": "b", "time": None, "title": "Ferry line reopens after the storm"},
        {"id": "c", "time": "2026-03-02T07:00Z", "title": HERALD[0][0], "text": HERALD[0][1], "source": "herald"},
    )
    grouped = Operator(tmp_path).types("stories", "group", "--json", stdin=told + "\n")
    assert [json.loads(line) for line in grouped.output.splitlines()] == [
        {"id": "a", "story": "a"},
        {"id": "b", "story": "b"},
        {"id": "c", "story": "a"},
    ]
    assert list(tmp_path.iterdir()) == []
    plain = Operator(tmp_path).types("stories", "group", stdin=told)
    assert plain.output.splitlines()[2] == f"a\tc\t{HERALD[0][0]}"


def test_one_page_of_one_source_is_one_entry_whatever_its_headline_becomes(tmp_path: Path) -> None:
    told = _lines(
        {"id": "1", "title": "Smoke over Brackwell", "source": "wire", "link": "https://wire.example/b"},
        {"id": "2", "title": "Cathedral lost, roof falls in", "source": "wire", "link": "https://wire.example/b"},
    )
    grouped = Operator(tmp_path).types("stories", "group", "--json", stdin=told)
    assert [json.loads(line)["story"] for line in grouped.output.splitlines()] == ["1", "1"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json\n", "feed-monitor: stdin:1: this is no JSON object:"),
        ('{"id": "1"}\n', "feed-monitor: stdin:1: title: Field required"),
        ("[1, 2]\n", "feed-monitor: stdin:1: the line: "),
        ('{"id": "1", "title": {"a": 1}}\n', "feed-monitor: stdin:1: title: "),
    ],
)
def test_a_line_that_is_no_report_is_named_with_its_cure(tmp_path: Path, line: str, said: str) -> None:
    refused = Operator(tmp_path).types("stories", "group", "--json", stdin=line)
    assert refused.exit_code == 1
    assert said in refused.output
    assert 'a line is like {"id": "1", "title": "..."}' in refused.output


def test_a_time_or_a_number_beyond_all_calendars_is_no_traceback(operator: Operator) -> None:
    odd = _lines({"id": "1", "title": "Ferry", "time": "0001-01-01T00:00+14:00"})
    assert operator.types("stories", "group", "--json", stdin=odd).exit_code == 0
    assert operator.types("stories", "list", "--since", "999999d").exit_code == 0
    assert operator.types("stories", "list", "--since", "99999999999d").exit_code == 1
    assert operator.types("stories", "show", "99999999999999999999").exit_code == 2
