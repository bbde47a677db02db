"""Which characters the bytes of a feed mean, whatever its labels say."""

import codecs
import re
import zlib
from html.entities import html5

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED_UTF16 = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_XML_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]{0,300}\?>")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
# Codecs outside this list (punycode, idna, utf-7, escapes ...) are slow or dangerous on hostile bytes.
_ALLOWED = re.compile(
    r"utf-?(8|16|32)(-?[bl]e)?|ascii|iso8859-\d+|cp125\d|cp866|cp874|cp932|cp949|koi8-[rut]"
    r"|gb2312|gbk|gb18030|big5(hkscs)?|euc_jp|euc_kr|shift_jis(_2004)?|iso2022_jp\w*|tis-620|mac-cyrillic|mac-roman"
)
# Browsers and feeds say latin-1 or ascii and mean windows-1252, its superset.
_SUPERSET = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_FORBIDDEN = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))
# As `surrogateescape` writes the bytes that are no UTF-8; a lone one is a quotation mark pasted from Windows.
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_LONE_WINDOWS_BYTE = re.compile("(?<![\udc80-\udcff])[\udc80-\udc9f](?![\udc80-\udcff])")
_NOT_WRITTEN = re.compile("[\x80-\x9f\ufffd]")
# Bytes that no plain windows-1252 text has three of in a row, and Russian has in every word.
_RUN_OF_HIGH_BYTES = re.compile(rb"[\xa8\xb8\xb3\xbf\xba\xb4\xc0-\xff]{3,}")
_ENOUGH = 9
_WESTERN = ("cp1252", "iso8859-15")
_GZIP = b"\x1f\x8b"
_LAYERS_AT_MOST = 3
_UNPACKED_AT_MOST = 20_000_000
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
# The five that XML knows itself.
_XML_ENTITIES = ("amp", "lt", "gt", "quot", "apos")
_FORBIDDEN_IN_XML = re.compile(f"[{re.escape(_FORBIDDEN)}]")


def unpacked(document: bytes) -> bytes | None:
    """The document without the gzip that is still around it; None for one that is broken or becomes too large."""
    for _ in range(_LAYERS_AT_MOST):
        if not document.startswith(_GZIP):
            return document
        stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            document = stream.decompress(document, _UNPACKED_AT_MOST)
        except zlib.error:
            return None
        if stream.unconsumed_tail:
            return None
    return None if document.startswith(_GZIP) else document


def decoded(document: bytes, content_type: str = "") -> str:
    """The document as text, without BOM, leading white space, XML declaration or control characters.

    The byte order mark decides, then the bytes themselves (valid UTF-8 is UTF-8 whatever was
    declared), then the XML declaration, then the HTTP charset, then windows-1252. A label that the bytes
    belie is passed over.
    """
    text, _ = _decoded(document, content_type)
    text = text.lstrip("\ufeff \t\r\n\0")
    if declaration := _XML_DECLARATION.match(text):
        text = text[declaration.end() :]
    # Looking for each of them costs a seventh of what the expression does, and there is hardly ever one.
    return _FORBIDDEN_IN_XML.sub("", text) if any(character in text for character in _FORBIDDEN) else text


def named_characters_numbered(text: str) -> str:
    """XML knows five names of characters, feeds use all of HTML's: those become numbers, which XML reads."""
    if "<!ENTITY" in text:
        return text
    return _ENTITY.sub(_numbered, text)


def _numbered(entity: re.Match[str]) -> str:
    characters = "" if entity[1] in _XML_ENTITIES else html5.get(f"{entity[1]};", "")
    # In angle brackets and ampersands a name says "not markup", whatever the name.
    return "".join(f"&#{ord(each)};" for each in characters) if characters and characters not in "<>&" else entity[0]


def _decoded(document: bytes, content_type: str) -> tuple[str, str]:
    """The text, and the encoding it was found in."""
    for mark, encoding in _BOMS:
        if document.startswith(mark):
            return document.decode(encoding, "replace"), encoding
    head = document.lstrip(b" \t\r\n")[:2]
    for start, encoding in _UNMARKED_UTF16:
        if head == start:
            return document.lstrip(b" \t\r\n").decode(encoding, "replace"), encoding
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError:
        return _from_labels(document, content_type)
    # iso-2022-jp is valid ASCII, and so valid UTF-8, until its escapes are read.
    if "\x1b" in text and "\x1b$" in text:
        return document.decode("iso2022_jp", "replace"), "iso2022_jp"
    return text, "utf-8"


def _from_labels(document: bytes, content_type: str) -> tuple[str, str]:
    named = [
        encoding
        for label in _labels(document, content_type)
        if label and (encoding := _codec(label)) and not encoding.startswith("utf-")
    ]
    texts = [(document.decode(each, "replace"), each) for each in dict.fromkeys(named) if each not in _WESTERN]
    if texts:
        plausible = (found for found in texts if _broken(found[0]) <= len(found[0]) // 1000)
        return next(plausible, min(texts, key=lambda found: _broken(found[0])))
    escaped = document.decode("utf-8", "surrogateescape")
    # To list them takes 60 times their room.
    broken = len(document) - len(escaped.encode("utf-8", "ignore"))
    multibyte = sum(1 for character in escaped if character > "\x7f") - broken
    if multibyte > 4 * broken:
        return _NOT_UTF8.sub("\ufffd", _LONE_WINDOWS_BYTE.sub(_from_windows, escaped)), "utf-8"
    guessed = _guessed(document, next(iter(named), _WESTERN[0]))
    return document.decode(guessed, "replace"), guessed


def _labels(document: bytes, content_type: str) -> tuple[str, str]:
    """What the XML declaration and the HTTP header say, "" where they say nothing."""
    declared = _DECLARED.match(document[:1000])
    charset = _CHARSET.search(content_type)
    return declared[1].decode() if declared else "", charset[1] if charset else ""


def explained(document: bytes, content_type: str = "") -> str:
    """In which encoding a document is read, and what its labels say: "utf-8; XML declares windows-1251"."""
    document = unpacked(document) or b""
    declared, charset = _labels(document, content_type)
    marked = any(document.startswith(mark) for mark, _ in _BOMS)
    said = [f"XML declares {declared}"] if declared else []
    said += [f"HTTP says {charset}"] if charset else []
    said += ["it has a byte order mark"] if marked else []
    return "; ".join([f"read as {_decoded(document, content_type)[1]}", *(said or ["nothing declares it"])])


def _from_windows(byte: re.Match[str]) -> str:
    return bytes([ord(byte[0]) - 0xDC00]).decode("cp1252", "replace")


def _broken(text: str) -> int:
    """Characters that nobody writes: an encoding that yields them is not the document's."""
    return sum(1 for _ in _NOT_WRITTEN.finditer(text))


def _guessed(document: bytes, western: str) -> str:
    """`western`, which most unlabelled documents mean, or one of the two Cyrillic encodings."""
    high = b"".join(_RUN_OF_HIGH_BYTES.findall(document))
    if len(high) < _ENOUGH or 3 * len(high) < 2 * sum(1 for byte in document if byte >= 0xC0):
        return western
    # Most letters are small, and these are the halves in which the two keep theirs.
    small_in_koi8 = sum(1 for byte in high if 0xC0 <= byte <= 0xDF)
    return "koi8-r" if small_in_koi8 > len(high) / 2 else "cp1251"


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    return _SUPERSET.get(name, name) if _ALLOWED.fullmatch(name) else None
