"""What a document brings at once is bounded, so that no server fills the program's memory."""

from monitor.core.parse import parse
from monitor.core.values import NotAFeed, ParsedFeed
from tests.core.documents import URL, item, rss


def _read(document: bytes) -> ParsedFeed:
    read = parse(document, URL)
    assert isinstance(read, ParsedFeed)
    return read


def test_of_very_much_text_the_last_entries_keep_their_titles_and_the_beginning() -> None:
    long = f"<description>{'strike ' * 2_000}</description>"
    entries = _read(rss(*(item(f"Story {n}", f"/{n}", long) for n in range(300)))).entries
    assert [entry.title for entry in entries] == [f"Story {n}" for n in range(300)]
    assert len(entries[0].summary) > 13_000
    assert len(entries[-1].summary) <= 300
    assert entries[-1].summary.startswith("strike strike")
    assert sum(len(entry.summary) + len(entry.content) for entry in entries) < 3_100_000


def test_a_guid_of_a_megabyte_is_known_again_by_its_digest() -> None:
    long = "x" * 1_000_000
    one, other = (
        _read(rss(f"<item><title>Port closed</title><guid>{long}{end}</guid></item>")).entries[0] for end in "ab"
    )
    assert len(one.guid) == 64
    assert one.guid != other.guid
    assert one == _read(rss(f"<item><title>Port closed</title><guid>{long}a</guid></item>")).entries[0]


def test_a_link_without_end_is_no_link() -> None:
    (entry,) = _read(rss(item("Port closed", "/" + "x" * 1_000_000))).entries
    assert (entry.title, entry.link) == ("Port closed", "")


def test_a_tag_of_a_hundred_thousand_attributes_is_refused_before_it_is_read() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(100_000))
    read = parse(f"<rss {attributes}/>".encode(), URL)
    assert read == NotAFeed("not built like a feed: a tag with more than 1,000 attributes")


def test_megabytes_that_do_not_begin_like_a_feed_are_refused_before_they_are_read() -> None:
    assert parse(bytes(range(256)) * 4_000, URL) == NotAFeed("no feed in it")
