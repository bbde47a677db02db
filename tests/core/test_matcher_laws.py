"""What holds for every rule and every text: above all that the index finds what trying every rule finds."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitor.core.rules import Rule, RuleSet, read_lists, read_patterns
from monitor.core.values import Headline
from monitor.words import Severity
from tests.core.watching import match, rule

# A rule is drawn with the letters A, B and C in place of its words; it and its texts are then given the words of one
# theme, so that they meet often enough to be worth comparing.
_THEMES = [
    *(("air", "space", "strike"), ("no", "fly", "zone"), ("surface", "to", "air"), ("pre", "emptive", "strikes")),
    *(("f", "16", "us"), ("u", "s", "war"), ("re", "enter", "struck"), ("straß", "e", "øre")),
    *(("防空", "識別", "圏"), ("f", "16", "戦闘機がアラスカ沖で墜落した"), ("미사일", "을", "발사")),
    *(("防衛省は昨日の会見で新型の", "air", "space"), ("ขีปนาวุธ", "f", "16"), ("край", "й", "наступ")),
]
_BETWEEN = [
    *(" ", " ", " ", "-", "-", "", "  ", ". ", ", ", "\n", "; ", ".", "'s ", " - ", "—", "/", "・", "。"),
    *("\u2011", "\u00ad", "\u200b", "\u200d ", " \u200b", "\u00a0", "\u3000", "\u0301 ", "\x1f", "\u2028"),
]
_LANGUAGES = ["en", "en", "en", "de", "ja", "ko", "uk", "xx", ""]
_LETTER = st.sampled_from("ABC")
_COMPOUND = st.one_of(
    _LETTER,
    _LETTER,
    st.lists(_LETTER, min_size=2, max_size=3).map("-".join),
    st.lists(_LETTER, min_size=2, max_size=3).map("".join),
    st.sampled_from(["AB", "BC", "ABC", "A-B", "B-C", "A-B-C", "A-BC", "AB-C"]),
)
_QUOTED = st.lists(_COMPOUND, min_size=1, max_size=3).map(lambda several: f'"{" ".join(several)}"')
_ATOMS = st.one_of(
    _COMPOUND,
    _COMPOUND,
    _QUOTED,
    (_COMPOUND | _QUOTED).map("={}".format),
    st.sampled_from(["A*", "AB*", "A-B*", "ABC*"]),
    _COMPOUND.map("stem:{}".format),
    st.just("$list"),
)


def _group(branches: list[list[str]]) -> str:
    return f"({' | '.join(map(' '.join, branches))})"


_TERMS = st.one_of(
    _ATOMS,
    st.recursive(
        _ATOMS,
        lambda inner: st.lists(st.lists(inner, min_size=1, max_size=2), min_size=1, max_size=3).map(_group),
        max_leaves=4,
    ),
)
_ABSENT = (_ATOMS | st.lists(_ATOMS.map(lambda atom: [atom]), min_size=1, max_size=2).map(_group)).map("-{}".format)
_LABELS = st.sampled_from(["", "", "", "", "title: ", "tag: ", "url: ", "en: ", "de: title: "])
_REACHES = st.sampled_from(["", "", " ~0", " ~1", " ~8", " ~s", " ~p", " ~any"])
_LINES = st.one_of(
    st.builds(
        lambda label, terms, absent, reach: label + " ".join([*terms, *absent]) + reach,
        *(_LABELS, st.lists(_TERMS, min_size=1, max_size=3), st.just([]) | st.lists(_ABSENT, max_size=1), _REACHES),
    ),
    _COMPOUND,
    st.sampled_from(["/A.?B/i", "/B/", r"title: /\S+$/", "/A.*C/s"]),
)
_BLOCKS = st.lists(_LINES, min_size=1, max_size=2).map("\n".join)
_SELDOM = st.sampled_from(["", ""]) | _BLOCKS
_SOURCES = st.sampled_from([frozenset[str](), frozenset[str](), frozenset({"wire"}), frozenset({"sport"})])
_RULES = st.lists(
    st.tuples(_BLOCKS, _SELDOM, _SELDOM, _SELDOM, st.sampled_from(["", "", "en ja"]), _SOURCES, _SOURCES),
    min_size=1,
    max_size=3,
)
_DRAWN = st.tuples(_RULES, st.sampled_from(_THEMES), st.integers(0, 2**32))
_Drawn = list[tuple[str, str, str, str, str, frozenset[str], frozenset[str]]]
_Theme = tuple[str, str, str]
_CHECKS = list(HealthCheck)


def _rules(drawn: _Drawn, theme: _Theme) -> list[Rule]:
    letters = str.maketrans(dict(zip("ABC", theme, strict=True)))
    lists, _ = read_lists({"list": '(B | A-B | "B C" | =C)'.translate(letters)})
    rules = []
    for *blocks, languages, only, never in drawn:
        # Lines that ask too much, like the beginning f*, are left out as they are from a rule file.
        fires, every, unless, drop = (read_patterns(str(block).translate(letters), lists)[0] for block in blocks)
        rules.append(
            Rule(
                "",
                Severity.HIGH,
                fires,
                all=every,
                unless=unless,
                drop=drop,
                languages=frozenset(str(languages).split()),
                only=frozenset(only),
                never=frozenset(never),
            )
        )
    return rules


def _text(theme: _Theme, luck: Random) -> str:
    pieces = []
    for _ in range(luck.randint(0, 6)):
        word = luck.choice(theme)
        pieces += [luck.choice([word, word, word, word.upper(), word + "s"]), luck.choice(_BETWEEN)]
    # Some begin in the middle of a compound, most hold one as it may be written.
    joints = luck.choices(["", "-", " ", "\u2011", "\u00ad", " \u200b"], k=2)
    compound = theme[0] + joints[0] + theme[1] + joints[1] + theme[2]
    return "".join([*pieces, luck.choice([compound, compound.title(), "x", ""])])


def _entries(theme: _Theme, seed: int, count: int) -> Iterator[Headline]:
    luck = Random(seed)
    for _ in range(count):
        title, summary, content, url, *tags = (_text(theme, luck) if luck.random() < 0.6 else "" for _ in range(6))
        source = luck.choice([frozenset[str](), frozenset({"wire"}), frozenset({"sport", "wire"})])
        code = luck.choice(_LANGUAGES)
        yield Headline(title, summary, content, language=code, url=url, tags=tuple(tags), source=source)


def _same_without_the_index(rules: list[Rule], entries: list[Headline]) -> None:
    rule_set = RuleSet(rules)
    for entry in entries:
        assert rule_set.match(entry) == rule_set.try_every_rule(entry), entry


@given(_DRAWN)
@settings(max_examples=300, deadline=None, suppress_health_check=_CHECKS)
def test_the_index_finds_what_trying_every_rule_finds(drawn: tuple[_Drawn, _Theme, int]) -> None:
    asked, theme, seed = drawn
    _same_without_the_index(_rules(asked, theme), list(_entries(theme, seed, 20)))


@given(st.sampled_from(_THEMES), _COMPOUND, st.sampled_from(["{}", "{} C", '"{} C"', "{} ~any", "-C {}", "(A | {}) B"]))
@example(("no", "fly", "zone"), "ABC", "{}")
@settings(max_examples=100, deadline=None, suppress_health_check=_CHECKS)
def test_the_index_finds_one_plain_line_in_texts_of_its_own_words(theme: _Theme, compound: str, line: str) -> None:
    rules = _rules([(line.format(compound), "", "", "", "", frozenset(), frozenset())], theme)
    _same_without_the_index(rules, list(_entries(theme, 7, 150)))


@given(_DRAWN, _RULES)
@settings(max_examples=80, deadline=None, suppress_health_check=_CHECKS)
def test_adding_a_rule_never_changes_what_another_says(drawn: tuple[_Drawn, _Theme, int], more: _Drawn) -> None:
    asked, theme, seed = drawn
    added, kept = _rules(more, theme), _rules(asked, theme)
    alone, others, together = RuleSet(kept), RuleSet(added), RuleSet([*added, *kept])
    for entry in _entries(theme, seed, 10):
        assert together.match(entry) == others.match(entry) + alone.match(entry)


@given(_DRAWN)
@settings(max_examples=80, deadline=None, suppress_health_check=_CHECKS)
def test_what_was_read_before_changes_nothing(drawn: tuple[_Drawn, _Theme, int]) -> None:
    asked, theme, seed = drawn
    rules = _rules(asked, theme)
    rule_set = RuleSet(rules)
    for entry in list(_entries(theme, seed, 5)) * 2:
        assert rule_set.match(entry) == RuleSet(rules).match(entry)


@given(_DRAWN)
@settings(max_examples=80, deadline=None, suppress_health_check=_CHECKS)
def test_all_evidence_stands_exactly_where_it_says(drawn: tuple[_Drawn, _Theme, int]) -> None:
    asked, theme, seed = drawn
    rules = RuleSet(_rules(asked, theme))
    for entry in _entries(theme, seed, 20):
        texts = dict(entry.fields())
        for found in rules.match(entry):
            for each in (*found.evidence, *found.held_by, *found.dropped_by):
                assert 0 <= each.start < each.end <= len(texts[each.field])
                assert texts[each.field][each.start : each.end] == each.text


@given(_LINES, st.sampled_from(_THEMES), st.integers(0, 2**32))
@settings(max_examples=80, deadline=None, suppress_health_check=_CHECKS)
def test_the_words_of_one_line_stand_apart_and_in_the_order_of_the_text(line: str, theme: _Theme, seed: int) -> None:
    (watch,) = _rules([(line, "", "", "", "", frozenset(), frozenset())], theme)
    rules = RuleSet([watch])
    for entry in _entries(theme, seed, 20):
        for found in rules.match(entry):
            (pattern,) = watch.match
            # More evidence may be that of several findings.
            once = pattern.ways and len(found.evidence) <= min(map(len, pattern.ways))
            if once and pattern.reach.between is not None:
                assert all(one.end <= two.start for one, two in pairwise(found.evidence))


_OWN_WORDS = st.lists(
    st.text(st.characters(categories=["Ll", "Lu", "Nd"], max_codepoint=0x2FFF), min_size=2, max_size=9),
    min_size=1,
    max_size=4,
)


@given(_OWN_WORDS, st.sampled_from([" ", "-", ", "]), st.sampled_from(["en", "de", "ru", "xx"]))
@settings(max_examples=200, deadline=None)
def test_a_pattern_made_of_the_words_of_a_text_fires_on_it(words: list[str], between: str, language: str) -> None:
    # OR, AND, NOT and NEAR in capitals are told to be no operators.
    words = [word.capitalize() for word in words]
    entry = Headline(between.join(words), language=language)
    assert match(rule(" ".join(words)), entry) is not None
    assert match(rule(" ".join(reversed(words))), entry) is not None
    assert match(rule(f'"{" ".join(words)}"'), entry) is not None or between == ", "
    assert match(rule(" ".join(f"={word}" for word in words)), entry) is not None
