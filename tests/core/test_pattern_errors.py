"""What an author is told about a line that cannot be read: where it is wrong, what was expected, and the cure."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.rules import PatternError, read_lists, read_patterns
from tests.core.watching import patterns

_OPERATOR = "is no operator; write one pattern a line: any line fires the rule, all words of a line must be there"
_ABSENT = 'words that must be absent are a word, a "phrase", a $list or (one | of | these)'
_NOTHING = "this expression is satisfied with no text at all; it would fire on everything"
_COMBINATIONS = "more than 500 combinations; write several lines instead"
_STAR = "a star stands at the end of a word, like violat*"
_SHORT = "is too short; a beginning has at least 4 letters"
_TERM = 'a word, a "phrase in quotes", "("'
_UNCLOSED = 'this quote is never closed; write "two words" for a phrase'
_DISTANCE = "a distance is ~8, ~s, ~p or ~any, at the end of the line"
_NO_DISTANCE = "is no distance; write ~8 (words between, at most 200), ~s, ~p or ~any"


def _problem(block: str) -> PatternError:
    found, (problem,) = read_patterns(block)
    assert found == ()
    return problem


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ('heavy "armed men', 7, _UNCLOSED),
        ("“armed men", 1, _UNCLOSED),
        ('="Article 5', 2, _UNCLOSED),
        ('stem:"two words"', 6, '""" means nothing here; expected a word'),
        ("a (b", 5, 'the line ends too early; expected ")" or "|"'),
        ("(drone, jet)", 2, '"," means nothing here; write (a | b) for one of several words'),
        ("Russia - Ukraine war", 8, "a minus stands before its word, like -drill; leave out a dash between words"),
        ("/((a{1000}){1000}){1000}/", 1, "repeats its parts more than 100000 times; write a smaller number"),
        ("a (b |", 7, f"the line ends too early; expected {_TERM} or a $list"),
        ("a (| b)", 4, f'"|" means nothing here; expected {_TERM} or a $list'),
        ("()", 2, f'")" means nothing here; expected {_TERM} or a $list'),
        (
            "a b)",
            4,
            f'")" means nothing here; expected {_TERM}, a $list, a distance like ~8 at the end or the end of the line',
        ),
        (
            "a | b",
            3,
            f'"|" means nothing here; expected {_TERM}, a $list, a distance like ~8 at the end or the end of the line',
        ),
        ("(-a b)", 2, f'"-" means nothing here; expected {_TERM} or a $list'),
        ("airspace OR border", 10, f"OR {_OPERATOR}"),
        ("airspace AND border", 10, f"AND {_OPERATOR}"),
        ("(a OR b)", 4, f"OR {_OPERATOR}"),
        ("NOT coup", 1, f"NOT {_OPERATOR}"),
        ("a NEAR b", 3, f"NEAR {_OPERATOR}"),
        ("*lation", 1, _STAR),
        ("violat*ion", 7, _STAR),
        ("violat* *", 9, _STAR),
        ("=violat*", 8, _STAR),
        ("coup war*", 6, f"war* {_SHORT}"),
        ("ł-ß*", 1, f"ł-ß* {_SHORT}"),
        ("-coup", 1, "only words that must be absent; write what to look for before them"),
        ("title: -a -b", 8, "only words that must be absent; write what to look for before them"),
        ("a -(b c)", 5, _ABSENT),
        ("a -(b | c d)", 5, _ABSENT),
        ("/a*/", 1, _NOTHING),
        ("/(?:x|$)/", 1, _NOTHING),
        ("/(/", 1, "no regular expression: missing ) at position 1"),
        ("/(?V1)a/", 1, "no regular expression: VERSION0 and VERSION1 flags are mutually incompatible"),
        ("/a/x", 1, 'unknown flags "x"; known are i (any case) and s (a dot is any character)'),
        ("a ~", 3, _DISTANCE),
        ("~8", 1, _DISTANCE),
        ("a ~8 ~s", 6, _DISTANCE),
        ("(a ~3)", 4, _DISTANCE),
        ("a ~x", 3, f'"~x" {_NO_DISTANCE}'),
        ("a ~201", 3, f'"~201" {_NO_DISTANCE}'),
        ("a ~٣", 3, f'"~٣" {_NO_DISTANCE}'),
        ("a ~8 b", 6, '"b" means nothing here; expected the end of the line'),
        ("tittle: a", 1, '"tittle:" is no field and no language; did you mean "title:"?'),
        (
            "xx: a",
            1,
            '"xx:" is no field and no language; known are title: author: url: tag: and languages like es:, each once',
        ),
        (
            "en: de: a",
            5,
            '"de:" is no field and no language; known are title: author: url: tag: and languages like es:, each once',
        ),
        ("title:", 7, f"the line ends too early; expected {_TERM}, a $list or a /regular expression/"),
        ('coup ""', 6, '"" holds no word to look for'),
        ("coup ,", 6, ", holds no word to look for"),
        ("coup – plot", 6, "– holds no word to look for"),
        ("$strike", 1, 'there is no list $strike; write strike = "(one | of | these)" under [terms]'),
        ("(a b | c d | e f | g h) " * 5, 2, _COMBINATIONS),
        ("a " * 300, 1, _COMBINATIONS),
    ],
)
def test_a_line_that_is_no_pattern_is_shown_with_its_place_and_the_cure(line: str, column: int, problem: str) -> None:
    found = _problem(f"\n# a comment\n{line}")
    assert (found.line, found.column, str(found)) == (3, column, problem)


