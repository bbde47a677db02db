import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.rules import RuleSet
from monitor.core.rules.words import fold
from monitor.core.values import Evidence, Headline
from tests.core.watching import evidence, rule

_UNICODE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_WORDS = ["air", "space", "airspace", "air-space", "strikes", "pre", "emptive", "war", "drone", ".", ";", "—"]
_TEXTS = st.lists(st.sampled_from(_WORDS), max_size=12).map(" ".join)
_PATTERNS = st.lists(
    st.sampled_from(["airspace", "strike", "pre-emptive", "war", "drone", "air", "space", '"air space"']),
    min_size=1,
    max_size=3,
    unique=True,
).map(" ".join)


@pytest.mark.parametrize(
    ("pattern", "title", "words"),
    [
        ("airspace incursion", "Jets report incursions into allied airspace", ("incursions", "airspace")),
        (
            "airspace incursion",
            "Poland: third incursion of its airspace this week",
            ("incursion", "airspace"),
        ),
        ("airspace incursion", "Air-space incursion", ("Air-space", "incursion")),
        ("airspace incursion", "Air space incursion", ("Air space", "incursion")),
        ("airspace incursion", "Airspace-incursion", ("Airspace", "incursion")),
        ("pre-emptive strike", "Talk of preemptive strikes", ("preemptive", "strikes")),
        ("pre-emptive strike", "A pre\u2011emptive strike", ("pre\u2011emptive", "strike")),
        ("pre-emptive strike", "A preëmptive strike", ("preëmptive", "strike")),
        ("pre-emptive strike", "A pre emptive strike", ("pre emptive", "strike")),
        ("pre-emptive strike", "Strike was 'pre-emptive'", ("Strike", "pre-emptive")),
        ("preemptive strike", "A pre-emptive strike", ("pre-emptive", "strike")),
        ('"no-fly zone"', "A no fly zone over the bay", ("no fly zone",)),
        ("no-fly-zone", "A no fly zone over the bay", ("no fly zone",)),
        ("marines", "Marine missing", ("Marine",)),
        ("Suwałki", "Suwalki gap", ("Suwalki",)),
        ("evenement", "Évènement à Orly", ("Évènement",)),
        ("coup", "An attempted coup d'état", ("coup",)),
        ("war", "The post-war years", ("war",)),
        ("war", "A war-torn coast", ("war",)),
        ("drone strike", "Drones struck a depot", ("Drones", "struck")),
        ("minister", "The minister’s plane", ("minister’s",)),
        ("airspace incursion", "U.S. airspace saw Dr. Low's incursion", ("airspace", "incursion")),
        ("a b", "b one two three four a", ("b", "a")),
    ],
)
def test_a_rule_fires_on_the_words_it_asks_for(pattern: str, title: str, words: tuple[str, ...]) -> None:
    assert tuple(each.text for each in evidence(pattern, title)) == words


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("airspace incursion", "Airspace reopened after the storm; ground incursion in Sudan widens"),
        ("airspace incursion", "Incursion drill ends. Airline says airspace fees rise"),
        ("airspace incursion", "Incursion into DR Congo as region's airspace authority meets"),
        ("airspace incursion", "Airspace reopened — an incursion on the ground goes on"),
        ("airspace incursion", "Airspace reopened\nIncursion on the ground"),
        ("airspace incursion", "Is the airspace open? Incursion on the ground"),
        ("pre-emptive strike", "Rail strike talks fail. Pre-emptive timetable cuts follow"),
        ("pre-emptive strike", "Striker pre-empts transfer rumours"),
        ('"strike was"', "Was a strike planned"),
        ("organisation", "The organic farm"),
        ("general", "A generally quiet day"),
        ("coup", "A coupon code"),
        ("war", "An award for the ward"),
        ("a b", "b one two three four five a"),
        ("airspace", "By air, space officials say"),
        ("strike strike", "One strike only"),
    ],
)
def test_a_rule_stays_silent_where_its_words_mean_something_else(pattern: str, title: str) -> None:
    assert evidence(pattern, title) == ()


def test_words_of_the_title_and_of_the_summary_do_not_make_one_sentence() -> None:
    rules = RuleSet([rule("airspace incursion")])
    assert rules.match(Headline("Airspace", "incursion", "of an incursion")) == []
    assert rules.match(Headline("Airspace", "quiet", "Airspace incursion"))[0].evidence[0].field == "content"


def test_a_content_that_repeats_the_summary_is_not_quoted_twice() -> None:
    (match,) = RuleSet([rule("coup")]).match(Headline("Quiet", "A coup.", "A coup."))
    assert [each.field for each in match.evidence] == ["summary"]


