"""What may be written on a line of a rule, and what it then finds."""

import pytest

from monitor.core.rules import RuleSet
from monitor.core.values import Headline
from tests.core.watching import match, patterns, rule, words

_SEED = (
    "European NATO allies face ongoing Russian hybrid warfare tactics, including repeated incursions into allied"
    " airspace by Russian drones. The alliance could consider a 'pre-emptive strike' against Russia, according to the"
    " Financial Times."
)
_LISTS = {
    "strike": "(strike | airstrike | $blast)",
    "blast": 'explosion # heard\n# seen\n"fire ball"',
    "all-that": "$strike | $blast | crash",
}


def test_the_two_watches_that_began_the_project_fire_on_the_article_that_began_it() -> None:
    rules = RuleSet([rule("pre-emptive strike", name="strike"), rule("airspace incursion", name="airspace")])
    title = "Trump Envoy to Meet Putin Amid NATO 'Pre-emptive Strike' Warning"
    strike, airspace = rules.match(Headline(title, _SEED, language="en"))
    assert [each.text for each in strike.evidence] == ["Pre-emptive", "Strike", "pre-emptive", "strike"]
    assert [each.text for each in airspace.evidence] == ["incursions", "airspace"]


@pytest.mark.parametrize(
    ("pattern", "title", "found"),
    [
        ("airspace incursion", "Incursions into allied airspace", "Incursions / airspace"),
        ("airspace incursion", "Poland: third incursion of its airspace this week", "incursion / airspace"),
        ("a b", "b one two three four a", "b / a"),
        ("a b c", "b 1 2 a 3 4 c", "b / a / c"),
        ("a b ~0", "b a", "b / a"),
        ("a b ~8", "a 1 2 3 4 5 6 7 8 b", "a / b"),
        ("a b ~200", f"a {'x ' * 200} b", "a / b"),
        ("air sea ~s", f"air {'x ' * 300} sea", "air / sea"),
        ("air sea ~p", "By air. By sea", "air / sea"),
        ("air sea ~any", "By air.\nBy sea", "air / sea"),
        ("coup -film", "A coup", "coup"),
        ("coup -film", "A coup. A film", "coup"),
        ("-film coup", "A coup", "coup"),
        ('coup -"short film"', "Film of a short coup", "coup"),
        ("coup -(film | play)", "A coup", "coup"),
        ("=NOTAM", "A NOTAM was sent", "NOTAM"),
        ("=NOTAM", "NOTAM's end", "NOTAM's"),
        ('="Article 5"', "NATO invokes Article 5", "Article 5"),
        ("violat*", "Violations and a violated treaty", "Violations"),
        ("straß*", "Strassen", "Strassen"),
        ("a (b | c)", "c a", "c / a"),
        ('a (b | "c d")', "c d a", "c d / a"),
        ("a (b | c d) e", "a d x c e", "a / d / c / e"),
        ("(a b | c) (d | e f)", "f e c", "f / e / c"),
        ("a ((b | (c)) | d e)", "c a", "c / a"),
        ("a (b | (c | d e)) f", "e d a f", "e / d / a / f"),
        ('"strike was"', "The strike was called off", "strike was"),
        ('"no fly zone"', "No-fly zones", "No-fly zones"),
        ("“no fly zone”", "A no fly zone", "no fly zone"),
        ("„no fly zone“", "A no fly zone", "no fly zone"),
        ("«no fly zone»", "A no fly zone", "no fly zone"),
        ("=“Article 5”", "Article 5", "Article 5"),
        ("stem:organise", "The organisation", "organisation"),
        ("stem: organise port", "An organiser of the port", "organiser / port"),
        ("/air.?space/i", "AIR-SPACE shut", "AIR-SPACE"),
        ("/Air.?space/", "airspace and Airspace", "Airspace"),
        (r"/\bFL\d{3}\b/", "Down to FL350 and FL120", "FL350 / FL120"),
        (r"/https?:\/\/bad\.example/", "See https://bad.example now", "https://bad.example"),
        ("/first.*second/s", "first\nsecond", "first\nsecond"),
        ("coup # or not # at all", "A coup", "coup"),
        ("(coup | junta) # (one)", "The junta", "junta"),
        ('"a # b" # c', "a b", "a b"),
        ("/a # b/ # c", "a # b", "a # b"),
        ("coup#1", "Coup 1", "Coup 1"),
        ("title: coup", "A coup", "coup"),
        ("title:coup", "A coup", "coup"),
        ("en: coup", "A coup", "coup"),
        ("en: title: coup", "A coup", "coup"),
        ("title: en: /coup/", "A coup", "coup"),
        ("strike strike", "A strike upon strikes", "strike / strikes"),
        ("minister's plane", "The minister’s plane", "minister’s / plane"),
        ("coup?", "A coup", "coup"),
    ],
)
def test_a_line_finds_what_it_says(pattern: str, title: str, found: str) -> None:
    assert " / ".join(words(pattern, title)) == found


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("a b", "b one two three four five a"),
        ("a b c", "a 1 2 b 3 4 5 c"),
        ("a b ~0", "a x b"),
        ("a b ~8", "a 1 2 3 4 5 6 7 8 9 b"),
        ("air sea ~s", "By air. By sea"),
        ("air sea ~p", "By air\nBy sea"),
        ("coup -film", "The film of the coup"),
        ("-film coup", "The film of the coup"),
        ("coup -film ~p", "A coup. A film"),
        ("coup -film ~any", "A coup\nA film"),
        ('coup -"short film"', "A coup in short films"),
        ("coup -(film | play)", "A play of the coup"),
        ("=NOTAM", "Notam sent, notam read, NOTAMs"),
        ("=IRIS", "Iris scan at the border"),
        ("=Łódź", "Lodz"),
        ('="Article 5"', "article 5"),
        ('="Article 5"', "Article 55"),
        ("violat*", "Viola concert"),
        ("a (b | c d) e", "a c e"),
        ('a (b | "c d")', "d c a"),
        ('"strike was"', "Was a strike planned"),
        ('"strike was"', "The strike that was"),
        ("stem:organise", "An organ"),
        ("organise", "The organisation"),
        ("/Air.?space/", "airspace"),
        ("/first.*second/", "first\nsecond"),
        ("de: coup", "A coup"),
        ("de: /coup/", "A coup"),
        ("url: coup", "A coup"),
        ("strike strike", "One strike only"),
        ("coup#1", "A coup"),
    ],
)
def test_a_line_finds_nothing_else(pattern: str, title: str) -> None:
    assert words(pattern, title) == []


