"""What a reader sees of a story before opening anything: its headline, and one sentence from one of its entries."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stories.extract import Extract, Telling, best_headline, extract
from monitor.core.stories.kinds import Kind

NOON = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
WEIGHTS = {"ferry": 3.0, "sinks": 2.0, "sank": 2.0, "merrow": 3.0, "storm": 1.0, "dead": 1.0, "nine": 1.0}
LEAD = "The ferry Alba sank in a storm off Merrow on Sunday and nine people are dead."


def terms_of(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


def telling(
    number: int, text: str = "", *, title: str = "", kind: Kind = Kind.REPORT, publisher: str = "Courier"
) -> Telling:
    return Telling(number, title or f"Title {number}", text, publisher, NOON + timedelta(minutes=number), kind)


def said(*texts: str) -> str | None:
    found = extract([telling(number, text) for number, text in enumerate(texts)], WEIGHTS, terms_of)
    return found.sentence if found else None


def called(*titles: str, current: int | None = None, publisher: str = "Courier") -> str:
    tellings = [telling(number, title=title, publisher=publisher) for number, title in enumerate(titles)]
    return titles[best_headline(tellings, WEIGHTS, terms_of, current)]


def test_the_reader_is_told_the_sentence_that_says_most_of_the_story_and_whose_it_is() -> None:
    tellings = [
        telling(7, "Rescue crews were called to the harbour in the early hours of the day."),
        telling(8, f"The harbour is closed until further notice to all. {LEAD} Divers go down on Monday."),
    ]
    assert extract(tellings, WEIGHTS, terms_of) == Extract(LEAD, 8)


def test_a_sentence_is_told_word_by_word_on_one_line() -> None:
    assert said(LEAD.replace(" storm ", "  \u00a0storm\t")) == LEAD


def test_of_two_sentences_that_say_the_same_the_shorter_is_told() -> None:
    longer = f"{LEAD[:-1]}, as the harbour office of the northern district announced in a statement late at night."
    assert said(longer, LEAD) == LEAD


def test_what_is_told_in_the_beginning_comes_before_what_is_told_further_down() -> None:
    other = "Divers will go down on Monday if the wind allows it."
    tellings = [telling(1, f"{other} {LEAD}"), telling(2, f"{LEAD} {other}")]
    assert extract(tellings, WEIGHTS, terms_of) == Extract(LEAD, 2)


def test_the_fourth_sentence_of_a_text_is_not_the_news() -> None:
    before = "Divers go down on Monday. The wind is still strong there. The harbour is closed."
    assert said(f"{before} {LEAD}") is None


def test_of_equal_sentences_the_one_that_was_there_first_is_told() -> None:
    later, earlier = telling(3, LEAD), telling(2, LEAD)
    assert extract([later, earlier], WEIGHTS, terms_of) == Extract(LEAD, 2)


def test_a_report_is_quoted_before_a_live_page_that_says_more() -> None:
    report = "The harbour office of Merrow confirms that an accident has happened."
    tellings = [telling(1, LEAD, kind=Kind.LIVE), telling(2, report)]
    assert extract(tellings, WEIGHTS, terms_of) == Extract(report, 2)
    assert extract(tellings[:1], WEIGHTS, terms_of) == Extract(LEAD, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The ferry sank off Merrow.",
        f"{LEAD[:-1]} {'and the harbour stays closed ' * 9}today.",
        "Nobody knows yet what the accident at sea will cost the owners.",
        "Was the ferry Alba of Merrow lost because nobody looked at the weather?",
        "The ferry Alba sank in a storm off Merrow on Sunday and the harbour off…",
        "The ferry Alba sank in a storm off Merrow on Sunday and the harbour off...",
        "The ferry Alba sank in a storm off Merrow on Sunday, the harbour office said […]",
        "the ferry Alba sank in a storm off Merrow on Sunday and nine people are dead.",
        "THE FERRY ALBA SANK IN A STORM OFF MERROW ON SUNDAY AND NINE PEOPLE ARE DEAD.",
        "• The ferry Alba sank in a storm off Merrow on Sunday and nine people are dead.",
        "The ferry Alba sank off Merrow: see https://courier.test/alba for all of it.",
        "Click here for pictures of the ferry Alba that sank in a storm off Merrow.",
        "Sign up to hear more of the ferry Alba that sank in a storm off Merrow.",
        "Read more: the ferry Alba sank in a storm off Merrow and nine are dead.",
        "Editor's note: the ferry Alba that sank in a storm off Merrow was not new.",
        "The ferry Alba before it sank off Merrow, in a file photo of the harbour office.",
        "The ferry Alba sinks in a storm off Merrow on May 4, 2031. (J. Doe/Harbour Pictures)",
        "The ferry Alba sinks in a storm off Merrow on Sunday. (AP Photo)",
        'The ferry Alba sank off Merrow in the storm," said the master of the harbour.',
        "The ferry Alba sank off Merrow in the storm,” said the master of the harbour.",
        "Zobacz też: prom Alba, ferry Merrow, zatonął w niedzielę podczas sztormu na morzu.",
        "Lesen Sie hier, warum die Fähre Alba, ferry Merrow, am Sonntag gesunken ist.",
        "Читайте также: паром Альба, ferry Merrow, затонул в воскресенье во время шторма.",
    ],
)
def test_the_reader_is_spared_what_is_no_whole_sentence_about_the_event(text: str) -> None:
    assert said(text) is None


def test_a_line_of_its_own_is_a_sentence_even_without_a_full_stop() -> None:
    assert said(f"{LEAD[:-1]}\nDivers go down on Monday. The wind is strong.") == LEAD[:-1]


def test_an_end_that_was_cut_off_is_not_told_for_want_of_a_full_stop() -> None:
    assert said(f"Divers go down on Monday. {LEAD[:-1]}") is None


def test_a_sentence_with_a_full_stop_is_told_before_one_that_may_be_cut_off() -> None:
    assert said(LEAD[:-1], LEAD) == LEAD


def test_a_sentence_goes_on_behind_semicolons_and_abbreviations() -> None:
    parted = "The ferry Alba sank in a storm off Merrow on Sunday; Captain and crew are dead."
    assert said(parted) == parted
    assert said(parted.replace("; ", ";")) == parted.replace("; ", ";")
    minister = "Prom Alba, ferry Merrow, zatonął w niedzielę, mówi minister ds. morza i rybołówstwa."
    assert said(minister) == minister
    hour = "Prom Alba, ferry Merrow, zatonął w niedzielę o godz. 8 rano przy samym brzegu."
    assert said(hour) == hour


def test_a_sentence_is_told_with_both_ends_of_its_quotations() -> None:
    quoted = "„Die Fähre Alba, ferry Merrow, ist gesunken“, sagte der Hafenmeister am Sonntag."
    assert said(quoted) == quoted


def test_a_day_and_a_number_lean_on_nothing_though_they_do_in_another_language() -> None:
    for first in ("On Sunday", "Ten hours ago"):
        plain = f"{first} the ferry Alba sank in bad weather not far from Merrow and its crew."
        assert said("She is the ferry Alba that sank in bad weather not far from Merrow.", plain) == plain


def test_a_sentence_that_leans_on_the_one_before_gives_way_to_one_that_says_nearly_as_much() -> None:
    leaning = "It was the ferry Alba that sank in a storm off Merrow, he said on Sunday."
    plain = "On Sunday the ferry Alba sank in bad weather not far from Merrow with its crew."
    assert said(leaning, plain) == plain
    assert said(leaning) == leaning


def test_the_sentence_does_not_say_a_headline_again() -> None:
    headline = "Ferry Alba sinks in a storm off Merrow and nine are dead"
    tellings = [telling(1, f"{headline}\n{headline}. Divers go down."), telling(2, title=headline)]
    assert extract(tellings, WEIGHTS, terms_of) is None


def test_a_title_of_one_word_does_not_silence_the_text_that_begins_with_it() -> None:
    text = LEAD.replace("The ferry", "Ferry")
    assert extract([telling(1, text, title="Ferry")], WEIGHTS, terms_of) == Extract(text, 1)


def test_a_story_without_text_has_no_sentence() -> None:
    assert extract([], WEIGHTS, terms_of) is None
    assert said("", "") is None


def test_the_headline_is_the_title_that_says_most_of_the_story() -> None:
    best = "Ferry sinks in storm off Merrow, nine dead"
    assert called("Accident at sea in the north of the country", best, "Storm closes the harbour again") == best


def test_of_titles_that_say_the_same_the_shorter_is_the_headline() -> None:
    best = "Ferry sinks in storm off Merrow, nine dead"
    assert called(f"{best}, harbour office announces on Sunday", best) == best


@pytest.mark.parametrize(
    "worse",
    [
        "Ferry sinks in storm off Merrow?",
        "FERRY SINKS IN STORM OFF MERROW",
        "BREAKING: Ferry sinks in storm off Merrow",
        "WATCH: Ferry sinks in storm off Merrow",
        "PILNE! Ferry sinks in storm off Merrow",
        "Ferry sinks in storm off Merrow [VIDEO]",
        "Ferry sinks in storm off Merrow - Courier",
        "Ferry sinks in storm off Merrow | courier.test",
        "Ferry sinks in storm off Merrow and…",
        "Ferry sinks in storm off Merrow and ...",
        "'Ferry sinks in storm off Merrow'",
        "'Lost': Ferry sinks in storm off Merrow",
        "Captain: “Ferry sinks in storm off Merrow”",
        'Ferry sinks in storm off Merrow"',
        "Merrow ferry sinks",
    ],
)
def test_a_plain_title_that_says_no_more_is_the_headline(worse: str) -> None:
    plain = "Merrow ferry sinks in a storm on its way to the northern isle"
    assert called(worse, plain) == plain
    assert called(worse) == worse


def test_a_title_that_nobody_reads_to_its_end_is_not_the_headline() -> None:
    bearable = "Ferry sinks in storm off Merrow, nine dead, in spite of all the warnings by the harbour office"
    endless = f"{bearable}, sailors say on Sunday"
    brief = "Storm sinks ferry on its way to the isle"
    assert len(bearable) < 110 < len(endless)
    assert called(brief, bearable) == bearable
    assert called(brief, endless) == brief


def test_a_short_quotation_and_a_name_behind_a_dash_are_no_fault() -> None:
    best = "Merrow 'storm ferry' sinks, nine dead - admiral"
    assert called("Ferry is lost at sea near Merrow today", best) == best


def test_a_report_gives_the_headline_before_a_live_page_that_says_more() -> None:
    live = telling(1, title="Ferry sinks in storm off Merrow, nine dead – live", kind=Kind.LIVE)
    report = telling(2, title="Harbour office confirms accident off Merrow")
    assert best_headline([live, report], WEIGHTS, terms_of) == 2
    assert best_headline([live, report], WEIGHTS, terms_of, current=1) == 2
    assert best_headline([live], WEIGHTS, terms_of) == 1


def test_a_headline_stays_while_the_others_are_no_better_to_speak_of() -> None:
    standing = "Ferry lost in storm off Merrow with its crew"
    slightly = "Ferry sinks in storm off Merrow with all its crew aboard"
    clearly = "Ferry sinks in storm off Merrow, nine dead"
    assert called(standing, slightly) == slightly
    assert called(standing, slightly, current=0) == standing
    assert called(standing, slightly, clearly, current=0) == clearly


def test_a_headline_that_is_gone_gives_way() -> None:
    assert called("Ferry sinks in storm off Merrow, nine dead", current=99)


def test_of_equal_titles_the_first_is_the_headline_however_they_are_listed() -> None:
    same = [telling(number, title="Ferry sinks off Merrow in the storm") for number in (3, 1, 2)]
    assert best_headline(same, WEIGHTS, terms_of) == 1
    assert best_headline(same[::-1], WEIGHTS, terms_of) == 1


_TEXTS = st.text(st.sampled_from("Aferry Merrow.…?;()\"“”„'’\n-123 dzł"), max_size=400)


@given(st.lists(_TEXTS, max_size=4), st.lists(_TEXTS, min_size=1, max_size=4))
def test_whatever_is_told_was_written_so_and_in_any_order(texts: list[str], titles: list[str]) -> None:
    tellings = [telling(number, text) for number, text in enumerate(texts)]
    found = extract(tellings, WEIGHTS, terms_of)
    assert extract(tellings[::-1], WEIGHTS, terms_of) == found
    if found:
        assert found.sentence in " ".join(texts[found.entry].split())
        assert 40 <= len(found.sentence) <= 320
    named = [telling(number, title=title) for number, title in enumerate(titles)]
    assert best_headline(named, WEIGHTS, terms_of) == best_headline(named[::-1], WEIGHTS, terms_of)