def test_a_rule_is_held_by_its_own_unless_words_and_shows_them() -> None:
    rules = RuleSet([rule("coup", unless="film"), rule("coup", name="other")])
    held, free = rules.match(Headline("Coup in the capital, a film"))
    assert held.held
    assert held.held_by == (Evidence("title", 23, 27, "film", "film"),)
    assert held.evidence[0].text == "Coup"
    assert not free.held


def test_unless_words_in_another_sentence_hold_nothing_back() -> None:
    rules = RuleSet([rule("coup", unless="film")])
    assert not rules.match(Headline("Coup in the capital", "A film festival was stopped."))[0].held
    assert rules.match(Headline("News of the capital", "A film of the coup opens."))[0].held


@pytest.mark.parametrize("character", [".", "!", "…", "'", '"', "-", ";", " ", "\n", ".'", "a."])
def test_a_hostile_text_is_searched_in_a_time_that_grows_with_its_length_only(character: str) -> None:
    # Quadratic search took most of a minute here; the test run's own limit would end it.
    assert RuleSet([rule("coup")]).match(Headline("x", "", character * (64_000 // len(character)))) == []


def test_unless_words_alone_say_nothing() -> None:
    assert RuleSet([rule("coup", unless="film")]).match(Headline("A film")) == []


def test_every_pattern_that_fires_is_shown() -> None:
    (match,) = RuleSet([rule("coup", "junta")]).match(Headline("Coup: junta takes over"))
    assert [(each.text, each.pattern) for each in match.evidence] == [("Coup", "coup"), ("junta", "junta")]


@given(_UNICODE, _UNICODE, st.sampled_from(["", "en", "pl", "ru", "tr", "xx"]))
@settings(max_examples=100, deadline=None)
def test_evidence_stands_exactly_where_it_says(before: str, behind: str, language: str) -> None:
    title = f"{before}. Pre\u2011emptive strike. {behind}"
    found = evidence("pre-emptive strike", title, language)
    assert [each.text for each in found] == ["Pre\u2011emptive", "strike"]
    assert all(title[each.start : each.end] == each.text for each in found)


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_folding_a_folded_word_changes_nothing(word: str) -> None:
    assert fold(fold(word)) == fold(word)


def test_every_letter_there_is_folds_the_same_twice() -> None:
    # Casefolding and decomposing may undo each other for single letters that Hypothesis seldom meets.
    letters = [chr(code) for code in (*range(0xD800), *range(0xF900, 0x1_0000), *range(0x1_D400, 0x1_D800))]
    assert [letter for letter in letters if fold(fold(letter)) != fold(letter)] == []


@given(_TEXTS, _PATTERNS, _PATTERNS, _PATTERNS)
@settings(max_examples=200, deadline=None)
def test_adding_a_rule_never_changes_what_another_says(title: str, one: str, two: str, added: str) -> None:
    kept = rule(one, two, name="kept", unless="war")
    alone = RuleSet([kept]).match(Headline(title))
    together = RuleSet([rule(added, name="added"), kept]).match(Headline(title))
    assert [match for match in together if match.rule == "kept"] == alone


@pytest.mark.parametrize("first", ["en", "de"])
@pytest.mark.parametrize("second", ["en", "de"])
def test_one_rule_set_serves_entries_of_many_languages(first: str, second: str) -> None:
    rules = RuleSet([rule("Rakete")])
    fired = [bool(rules.match(Headline("Raketen", language=language))) for language in (first, second)]
    assert fired == [first == "de", second == "de"]


@pytest.mark.parametrize(
    ("pattern", "title", "reason"),
    [
        ("airspace incursion", "Airspace is shut", "no incursion beside it"),
        (
            "airspace incursion",
            "Airspace and so on and so forth: incursion",
            "airspace and incursion are 6 words apart, 4 allowed",
        ),
        ("a b c d", "a b", "no c and no d beside it"),
        ('coup "armed men"', "A coup by men", 'no "armed men" beside it'),
    ],
)
def test_a_silent_rule_says_what_was_missing(pattern: str, title: str, reason: str) -> None:
    (miss,) = RuleSet([rule(pattern)]).near_misses(Headline(title))
    assert (miss.rule, miss.pattern, miss.reason) == ("watch", pattern, reason)


@pytest.mark.parametrize(
    ("pattern", "title"),
    [("coup", "Quiet"), ("airspace incursion", "Quiet"), ("a b c", "a"), ("airspace incursion", "Airspace incursion")],
)
def test_no_near_miss_is_told_of_a_rule_that_fired_or_was_far_off(pattern: str, title: str) -> None:
    assert RuleSet([rule(pattern, unless="nothing quiet")]).near_misses(Headline(title)) == []


def test_an_abbreviation_that_begins_a_line_ends_no_sentence() -> None:
    assert evidence("gen low", "First line\nGen. Low spoke")
    assert evidence("airspace washington", "Washington D.C. airspace is shut")