@pytest.mark.parametrize(
    ("pattern", "title", "found"),
    [
        ("$strike depot", "Airstrikes hit the depot", ["Airstrikes", "depot"]),
        ("$strike depot", "Explosions at the depot", ["Explosions", "depot"]),
        ("$strike depot", "Fire balls over the depot", ["Fire balls", "depot"]),
        ("$strike depot", "Crash at the depot", []),
        ("(crash | $blast) depot", "Explosion at the depot", ["Explosion", "depot"]),
        ("$all-that", "A crash", ["crash"]),
        ("$all-that", "Fireball seen", ["Fireball"]),
        ("depot -$strike", "A depot opens", ["depot"]),
        ("depot -$strike", "A depot after the explosion", []),
    ],
)
def test_a_list_stands_for_any_of_its_words_and_of_the_lists_it_names(
    pattern: str, title: str, found: list[str]
) -> None:
    seen = match(rule(pattern, lists=_LISTS), Headline(title, language="en"))
    assert [each.text for each in seen.evidence] == found if seen else found == []


@pytest.mark.parametrize(
    ("pattern", "field", "text"),
    [
        ("title: Smith", "title", "Smith"),
        ("author: Smith", "author", "SMITH"),
        ("url: coup smith", "url", "smith"),
        ("tag: world smith", "tag", "Smith"),
        ("tag: /^Smith/", "tag", "Smith"),
    ],
)
def test_a_labelled_line_looks_in_that_field_only(pattern: str, field: str, text: str) -> None:
    full = {
        "title": "Smith resigns",
        "author": "Ann SMITH",
        "url": "https://x.example/coup-by-smith",
        "tags": ("Smith world",),
    }
    without = {**full, field if field != "tag" else "tags": () if field == "tag" else "Nobody"}
    found = match(rule(pattern), Headline(**{"summary": "Smith", "language": "en", **full}))  # type: ignore[arg-type]
    assert found is not None
    assert {each.field for each in found.evidence} == {field}
    assert text in [each.text for each in found.evidence]
    assert match(rule(pattern), Headline(**{"summary": "Smith", "language": "en", **without})) is None  # type: ignore[arg-type]


def test_an_unlabelled_line_looks_neither_at_the_author_nor_at_the_address_nor_at_the_tags() -> None:
    entry = Headline("News", "of today", author="Smith", url="https://x.example/smith", tags=("smith",), language="en")
    assert match(rule("smith", "/smith/i"), entry) is None


def test_two_tags_are_not_one_phrase() -> None:
    entry = Headline("News", tags=("World", "War"), language="en")
    assert match(rule("tag: world war"), entry) is None
    assert match(rule("tag: world war ~any"), entry) is not None


def test_a_pattern_is_quoted_without_its_comment() -> None:
    block = "\n# nothing here\n   # nor here\n  coup # of any kind\n\n(a | b) # c\ntitle: x ~8 # d\n/a # b/i # e"
    found = patterns(block)
    assert [each.text for each in found] == ["coup", "(a | b)", "title: x ~8", "/a # b/i"]
    assert [each.line for each in found] == [4, 6, 7, 8]
    assert [str(each.reach) for each in patterns("a\na ~0\na ~s\na ~p\na ~any")] == ["~4", "~0", "~s", "~p", "~any"]
