"""Whoever looks at a chart, or has it read aloud, gets the numbers that are there."""

import re
from xml.etree import ElementTree

import pytest

from monitor.web.charts import Fill, Series, bars, ceiling, columns, opposed, spark, spoken

_SVG = "{http://www.w3.org/2000/svg}"
DAYS = ("2026-02-27", "2026-02-28", "2026-03-01")


def heights(svg: str, kind: str = "solid") -> list[float]:
    root = ElementTree.fromstring(svg)
    defs = {id(each) for found in root.iter("defs") for each in found.iter()}
    return [
        float(each.attrib["height"])
        for each in root.iter("rect")
        if each.get("class") == kind and id(each) not in defs
    ]  # fmt: skip


@pytest.mark.parametrize(("most", "top"), [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (51, 100), (4321, 5000)])
def test_an_axis_ends_at_a_round_number_that_holds_everything(most: int, top: int) -> None:
    assert ceiling(most) == top


def test_columns_stand_on_zero_and_are_as_high_as_their_numbers() -> None:
    chart = columns("mails", "Mails a day", DAYS, [Series("sent", (50, 100, 25))], first="day")
    assert heights(chart.svg) == [50, 100, 25]
    assert chart.scale == ("100", "50", "0")
    assert chart.foot == DAYS


def test_what_is_stacked_adds_up_and_is_told_apart_without_its_colour() -> None:
    two = [Series("sent", (60, 0, 0)), Series("refused", (40, 0, 1), Fill.HATCHED)]
    chart = columns("mails", "Mails a day", DAYS, two, first="day")
    assert heights(chart.svg) == [60]
    assert heights(chart.svg, "hatched") == [40, 2]
    assert 'fill="url(#mails-hatch)"' in chart.svg
    assert [name for name, _ in chart.keys] == ["sent", "refused"]
    assert "mails-hatch" in chart.keys[1][1]


def test_a_single_refusal_among_thousands_is_seen() -> None:
    chart = columns("m", "", DAYS, [Series("sent", (9_000, 0, 1))], first="day")
    assert heights(chart.svg) == [90, 2]


def test_who_came_stands_above_the_line_and_who_went_below_it_to_one_scale() -> None:
    chart = opposed("moves", "People", DAYS, Series("came", (10, 0, 4)), Series("went", (5, 1, 0)), first="day")
    tops = [float(each.attrib["y"]) for each in ElementTree.fromstring(chart.svg).iter("rect")]
    assert heights(chart.svg) == [50, 25, 5, 20]
    assert tops == [0, 50, 50, 30]
    assert chart.scale == ("+10", "0", "−10")


def test_what_is_drawn_stands_in_words_and_as_a_table() -> None:
    two = [Series("sent", (3, 2, 1)), Series("refused", (0, 1, 0), Fill.HATCHED)]
    chart = columns("mails", "Mails a day", DAYS, two, first="day")
    root = ElementTree.fromstring(chart.svg)
    said = {each.tag: each.text for each in root if each.tag in ("title", "desc")}
    assert said["title"] == "Mails a day"
    assert said["desc"] == (
        "2026-02-27 to 2026-03-01. sent: 6 in all, 3 on the most; refused: 1 in all, 1 on the most."
    )
    assert root.attrib["aria-labelledby"] == "mails-title mails-desc"
    assert chart.head == ("day", "sent", "refused")
    assert chart.rows[1] == ("2026-02-28", "2", "1")


def test_days_without_anything_are_known_to_be_empty() -> None:
    nothing = columns("m", "", DAYS, [Series("sent", (0, 0, 0))], first="day")
    something = columns("m", "", DAYS, [Series("sent", (0, 0, 1))], first="day")
    assert (nothing.empty, something.empty) == (True, False)
    assert columns("m", "", (), [Series("sent", ())], first="day").empty


def test_a_small_drawing_has_a_gap_where_nobody_looked_and_a_mark_where_nothing_came() -> None:
    drawn = spark("said", [4, None, 0, 2])
    assert heights(drawn) == [20, 10]
    assert heights(drawn, "ground") == [1]
    assert [each.attrib["x"] for each in ElementTree.fromstring(drawn).iter("rect")] == ["0", "10", "15"]


def test_a_small_drawing_is_read_aloud_in_one_sentence() -> None:
    assert spoken([4, None, 0, 2], "hits") == "6 hits in 4 days, 4 on the most, 2 today"
    assert spoken([4, None], "hits") == "4 hits in 2 days, 4 on the most, not read today"


def test_lying_bars_share_a_scale() -> None:
    long, short, none = bars([("spam", 40), ("closed", 10), ("ours", 0)])
    widths = [float(re.findall(r' width="([\d.]+)"', str(each.svg))[-1]) for each in (long, short, none)]
    assert widths == [100, 25, 0]
    assert (short.label, short.value) == ("closed", 10)


def test_a_name_with_markup_in_it_stays_a_name() -> None:
    evil = '"><script>x()</script>'
    chart = columns("m", evil, [evil], [Series(evil, (1,)), Series("b", (1,), Fill.HATCHED)], first=evil)
    for svg in (chart.svg, spark(evil, [1])):
        assert "<script" not in svg
        ElementTree.fromstring(svg)
