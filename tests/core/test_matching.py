"""Which entries a rule speaks of once its words are there: `all`, `unless`, `drop`, and whom it listens to."""

import pytest

from monitor.core.rules import RuleSet
from monitor.core.rules.patterns import Atom, Kind
from monitor.core.rules.vocabulary import Vocabulary
from monitor.core.values import Headline
from tests.core.watching import match, rule


@pytest.mark.parametrize(
    ("unless", "title", "summary", "held_by"),
    [
        pytest.param("film", "A coup film", "", ["film"], id="beside the match"),
        pytest.param("film", "A film", "It shows a coup.", ["film"], id="in the title"),
        pytest.param("film", "Night", "A coup. A film.", [], id="in another sentence"),
        pytest.param("film ~s", "Night", "A coup. A film.", [], id="in another sentence, anywhere in it"),
        pytest.param("film ~p", "Night", "A coup. A film.", ["film"], id="paragraph asked for"),
        pytest.param("film ~p", "Night", "A coup.\nA film.", [], id="in another paragraph"),
        pytest.param("film ~any", "Night", "A coup.\nA film.", ["film"], id="item asked for"),
        pytest.param("film", "A coup", "A film of the coup.", [], id="a match is free of it"),
        pytest.param("film", "A coup film", "A film of the coup.", ["film", "film"], id="beside every match"),
        pytest.param("film", "Coup film", "A coup.", ["film"], id="in the title for every match"),
        pytest.param("film ~any", "A coup", "A film of the coup.", ["film"], id="anywhere, whatever is free of it"),
        pytest.param("summary film", "Night", "A coup summary film", ["summary", "film"], id="two words"),
        pytest.param("film play", "A coup film", "", [], id="one word of two"),
        pytest.param("title: film", "Coup film", "A coup", ["film"], id="asked of the title"),
        pytest.param("title: film", "Night", "A film coup", [], id="asked of the title only"),
        pytest.param("tag: film", "Night", "A coup", ["film"], id="asked of the tags"),
        pytest.param("/FILM/i", "Night", "A coup film", ["film"], id="an expression beside the match"),
        pytest.param("/FILM/i", "Night", "A coup. A film", [], id="an expression in another sentence"),
        pytest.param("es: film", "A coup film", "", [], id="for another language"),
        pytest.param("play\nfilm", "A coup film", "", ["film"], id="the second line"),
    ],
)
def test_unless_holds_back_a_match_that_it_speaks_of(unless: str, title: str, summary: str, held_by: list[str]) -> None:
    entry = Headline(title, summary, language="en", tags=("film",))
    held = match(rule("coup", unless=unless), entry)
    dropped = match(rule("coup", drop=unless), entry)
    assert held is not None
    assert dropped is not None
    assert [each.text for each in held.held_by] == [each.text for each in dropped.dropped_by] == held_by
    assert (held.held, held.dropped) == (dropped.dropped, dropped.held) == (bool(held_by), False)


def test_unless_words_alone_say_nothing() -> None:
    assert match(rule("coup", unless="film", drop="play"), Headline("A film play", language="en")) is None


def test_unless_words_belong_to_their_own_rule() -> None:
    rules = RuleSet([rule("coup", unless="film"), rule("coup", name="other")])
    held, free = rules.match(Headline("Coup in the capital, a film", language="en"))
    assert (held.held, free.held) == (True, False)


def test_what_is_both_held_and_dropped_shows_the_words_of_each() -> None:
    found = match(rule("coup", unless="film", drop="play"), Headline("Coup film play", language="en"))
    assert found is not None
    assert ([each.text for each in found.held_by], [each.text for each in found.dropped_by]) == (["film"], ["play"])


@pytest.mark.parametrize(
    ("every", "fires"),
    [
        ("army", True),
        ("army\npresident", True),
        ("army president ~any", True),
        ("army\nfleet", False),
        ("army president", False),
        ("title: army", False),
        ("tag: africa", True),
        ("(fleet | army)", True),
        ("fleet", False),
        ("/presid/", True),
        ("president -coup", True),
        ("president -coup ~any", False),
    ],
)
def test_every_line_of_all_must_stand_somewhere_in_the_item(every: str, fires: bool) -> None:
    entry = Headline("A coup and", "army", "the president. A coup by the army", language="en", tags=("Africa",))
    assert (match(rule("coup", every=every), entry) is not None) == fires


def test_the_words_of_all_are_shown_with_those_of_the_match() -> None:
    found = match(rule("coup", every="army\nport"), Headline("A coup", "the army. the army", "at port", language="en"))
    assert found is not None
    assert [(each.field, each.text) for each in found.evidence] == [
        ("title", "coup"),
        ("summary", "army"),
        ("content", "port"),
    ]


