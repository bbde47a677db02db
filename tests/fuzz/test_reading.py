from random import Random

import pytest

from monitor.core.values import NotAFeed, ParsedFeed
from tests.core.documents import item, rss
from tests.fuzz.hangs import hangs
from tests.fuzz.reading import read, trouble

_FEED = rss(item("One", more="<guid>1</guid>"), item("Two", more="<guid>2</guid>"))


def test_whoever_fuzzes_is_told_of_a_reader_that_hangs() -> None:
    def hang(_document: bytes, _known: bytes) -> ParsedFeed | NotAFeed:
        while True:
            pass

    assert trouble(_FEED, Random(0), hang, longest=0.01) == "TooLongError: was given up"


def test_whoever_fuzzes_is_told_of_one_that_hangs_only_where_items_are_known() -> None:
    def hang_later(document: bytes, known: bytes) -> ParsedFeed | NotAFeed:
        while known:
            pass
        return read(document, known)

    assert trouble(_FEED, Random(1), hang_later, longest=0.3) == "TooLongError: was given up"


def test_whoever_fuzzes_is_told_what_a_reader_raised() -> None:
    def stumble(_document: bytes, _known: bytes) -> ParsedFeed | NotAFeed:
        raise KeyError("where")

    assert trouble(_FEED, Random(0), stumble) == "KeyError: 'where'"


@pytest.mark.parametrize("size", [4_000])
def test_no_document_that_once_hung_the_reader_is_trouble(size: int) -> None:
    found = {name: why for name, document in hangs(size) if (why := trouble(document, Random(0)))}
    assert found == {}
