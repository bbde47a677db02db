"""What every line means without being told: folding, hyphens, whole words, inflection, sentences and fields."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.rules import RuleSet
from monitor.core.rules.words import fold
from monitor.core.values import Headline
from tests.core.watching import evidence, match, rule, words

_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad"
_SPELLINGS = [
    ("airspace", "air-space", "air space"),
    ("preemptive", "pre-emptive", "preëmptive", "pre emptive"),
    ("no-fly zone", "no fly zone", "no-fly-zone", "no fly-zone"),
    ("surface-to-air", "surface to air", "surface-to air", "surface to-air", "surfacetoair"),
    ("F-16", "F 16", "F16", "f-16"),
    ("Luftraumverletzung", "Luftraum-Verletzung", "Luftraum Verletzung"),
]


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("airspace incursion", "Air-space incursion"),
        ("airspace incursion", "Air space incursion"),
        ("airspace incursion", "Airspace-incursion"),
        ("pre-emptive strike", "Talk of preemptive strikes"),
        ("pre-emptive strike", "Strike was 'pre-emptive'"),
        ("marines", "Marine missing"),
        ("coup", "An attempted coup d'état"),
        ("war", "The post-war years"),
        ("war", "A war-torn coast"),
        ("drone strike", "Drones struck a depot"),
        ("shoot plane", "The plane was shot"),
        ("jet fly", "Jets flew in"),
        ("U.S. troops", "US troops leave"),
        ("US troops", "Troops of the U.S. leave"),
        ("airspace incursion", "U.S. airspace saw Dr. Low's incursion"),
        ("airspace washington", "Washington D.C. airspace is shut"),
        ("gen low", "First line\nGen. Low spoke"),
    ],
)
def test_words_are_found_however_they_are_written(pattern: str, title: str) -> None:
    assert len(words(pattern, title)) == len(pattern.split())


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("airspace incursion", "Airspace reopened after the storm; ground incursion in Sudan widens"),
        ("airspace incursion", "Incursion drill ends. Airline says airspace fees rise"),
        ("airspace incursion", "incursion into DR Congo as region's airspace authority meets"),
        ("airspace incursion", "Airspace reopened\nIncursion on the ground"),
        ("airspace incursion", "Is the airspace open? Incursion on the ground"),
        ("airspace incursion", "“The airspace is open.” Incursion on the ground"),
        ("pre-emptive strike", "Rail strike talks fail. Pre-emptive timetable cuts follow"),
        ("pre-emptive strike", "Striker pre-empts transfer rumours"),
        ("organisation", "The organic farm"),
        ("general", "A generally quiet day"),
        ("new", "The news at ten"),
        ("coup", "A coupon code"),
        ("war", "An award for the ward"),
        ("airspace", "By air, space officials say"),
        ("incursion", "Caught in cursion"),
    ],
)
def test_words_that_mean_something_else_are_left_alone(pattern: str, title: str) -> None:
    assert evidence(pattern, title) == ()


def test_words_of_the_title_and_of_the_summary_do_not_make_one_sentence() -> None:
    rules = RuleSet([rule("airspace incursion", "airspace incursion ~s", "airspace incursion ~p")])
    assert rules.match(Headline("Airspace", "incursion", "of an incursion", language="en")) == []
    found = rules.match(Headline("Airspace", "quiet", "Airspace incursion", language="en"))[0].evidence
    assert {each.field for each in found} == {"content"}


@pytest.mark.parametrize("spellings", _SPELLINGS, ids=lambda spellings: spellings[0])
def test_what_is_hyphenated_joined_or_parted_is_the_same_in_a_rule_and_in_a_text(spellings: tuple[str, ...]) -> None:
    for pattern in spellings:
        for text in spellings:
            assert evidence(f'"{pattern}"', f"The {text} over there"), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("x-ray", "An X ray"),
        ("x-ray", "An xray"),
        ("x-ray", "X-rays"),
        ("xray", "An X-ray"),
        ("re-enter", "They re enter"),
        ("re-enter", "They reentered"),
        ("re enter", "They reentered"),
        ("reenter", "They re-entered"),
        ("F-16", "Two F-16s"),
        ("F16", "F-16s"),
        ("airspace", "The air\u200b-space"),
        ("pre-empt*", "They pre-empted it"),
        ("preempt*", "They pre-empted it"),
        ("pre-empt*", "They preempted it"),
        ("pre-empt*", "They pre empted it"),
        ("Luftraum", "Luft\u00adraum"),
    ],
)
def test_a_short_half_and_an_ending_do_not_hide_a_parted_word(pattern: str, title: str) -> None:
    assert evidence(pattern, title) != ()


@pytest.mark.parametrize("dash", _DASHES, ids=ascii)
def test_any_dash_is_a_hyphen_in_a_rule_and_in_a_text(dash: str) -> None:
    written = f"pre{dash}emptive strike"
    assert words("pre-emptive strike", f"A {written}") == [f"pre{dash}emptive", "strike"]
    assert words(written, "A preemptive strike") == ["preemptive", "strike"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Suwałki", "Suwalki"),
        ("évènement", "evenement"),
        ("Łódź", "LODZ"),
        ("Straße", "STRASSE"),
        ("Ærø", "aero"),
        ("Đà Nẵng", "Da Nang"),
        ("Kızılay", "Kizilay"),
        ("œuvre", "Oeuvre"),
        ("Ελλάδα", "ΕΛΛΑΔΑ"),
        ("café", "cafe\u0301"),
        ("O'Neill", "O’Neill"),
        ("minister's", "minister’s"),
        ("soft", "so\u00adft"),
        ("soft", "so\u200bft"),
        ("soft", "s\u2060o\u200cf\u200dt\ufeff"),
        ("fine", "ﬁne"),
        ("NATO", "ｎａｔｏ"),
    ],
)
def test_case_ornament_and_unseen_characters_are_ignored_on_both_sides(one: str, other: str) -> None:
    for pattern, text in ((one, other), (other, one)):
        assert evidence(pattern, f"a {text} b", "xx") != (), (pattern, text)


@pytest.mark.parametrize(("one", "other"), [("й", "и"), ("ї", "і"), ("ў", "у"), ("край", "краи"), ("їх", "іх")])
def test_cyrillic_letters_that_look_accented_stay_letters_of_their_own(one: str, other: str) -> None:
    assert fold(one) == one != fold(other)
    assert evidence(one, other, "xx") == evidence(other, one, "xx") == ()


def test_a_cyrillic_letter_typed_in_two_parts_is_the_letter() -> None:
    assert fold("и\u0306") == "й"
    assert words("край", "краи\u0306", "uk") == ["краи\u0306"]


@pytest.mark.parametrize(
    ("written", "folded"),
    [("ŁÓDŹ", "lodz"), ("Straße", "strasse"), ("Ærø", "aero"), ("ﬁne", "fine"), ("so\u00adft", "soft"), ("ẞ", "ss")],
)
def test_letters_are_compared_without_case_and_ornament(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_folding_a_folded_word_changes_nothing(word: str) -> None:
    assert fold(fold(word)) == fold(word)


def test_every_letter_there_is_folds_the_same_twice() -> None:
    # Casefolding and decomposing may undo each other for single letters that Hypothesis seldom meets.
    letters = [chr(code) for code in (*range(0xD800), *range(0xF900, 0x1_0000), *range(0x1_D400, 0x1_D800))]
    assert [letter for letter in letters if fold(fold(letter)) != fold(letter)] == []


@pytest.mark.parametrize(
    ("language", "pattern", "title"),
    [
        ("ja", "防空識別圏 侵入", "中国機が防空識別圏に侵入した"),
        ("ja", "ミサイル 発射", "北朝鮮がミサイルを発射した"),
        ("zh", "防空识别区", "军机进入防空识别区"),
        ("ko", "미사일 발사", "북한이 미사일을 발사했다"),
        ("th", "ขีปนาวุธ", "ยิงขีปนาวุธใส่เมือง"),
        ("ja", "F-16 墜落", "F16戦闘機が墜落"),
        ("ja", "F16", "F 16戦闘機がアラスカ沖で墜落したと発表"),
        ("ja", "F16", "防衛省は昨日の会見で新型のF 16を公開"),
        ("zh", "航-母", "航母出海"),
        ("zh", '"航 母"', "航母出海"),
    ],
)
def test_scripts_without_spaces_are_searched_by_characters(language: str, pattern: str, title: str) -> None:
    assert len(words(pattern, title, language)) == (1 if '"' in pattern else len(pattern.split()))


@pytest.mark.parametrize(
    ("pattern", "title"),
    [("防空識別圏", "防空の識別圏"), ("航母", "母航"), ("防空 侵入", "防空。侵入"), ("防空 侵入 ~1", "防空識別圏侵入")],
)
def test_characters_must_stand_in_their_order_within_a_sentence(pattern: str, title: str) -> None:
    assert evidence(pattern, title, "zh") == ()


def test_two_characters_count_as_one_word_between() -> None:
    assert evidence("防空 侵入 ~2", "防空識別圏的侵入", "zh") != ()
    assert evidence("防空 侵入 ~2", "防空識別圏的的侵入", "zh") == ()


@pytest.mark.parametrize(
    ("language", "pattern", "title"),
    [
        ("pl", "rakieta", "Atak rakietą na port"),
        ("de", "Angriff", "Neue Angriffe am Abend"),
        ("de-AT", "Luftraum", "Sperre des Luftraums"),
        ("ru", "ракета", "Над городом сбиты ракеты"),
        ("ru", "воздушный", "Закрыто воздушное пространство"),
        ("fr", "frappe", "Des frappes sur le port"),
        ("es", "incursión", "Varias incursiones aéreas"),
        ("uk", "край", "Над краєм тихо"),
        ("ar", "ضربة", "الضربات على الميناء"),
        ("", "strike", "Strikes on the port"),
        ("", "ракета", "Над городом сбиты ракеты, сообщили власти"),
        ("en", "ракета", "Над городом сбиты ракеты, сообщили власти"),
        ("en_GB", "strike", "Strikes on the port"),
    ],
)
def test_a_word_is_found_in_the_inflections_of_the_language_of_its_entry(
    language: str, pattern: str, title: str
) -> None:
    assert len(evidence(pattern, title, language)) == 1


@pytest.mark.parametrize("first", ["en", "de"])
@pytest.mark.parametrize("second", ["en", "de"])
def test_one_rule_set_serves_entries_of_many_languages(first: str, second: str) -> None:
    rules = RuleSet([rule("Rakete")])
    fired = [bool(rules.match(Headline("Raketen", language=language))) for language in (first, second)]
    assert fired == [first == "de", second == "de"]


@pytest.mark.parametrize(
    ("language", "title", "heard"),
    [
        ("es", "Incursion 7", True),
        ("es-MX", "Incursion 7", True),
        ("en", "Incursion 7", False),
        ("", "7: 12", True),
        ("", "La incursión 7 del ejército en el espacio aéreo del país", True),
        ("", "The incursion 7 of the army was reported this morning", False),
    ],
)
def test_a_rule_for_a_language_lets_only_other_languages_pass_by(language: str, title: str, heard: bool) -> None:
    entry = Headline(title, language=language)
    assert bool(match(rule("es: 7"), entry)) == heard
    assert bool(match(rule("7", languages=frozenset({"es"})), entry)) == heard
