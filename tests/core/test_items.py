import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.items import Items, Unsplit, cut_short, digest, digests, guids, split
from monitor.core.values import DIGEST_BYTES, MOST_ENTRIES
from tests.core.documents import atom, item, rss

_RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel>'
    '<items><rdf:Seq><rdf:li resource="a"/></rdf:Seq></items></channel>{}</rdf:RDF>'
)
_ITEM = st.builds(
    "<item{}>{}</item>".format,
    st.sampled_from(("", ' a=">"', " a='</item>' ".replace("<", "&lt;"), "\n")),
    st.lists(
        st.sampled_from(
            ("<title>t</title>", "<![CDATA[</item>]]>", "<!-- <item> -->", "<?p <item> ?>", " ", "ł", "]]>")
        ),
        max_size=4,
    ).map("".join),
)
_GAP = st.sampled_from(("", "\n", "<!-- </item> -->", "<link>x</link>"))


def pieces(document: str | bytes) -> Items:
    answer = split(document.decode() if isinstance(document, bytes) else document)
    assert isinstance(answer, Items), answer
    return answer


@given(st.lists(st.tuples(_GAP, _ITEM), min_size=1, max_size=6))
@settings(deadline=None, max_examples=40)
def test_the_pieces_of_a_feed_make_up_the_feed(parts: list[tuple[str, str]]) -> None:
    document = f"<rss><channel>{''.join(map(''.join, parts))}</channel></rss>"
    answer = pieces(document)
    assert list(answer.items) == [item for _, item in parts]
    assert answer.with_only(range(len(parts))) == document


@given(st.lists(st.tuples(_GAP, _ITEM), min_size=1, max_size=6), st.sets(st.integers(0, 5)))
@settings(deadline=None, max_examples=40)
def test_items_that_are_not_wanted_leave_everything_else_in_its_place(
    parts: list[tuple[str, str]], wanted: set[int]
) -> None:
    answer = pieces(f"<rss><channel>{''.join(map(''.join, parts))}</channel></rss>")
    kept = [
        # What stands before the first item is the head's.
        (gap if number in wanted or not number else gap.strip()) + (item if number in wanted else "")
        for number, (gap, item) in enumerate(parts)
    ]
    assert answer.with_only(wanted) == f"<rss><channel>{''.join(kept)}</channel></rss>"


@pytest.mark.parametrize(
    ("document", "items"),
    [
        (rss(item("a"), item("b")).decode(), [item("a"), item("b")]),
        (atom("<entry><id>1</id></entry><entry/>").decode(), ["<entry><id>1</id></entry>", "<entry/>"]),
        (_RDF.format("<item rdf:about='1'></item>\n<item/>"), ["<item rdf:about='1'></item>", "<item/>"]),
        ("<a:feed><a:entry>1</a:entry></a:feed>", ["<a:entry>1</a:entry>"]),
        ("<!-- <item> --><?p <item>?><rss><item>1</item ></rss>", ["<item>1</item >"]),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss><item>&a;</item></rss>', ["<item>&a;</item>"]),
        ("<rss><item><x:item>1</x:item></item></rss>", ["<item><x:item>1</x:item></item>"]),
        ("<rss><items><item>1</item></items></rss><!-- cached -->", ["<item>1</item>"]),
    ],
)
def test_the_items_of_every_format_are_found(document: str, items: list[str]) -> None:
    assert list(pieces(document).items) == items


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<rss><channel></channel></rss>", "no items"),
        ("<RSS><ITEM>1</ITEM></RSS>", "no items"),
        ("<rss><item><item></item></item></rss>", "an item within an item at character 11"),
        ("<rss><item><item/></item></rss>", "an empty item within an item at character 11"),
        ("<rss><item></item></item></rss>", "the end of an item that never began at character 18"),
        ("<rss><item>1</item><item>2", "cut within an item"),
        ("<rss><item>1</item>", "cut before its end"),
        ("<rss><item>1</item><item a='></rss>", "something without an end at character 19"),
        ("<rss><item><![CDATA[1</item></rss>", "something without an end at character 11"),
        ("<!-- <rss><item>1</item></rss>", "<!-- without an end"),
        ("<rss><item>1</item><x:entry>2</x:entry></rss>", "items by two names"),
        ("<rss><item>1</item><Item>2</Item></rss>", "items by two names"),
        ('<!DOCTYPE r [<!ENTITY a "<item/>">]><rss>&a;<item/></rss>', "a document type that may hold items"),
        ("<!DOCTYPE r [<rss><item/></rss>", "a document type that may hold items"),
    ],
)
def test_a_document_is_left_whole_where_its_items_are_not_certain(document: str, reason: str) -> None:
    assert split(document) == Unsplit(reason)


def test_of_a_feed_without_end_only_the_first_items_are_taken_though_all_are_counted() -> None:
    answer = pieces(rss("<item/>" * (MOST_ENTRIES + 5)))
    assert (len(answer.items), answer.shown) == (MOST_ENTRIES, MOST_ENTRIES + 5)


def test_only_a_document_that_lacks_its_end_is_cut_short() -> None:
    assert not cut_short("<rss><item>1</item></rss><!-- 0.2 s -->")
    assert cut_short("<rss><item>1</item><item>2")
    assert cut_short("<rss><item><![CDATA[</rss>]]></item><item>2")


def test_digests_are_found_again_among_the_known() -> None:
    known = digest("<item>1</item>") + digest("<item>2</item>")
    assert digests(known) == {digest("<item>2</item>"), digest("<item>1</item>")}
    assert len(known) == 2 * DIGEST_BYTES
    assert digests(b"") == frozenset()


@pytest.mark.parametrize(
    ("bearer", "guid"),
    [
        ("<item><guid isPermaLink='false'> n-1 </guid></item>", "n-1"),
        ("<item><guid><![CDATA[n-1?a&b]]></guid></item>", "n-1?a&b"),
        ("<item><guid>https://news.example/?a=1&amp;b=2</guid></item>", "https://news.example/?a=1&b=2"),
        ("<item><guid>1/</guid></item>", "https://news.example/feeds/1/"),
        ("<a:entry><a:id>urn:1</a:id></a:entry>", "urn:1"),
        ("<item rdf:about='https://news.example/1'></item>", "https://news.example/1"),
    ],
)
def test_a_guid_is_recognised_in_an_item_that_is_not_read(bearer: str, guid: str) -> None:
    assert guid in guids([item("other"), bearer], "https://news.example/feeds/world.xml", [guid])


def test_items_with_other_guids_are_not_searched() -> None:
    assert guids(["<item><guid>2</guid></item>"], "", ["1"]) == frozenset()