@pytest.mark.parametrize(
    ("only", "never", "source", "heard"),
    [
        ("", "", "wire reuters", True),
        ("wire", "", "wire reuters", True),
        ("wire local", "", "wire reuters", True),
        ("reuters", "", "wire reuters", True),
        ("sport", "", "wire reuters", False),
        ("", "wire", "wire reuters", False),
        ("wire", "reuters", "wire reuters", False),
        ("", "sport", "wire reuters", True),
        ("sport", "", "", True),
        ("", "sport", "", True),
    ],
)
def test_a_rule_listens_to_its_sources_and_to_unknown_ones(only: str, never: str, source: str, heard: bool) -> None:
    watch = rule("coup", only=frozenset(only.split()), never=frozenset(never.split()))
    entry = Headline("Coup", language="en", source=frozenset(source.split()))
    assert (match(watch, entry) is not None) == heard


def test_rules_speak_in_their_own_order_whatever_they_look_for() -> None:
    rules = RuleSet([rule(line, name=line) for line in ("/coup/", "coup", "army", "-x coup", "army coup ~any")])
    names = [each.rule for each in rules.match(Headline("army coup", language="en"))]
    assert names == ["/coup/", "coup", "army", "-x coup", "army coup ~any"]


def test_an_expression_that_takes_too_long_is_given_up_and_said_to_have_been() -> None:
    rules = RuleSet([rule("/(a+)+$/", "coup", name="slow"), rule("coup", name="fast")])
    found = rules.match(Headline("A coup", "a" * 16_000 + "b", language="en"))
    assert [each.rule for each in found] == ["slow", "fast"]
    assert rules.gave_up == {("slow", "/(a+)+$/"): 1}
    rules.match(Headline("A coup", "a short text", language="en"))
    assert rules.gave_up == {("slow", "/(a+)+$/"): 1}


def test_an_expression_given_up_in_an_unless_is_told_of_its_own_rule() -> None:
    rules = RuleSet([rule("coup", unless="/(a+)+$/", name="slow"), rule("coup", name="fast")])
    found = rules.match(Headline("A coup", "a" * 16_000 + "b", language="en"))
    assert [(each.rule, each.held) for each in found] == [("slow", False), ("fast", False)]
    assert rules.gave_up == {("slow", "/(a+)+$/"): 1}


@pytest.mark.parametrize("character", [".", "!", "…", "'", '"', "-", ";", " ", "\n", ".'", "a.", "a-", "\u200b", "防"])
def test_a_hostile_text_is_searched_in_a_time_that_grows_with_its_length_only(character: str) -> None:
    # Quadratic search took most of a minute here; the test run's own limit would end it.
    rules = RuleSet([rule("coup", "air-space", "b c d ~200", "防空 侵入")])
    assert rules.match(Headline("x", "", character * (64_000 // len(character)), language="en")) == []


def test_words_that_are_repeated_without_end_are_still_measured() -> None:
    text = "airspace " * 2_000 + "x " * 5 + "incursion " * 2_000
    assert match(rule("airspace incursion"), Headline("x", text, language="en")) is None
    assert match(rule("airspace incursion ~5"), Headline("x", text, language="en")) is not None


def test_a_memory_that_fills_in_the_middle_of_a_text_forgets_nothing_of_it() -> None:
    vocabulary = Vocabulary("en", most_chunks=20)
    airspace = vocabulary.number(Atom(Kind.INFLECTED, "airspace"))
    for text in ("air space shut", " ".join(f"word{number}" for number in range(15))):
        vocabulary.bag(text)
    assert airspace in vocabulary.bag("air space " + " ".join(f"z{number}" for number in range(10)))


def test_terms_that_all_fit_the_same_words_are_given_a_word_each() -> None:
    either = " ".join(["(a | b)"] * 7)
    (found,) = RuleSet([rule(f"{either} ~200")]).match(Headline("", "a b " * 4_000, language="en"))
    assert len({each.start for each in found.evidence[:7]}) == 7
    assert RuleSet([rule(either)]).match(Headline("", "a b a b a b", language="en")) == []


def test_one_free_match_behind_many_held_ones_is_the_warning() -> None:
    text = "A coup drill was held. " * 60 + "A coup began in the capital tonight."
    (match,) = RuleSet([rule("coup", unless="drill")]).match(Headline("Review", text, language="en"))
    assert not match.held


def test_an_expression_that_was_given_up_ten_times_is_asked_no_more() -> None:
    slow = RuleSet([rule("/(a+)+$/", name="slow")])
    for _ in range(14):
        slow.match(Headline("", "a" * 5_000 + "!", language="en"))
    assert slow.gave_up == {("slow", "/(a+)+$/"): 10}
