import pytest

from monitor.core.rules import PatternError, read_patterns


def _words(block: str) -> list[list[tuple[str, ...]]]:
    return [[term.words for term in pattern.terms] for pattern in read_patterns(block)]


def test_a_line_is_a_pattern_of_words_and_phrases() -> None:
    assert _words('Airspace incursion\n\n  "No-Fly Zone" Łódź\n') == [
        [("airspace",), ("incursion",)],
        [("nofly", "zone"), ("lodz",)],
    ]


def test_a_comment_is_no_pattern() -> None:
    assert read_patterns("# nothing here\n   # nor here\n") == ()
    assert [pattern.text for pattern in read_patterns("coup # of any kind")] == ["coup"]


def test_a_possessive_means_its_owner() -> None:
    assert _words("minister's plane") == [[("minister",), ("plane",)]]


@pytest.mark.parametrize(
    ("block", "line", "column", "problem"),
    [
        ('coup\nheavy "armed men', 2, 7, 'this quote is never closed; write "two words" for a phrase'),
        ("air*", 1, 4, '"*" means nothing here; a pattern is words and "phrases in quotes"'),
        ("coup\n\n  air (space)", 3, 7, '"(" means nothing here; a pattern is words and "phrases in quotes"'),
        ("coup -film", 1, 6, '"-" means nothing here; a pattern is words and "phrases in quotes"'),
        ("title:coup", 1, 1, '"title:" means nothing here; a pattern is words and "phrases in quotes"'),
        ('coup ""', 1, 6, '"" holds no word to look for'),
        ("coup , plane", 1, 6, ", holds no word to look for"),
    ],
)
def test_a_line_that_is_no_pattern_is_shown_with_its_place(block: str, line: int, column: int, problem: str) -> None:
    with pytest.raises(PatternError) as caught:
        read_patterns(block)
    assert (caught.value.line, caught.value.column, str(caught.value)) == (line, column, problem)
