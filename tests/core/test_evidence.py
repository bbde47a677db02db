"""The words a match shows: where they stand, and that near enough words are found wherever else they stand."""

from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.rules import RuleSet
from monitor.core.rules.reading import Located, closest
from monitor.core.rules.vocabulary import Vocabulary
from monitor.core.rules.words import Sentence
from monitor.core.values import Evidence, Headline
from tests.core.watching import evidence, match, rule

_UNICODE = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("e\u0301\u200b-. 防\n"), max_size=20)
_PLACES = st.lists(
    st.lists(
        st.tuples(st.integers(0, 14), st.integers(1, 3)), min_size=1, max_size=3, unique_by=lambda each: each[0]
    ).map(lambda found: sorted((first, first + length) for first, length in found)),
    min_size=2,
    max_size=4,
)


def test_evidence_tells_the_field_the_place_the_words_and_the_line() -> None:
    found = match(rule("coup", unless="film # a"), Headline("Coup in the capital, a film", language="en"))
    assert found is not None
    assert found.evidence == (Evidence("title", 0, 4, "Coup", "coup"),)
    assert found.held_by == (Evidence("title", 23, 27, "film", "film"),)


def test_every_line_that_fires_is_shown_in_the_order_of_the_lines() -> None:
    entry = Headline("Coup: junta takes over", "A coup.", language="en")
    for lines in (("coup", "junta", "/over/"), ("/over/", "junta", "coup")):
        found = match(rule(*lines), entry)
        assert found is not None
        assert list(dict.fromkeys(each.pattern for each in found.evidence)) == list(lines)


def test_the_order_of_the_words_shown_does_not_depend_on_other_rules() -> None:
    kept = rule("coup", "junta", "army", name="kept")
    entry = Headline("Army, junta, coup", language="en")
    (alone,) = RuleSet([kept]).match(entry)
    (*_, together) = RuleSet([rule("army junta coup", name="other"), kept]).match(entry)
    assert together == alone


def test_a_word_that_several_lines_find_is_shown_for_each() -> None:
    found = evidence("(coup | coups)", "Coup")
    assert [each.text for each in found] == ["Coup"]
    both = match(rule("coup", "coups"), Headline("Coup", language="en"))
    assert both is not None
    assert [each.pattern for each in both.evidence] == ["coup", "coups"]


def test_a_phrase_is_one_piece_of_evidence_and_loose_words_are_several() -> None:
    assert [each.text for each in evidence('"no fly zone" coup', "A coup; no-fly zone")] == []
    assert [each.text for each in evidence('coup "no fly zone"', "No-fly zone after coup")] == ["No-fly zone", "coup"]
    assert [each.text for each in evidence("fly zone", "No-fly zone")] == ["fly", "zone"]


def test_a_content_that_repeats_the_summary_is_not_quoted_twice() -> None:
    found = match(rule("coup"), Headline("Quiet", "A coup.", "A coup.", language="en"))
    assert found is not None
    assert [each.field for each in found.evidence] == ["summary"]


def test_a_word_told_a_thousand_times_is_shown_as_often_as_somebody_reads() -> None:
    found = match(rule("coup", "coups", "=coup", "/coup/"), Headline("x", "coup. " * 1_000, language="en"))
    assert found is not None
    assert len(found.evidence) == 60


@given(_UNICODE, _UNICODE, st.sampled_from(["", "en", "pl", "ru", "tr", "xx", "ja"]))
@settings(max_examples=150, deadline=None)
def test_evidence_stands_exactly_where_it_says(before: str, behind: str, language: str) -> None:
    title = f"{before}. Pre\u2011emptive strike. {behind}"
    found = evidence("pre-emptive strike", title, language)
    assert "Pre\u2011emptive" in [each.text for each in found]
    assert all(title[each.start : each.end] == each.text for each in found)


@given(_UNICODE, st.sampled_from(["en", "ru", "ja", "tr"]))
@settings(max_examples=100, deadline=None)
def test_an_expression_shows_exactly_what_it_found(title: str, language: str) -> None:
    found = evidence("/./s", title, language)
    assert [(each.start, each.end, each.text) for each in found] == [
        (at, at + 1, sign) for at, sign in enumerate(title[:20])
    ]


@given(_PLACES, st.integers(0, 6))
@settings(max_examples=500, deadline=None)
def test_words_near_enough_are_found_wherever_else_they_stand(places: list[list[tuple[int, int]]], most: int) -> None:
    def fits(choice: tuple[tuple[int, int], ...]) -> bool:
        between = [right[0] - left[1] for left, right in pairwise(sorted(choice))]
        return min(between) >= 0 and sum(between) <= most

    text = "w " * 18
    found = closest(places, Located("title", 0, Sentence(0, len(text), 0), text, Vocabulary("en")), most)
    assert (found is not None) == any(fits(choice) for choice in product(*places))
    assert found is None or fits(tuple(found))