def test_a_line_that_cannot_be_read_leaves_the_others_at_work() -> None:
    found, problems = read_patterns('coup\n"junta\n\nplot # good\n(a\n/x/')
    assert [(each.text, each.line) for each in found] == [("coup", 1), ("plot", 4), ("/x/", 6)]
    assert [each.line for each in problems] == [2, 5]


def test_a_misspelt_list_is_guessed() -> None:
    lists, _ = read_lists({"strike": "(strike | blast)", "drill": "drill"})
    _, (problem,) = read_patterns("pre-emptive $strikes", lists)
    assert (problem.column, str(problem)) == (13, "there is no list $strikes; did you mean $strike?")


def test_brackets_within_brackets_are_read_to_any_depth_that_somebody_writes() -> None:
    assert len(patterns("(" * 50 + "coup" + ")" * 50)) == 1


def test_a_line_of_nothing_but_brackets_is_an_error_and_no_crash() -> None:
    found, problems = read_patterns("coup\n" + "(" * 5_000 + "a" + ")" * 5_000)
    assert [each.text for each in found] == ["coup"]
    assert [each.line for each in problems] == [2]
    assert read_lists({"deep": "(" * 5_000 + "a" + ")" * 5_000})[1].keys() == {"deep"}


@pytest.mark.parametrize(
    ("block", "line", "problem"),
    [
        ("x y", 1, 'a list holds words and "phrases in quotes", one a line or between bars'),
        ("a | (b c)", 1, 'a list holds words and "phrases in quotes", one a line or between bars'),
        ("(a) (b)", 1, 'a list holds words and "phrases in quotes", one a line or between bars'),
        ("", 1, "the list is empty"),
        ("# nothing\n\n", 1, "the list is empty"),
        ("x\n\nwar*", 3, f"war* {_SHORT}"),
        ("x\n$nope", 2, 'there is no list $nope; write nope = "(one | of | these)" under [terms]'),
        ('x\n"y', 2, _UNCLOSED),
    ],
)
def test_a_list_that_cannot_be_read_is_told_and_the_others_stand(block: str, line: int, problem: str) -> None:
    lists, problems = read_lists({"bad": block, "good": "(one | two)"})
    assert lists.keys() == {"good"}
    assert [(name, each.line, str(each)) for name, each in problems.items()] == [("bad", line, problem)]


def test_lists_that_name_each_other_end_in_an_error_that_says_so() -> None:
    lists, problems = read_lists({"a": "(x | $b)", "b": "(y | $a)", "own": "$own", "fine": "z"})
    assert lists.keys() == {"fine"}
    assert {name: str(problem) for name, problem in problems.items()} == {
        "a": "the list names itself: $a names $b names $a",
        "b": "the list names itself: $b names $a names $b",
        "own": "the list names itself: $own names $own",
    }


_SIGNS = st.sampled_from(
    [*'()|"“”*~$-=:/#?.+[]\\{}^', "stem:", "title:", "es:", "~8", "$x", " ", "\n", "a", "coup", "ß"]
)
_SCRIBBLES = st.lists(_SIGNS, max_size=25).map("".join) | st.text(max_size=30)


@given(_SCRIBBLES)
@settings(max_examples=500, deadline=None)
def test_whatever_stands_in_a_block_is_a_pattern_or_an_error_with_its_place(block: str) -> None:
    found, problems = read_patterns(block, read_lists({"x": "(one | two)"})[0])
    lines = block.splitlines()
    told = [each.line for each in found] + [each.line for each in problems]
    meant = [at for at, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]
    assert sorted(told) == meant
    assert all(1 <= each.column <= len(lines[each.line - 1]) + 1 for each in problems)
    assert all(str(each) for each in problems)
    assert all(each.ways or each.expression for each in found)


@given(_SCRIBBLES)
@settings(max_examples=200, deadline=None)
def test_whatever_stands_in_a_list_is_a_list_or_an_error(block: str) -> None:
    lists, problems = read_lists({"x": block, "y": "(one | $x)"})
    assert ("x" in lists) != ("x" in problems)
    assert ("y" in lists) == ("x" in lists)
