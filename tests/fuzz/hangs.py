"""Small documents that keep feedparser busy for seconds to hours, or did so once."""

from collections.abc import Iterator

from tests.core.documents import atom, item, rss

# To the letter, by which a document grows: 40 KB fit into one packet's worth of compressed bytes.
SIZE = 40_000
_NAMESPACES = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:georss="http://www.georss.org/georss"'

_QUOTES = """'"<!"""


def hangs(size: int = SIZE) -> Iterator[tuple[str, bytes]]:
    """Each with its name, none much larger than `size`."""
    yield from _of_authors(size)
    yield from _of_prologs(size)
    yield from _of_elements(size)
    yield from _of_broken_markup(size)


def _of_authors(size: int) -> Iterator[tuple[str, bytes]]:
    letters, dots = "a" * size, "a@" + "a." * (size // 2) + "!"
    names = ("author", "dc:creator", "managingEditor", "webMaster", "dc:contributor", "dc:publisher")
    for name in names:
        for title, said in (("letters", letters), ("dots", dots)):
            yield f"{title} in {name}", rss(item("t", more=f"<{name} {_NAMESPACES}>{said}</{name}>"))
            yield f"{title} in broken {name}", rss(item("t & t", more=f"<{name} {_NAMESPACES}>{said}</{name}>"))
    yield "letters in a channel's managingEditor", rss(f"<managingEditor>{letters}</managingEditor>", item("t"))
    people = f"<author>{letters}</author>"
    yield "letters in atom author", atom(f"<entry><title>t</title>{people}</entry>")
    yield "letters in a contributor", atom(f"<entry><title>t</title><contributor>{letters}</contributor></entry>")
    yield "letters in an author's name", atom(f"<entry><author><name>{letters}</name></author></entry>")
    piece = "<author>" + "a" * 400 + "</author>"
    yield "many authors", rss(item("t", more=piece * (size // len(piece))))


def _of_prologs(size: int) -> Iterator[tuple[str, bytes]]:
    lines = "\n" * size
    bomb = '<!ENTITY a "boom">' + "".join(
        f'\n<!ENTITY {chr(98 + step)} "{f"&{chr(97 + step)};" * 10}">' for step in range(9)
    )
    long = f'<!ENTITY a "{"x" * (size // 2)}">'
    yield "blank lines before", rss(item("t"), before=lines)
    yield "blank lines behind a comment", rss(item("t"), before=f"<!-- c -->{lines}")
    yield "blank lines behind a declaration", rss(item("t"), before=f'<?xml version="1.0"?><?a b?>{lines}')
    yield "blank lines in a comment", rss(item("t"), before=f"<!-- c{lines} -->")
    yield "blank lines in a document type", rss(item("t"), before=f"<!DOCTYPE rss{lines}>")
    yield "entities without end", rss(item("t"), before="\n<!ENTITY" * (size // 9))
    yield "document types without end", rss(item("t"), before="\n<!DOCTYPE" * (size // 10))
    yield "comments without end before", rss(item("t"), before="<!--" * (size // 4))
    yield "comments without end in a document type", rss(item("t"), before=f"<!DOCTYPE r [{'<!--' * (size // 4)}]>")
    yield "quotes in a document type", rss(item("t"), before=f"<!DOCTYPE r [{_QUOTES * (size // 4)}]>")
    yield "an entity bomb", rss(item("&j;"), before=f"<!DOCTYPE r [\n{bomb}\n]>")
    yield (
        "a bomb behind an entity with markup",
        rss(item("&j;"), before=f'<!DOCTYPE r [\n<!ENTITY q "<q/>">\n{bomb}\n]>'),
    )
    yield "a bomb behind a comment with markup", rss(item("&j;"), before=f"<!-- <a> -->\n<!DOCTYPE r [\n{bomb}\n]>")
    yield "a bomb behind a <?, with markup", rss(item("&j;"), before=f"<?a <a> ?>\n<!DOCTYPE r [\n{bomb}\n]>")
    yield (
        "a bomb behind parameters",
        rss(
            item("&j;"), before=f"<!DOCTYPE r [\n<!ENTITY % q '<a'>\n{bomb.replace('<!ENTITY j', '%q;<!ENTITY j')}\n]>"
        ),
    )
    yield "one long entity, often", rss(item("&a;" * (size // 6)), before=f"<!DOCTYPE r [\n{long}\n]>")
    yield (
        "one long entity, often, in broken markup",
        rss(item("&a;" * (size // 6) + " & "), before=f"<!DOCTYPE r [\n{long}\n]>"),
    )
    yield (
        "one long entity behind markup, often",
        rss(item("&a;" * (size // 6)), before=f'<!DOCTYPE r [\n<!ENTITY q "<q/>">\n{long}\n]>'),
    )


def _of_elements(size: int) -> Iterator[tuple[str, bytes]]:
    attributes = " ".join(f'a{number}=""' for number in range(size // 8))
    spaces = " ".join(f'xmlns:a{number}="{number}"' for number in range(size // 18))
    deep = size // 7
    for kind, broken in (("", ""), (" in broken markup", " & ")):
        yield f"attributes{kind}", rss(item(f"t{broken}", more=f"<x {attributes}/>"))
        yield f"attributes of a known element{kind}", rss(item(f"t{broken}", more=f"<enclosure {attributes}/>"))
        yield f"attributes of the root{kind}", rss(item(f"t{broken}")).replace(b"<rss", f"<rss {attributes}".encode())
        yield f"namespaces{kind}", rss(item(f"t{broken}", more=f"<x {spaces}/>"))
        yield (
            f"namespaces and elements{kind}",
            rss(item(f"t{broken}", more=f"<x {spaces[: size // 2]}>{'<a1:b/>' * (size // 14)}</x>")),
        )
        yield f"nesting{kind}", rss(item(f"t{broken}", more="<a>" * deep + "</a>" * deep))
        yield f"nesting without end{kind}", rss(item(f"t{broken}", more="<a>" * (size // 3)))
        yield f"nesting in a title{kind}", rss(item(f"t{broken}" + "<a>" * deep + "</a>" * deep))
        markup = "<div>" * (size // 11) + "</div>" * (size // 11)
        yield (
            f"nesting in content{kind}",
            atom(f"<entry><title>t{broken}</title><content type='xhtml'>{markup}</content></entry>"),
        )
        yield f"bases{kind}", rss(item(f"t{broken}", more="<a xml:base='a/'>" * (size // 17)))
        yield (
            f"many odd items{kind}",
            rss(f"<x{broken}/>", "<item><georss:where/></item>" * (size // 28)).replace(
                b"<rss", f"<rss {_NAMESPACES}".encode()
            ),
        )
        yield f"many items that break it{kind}", rss(f"<x{broken}/>", "<item>&#1114112;</item>" * (size // 23))
        yield f"many empty items{kind}", rss(f"<x{broken}/>", "<item/>" * (size // 7))
    yield "items that are cut off", rss("<item>" * (size // 6))
    yield "categories", rss(item("t", more="".join(f"<category>{number}</category>" for number in range(size // 26))))
    yield "links", atom("<entry>" + "".join(f"<link href='{number}'/>" for number in range(size // 20)) + "</entry>")


def _of_broken_markup(size: int) -> Iterator[tuple[str, bytes]]:
    for wedge in (
        "<!--",
        "<![CDATA[",
        "<!",
        "<?",
        "<",
        "</",
        "&",
        "&#",
        "<a ",
        "<a '",
        '<a "',
        "<a b=",
        '<a b="',
        "<!-",
        "]]>",
        "<!DOCTYPE ",
        "<![",
        "<!ENTITY ",
        "--",
        "<a b='>' ",
        "<a/",
        "<a/>",
        "&a;",
        "&#1;",
        "<a\n",
        " ",
    ):
        said = wedge * (size // len(wedge))
        yield f"{wedge!r} in a title", rss(item(said))
        yield f"{wedge!r} in a title as text", rss(item(f"<![CDATA[{said}]]>"))
        yield f"{wedge!r} in a title as text, broken", rss(item(f"& <![CDATA[{said}]]>"))
        yield f"{wedge!r} before all", said.encode() + rss(item("t"))
        yield f"{wedge!r} behind all", rss(item("t")) + said.encode()
        yield f"{wedge!r} between items", rss(item("t"), said, item("u"))
    for number in (size - 100,):
        yield "a long date", rss(item("t", more=f"<pubDate>{'1' * number}</pubDate>"))
        yield "a long date of spaces", rss(item("t", more=f"<pubDate>1{' ' * number}x</pubDate>"))
        yield "a long date of letters", rss(item("t", more=f"<pubDate>Mon, {'a' * number}</pubDate>"))
        yield "a long language", rss(item("t"), f"<language>{'a' * number}</language>")
        yield "a long link", rss(item("t", "http://" + "/" * number))
        yield "a long guid", rss(item("t", more=f"<guid>http:{'/' * number}</guid>"))
        yield "a long point", rss(item("t", more=f"<georss:point {_NAMESPACES}>{'1 ' * (number // 2)}</georss:point>"))
        yield "a long duration", rss(item("t", more=f"<ttl>{'1' * number}</ttl>"))
