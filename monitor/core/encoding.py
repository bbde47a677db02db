"""Which characters the bytes of a feed mean, whatever its labels say."""

import codecs
import re

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
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def decoded(document: bytes, content_type: str = "") -> str:
    """The document as text, without BOM, leading white space, XML declaration or control characters.

    The byte order mark decides, then the bytes themselves (valid UTF-8 is UTF-8 whatever was
    declared), then the XML declaration, then the HTTP charset, then windows-1252.
    """
    text = _decoded(document, content_type)
    text = _XML_DECLARATION.sub("", text.lstrip("\ufeff \t\r\n\0"), count=1)
    return _FORBIDDEN_IN_XML.sub("", text)


def _decoded(document: bytes, content_type: str) -> str:
    for mark, encoding in _BOMS:
        if document.startswith(mark):
            return document.decode(encoding, "replace")
    head = document.lstrip(b" \t\r\n")[:2]
    for start, encoding in _UNMARKED_UTF16:
        if head == start:
            return document.lstrip(b" \t\r\n").decode(encoding, "replace")
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError:
        return _from_labels(document, content_type)
    # iso-2022-jp is valid ASCII, and so valid UTF-8, until its escapes are read.
    return document.decode("iso2022_jp", "replace") if "\x1b$" in text else text


def _from_labels(document: bytes, content_type: str) -> str:
    declared = _DECLARED.match(document[:1000])
    charset = _CHARSET.search(content_type)
    labels = [declared[1].decode()] if declared else []
    labels += [charset[1]] if charset else []
    for label in labels:
        encoding = _codec(label)
        if encoding == "utf-8" or (encoding or "").startswith(("utf-16", "utf-32")):
            continue
        if encoding:
            return document.decode(encoding, "replace")
    damaged = document.decode("utf-8", "replace")
    broken = damaged.count("\ufffd")
    multibyte = sum(1 for character in damaged if character > "\x7f") - broken
    return damaged if multibyte > 4 * broken else document.decode("cp1252", "replace")


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    return _SUPERSET.get(name, name) if _ALLOWED.fullmatch(name) else None
