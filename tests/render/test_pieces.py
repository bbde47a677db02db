from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.values import Evidence
from monitor.render.views import Piece, marked, passage

_FAR = "word " * 400


def _evidence(text: str, *words: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("summary", text.index(word), text.index(word) + len(word), word, " ".join(words)) for word in words
    )


@st.composite
def _marked_texts(draw: st.DrawFn) -> tuple[str, tuple[Evidence, ...]]:
    text = draw(st.text("ab \n.ü", min_size=1, max_size=500))
    spans = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 20))
    chosen = draw(st.lists(spans, min_size=1, max_size=4))
    ends = [(start, min(start + length, len(text))) for start, length in chosen]
    return text, tuple(Evidence("summary", start, end, text[start:end], "p") for start, end in ends)


def test_the_words_that_fired_are_marked_where_they_stand() -> None:
    text = "Jets made incursions into airspace."
    assert marked(text, _evidence(text, "airspace", "incursions")) == (
        Piece("Jets made ", False),
        Piece("incursions", True),
        Piece(" into ", False),
        Piece("airspace", True),
        Piece(".", False),
    )


def test_words_that_two_patterns_ask_for_are_marked_once() -> None:
    text = "A coup"
    assert marked(text, _evidence(text, "coup") * 2) == (Piece("A ", False), Piece("coup", True))


def test_an_endless_sentence_is_quoted_around_the_evidence_and_cut_between_words() -> None:
    text = f"First line.\n{_FAR}the coup went on {_FAR}\nLast line."
    pieces = passage(text, _evidence(text, "coup"))
    quote = "".join(piece.text for piece in pieces)
    assert quote.startswith("…word ")
    assert quote.endswith(" word…")
    assert len(quote) < 1_000
    assert [piece.text for piece in pieces if piece.marked] == ["coup"]


def test_a_quote_is_the_sentence_of_the_evidence_without_dots() -> None:
    text = "First line.\nAll was well. The coup went on. Nobody knew.\nLast line."
    assert passage(text, _evidence(text, "coup")) == (
        Piece("The ", False),
        Piece("coup", True),
        Piece(" went on.", False),
    )


@given(_marked_texts())
@settings(max_examples=200, deadline=None)
def test_marking_loses_no_letter(sample: tuple[str, tuple[Evidence, ...]]) -> None:
    text, evidence = sample
    pieces = marked(text, evidence)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
    assert any(piece.marked for piece in pieces)


@given(_marked_texts())
@settings(max_examples=200, deadline=None)
def test_a_quote_is_a_stretch_of_the_text_that_holds_all_evidence(sample: tuple[str, tuple[Evidence, ...]]) -> None:
    text, evidence = sample
    pieces = passage(text, evidence)
    quote = "".join(piece.text for piece in pieces)
    assert all(piece.text for piece in pieces)
    assert quote.removeprefix("…").removesuffix("…") in text
    assert text[min(each.start for each in evidence) : max(each.end for each in evidence)] in quote
    assert [piece for piece in pieces if piece.marked] == [piece for piece in marked(text, evidence) if piece.marked]
