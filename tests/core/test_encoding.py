from gzip import compress

import pytest

from monitor.core.encoding import decoded, unpacked
from tests.core.documents import item, only_entry, rss

_RUSSIAN = "Мост закрыт"


def _document(title: str, declared: str = "", before: str = "") -> str:
    label = f' encoding="{declared}"' if declared else ""
    return f'{before}<?xml version="1.0"{label}?>' + rss(item(title)).decode()


def test_a_newline_before_the_declaration_does_not_turn_russian_into_mojibake() -> None:
    document = _document(_RUSSIAN, "windows-1251", "\n").encode("windows-1251")
    assert only_entry(document).title == _RUSSIAN


def test_utf_8_that_calls_itself_windows_1251_is_read_as_utf_8() -> None:
    assert only_entry(_document(_RUSSIAN, "windows-1251").encode()).title == _RUSSIAN


def test_a_server_may_tell_the_encoding_the_document_leaves_out() -> None:
    document = _document(_RUSSIAN).encode("koi8-r")
    assert only_entry(document, "text/xml; charset=KOI8-R").title == _RUSSIAN


def test_the_document_knows_its_encoding_better_than_its_server() -> None:
    document = _document(_RUSSIAN, "koi8-r").encode("koi8-r")
    assert only_entry(document, "text/xml; charset=windows-1251").title == _RUSSIAN


def test_a_false_utf_8_label_gives_way_to_the_servers_word() -> None:
    document = _document(_RUSSIAN, "utf-8").encode("windows-1251")
    assert only_entry(document, "text/xml; charset=windows-1251").title == _RUSSIAN


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_unicode_in_every_shape_is_read_whatever_its_label(encoding: str) -> None:
    assert only_entry(_document(_RUSSIAN, "iso-8859-1").encode(encoding)).title == _RUSSIAN


def test_western_bytes_without_a_label_are_read_as_windows_does() -> None:
    assert only_entry(_document("“Café” – déjà vu").encode("cp1252")).title == "“Café” – déjà vu"


def test_the_curly_quotes_of_a_false_latin_1_are_kept() -> None:
    assert only_entry(_document("“Café”", "iso-8859-1").encode("cp1252")).title == "“Café”"


def test_japanese_mail_encoding_is_not_taken_for_ascii() -> None:
    assert only_entry(_document("橋は閉鎖", "iso-2022-jp").encode("iso2022_jp")).title == "橋は閉鎖"


def test_one_broken_byte_does_not_turn_utf_8_into_mojibake() -> None:
    document = _document(_RUSSIAN + "#").encode().replace(b"#", b"\xff")
    assert only_entry(document).title == _RUSSIAN + "\ufffd"


def test_a_label_that_names_a_dangerous_codec_is_not_obeyed() -> None:
    assert decoded('<?xml version="1.0" encoding="punycode"?><a>café</a>'.encode("cp1252")) == "<a>café</a>"


def test_control_characters_do_not_spoil_a_document() -> None:
    assert decoded("\ufeff \n<a>one\x00\x08\x0b two\uffff\t</a>".encode()) == "<a>one two\t</a>"


@pytest.mark.parametrize("encoding", ["koi8-r", "windows-1251"])
def test_russian_without_any_label_is_not_read_as_french(encoding: str) -> None:
    document = _document("Мост через реку закрыт для движения").encode(encoding)
    assert only_entry(document).title == "Мост через реку закрыт для движения"


def test_russian_under_the_label_of_a_careless_server_is_still_russian() -> None:
    document = _document(_RUSSIAN, "iso-8859-1").encode("windows-1251")
    assert only_entry(document, "text/xml; charset=iso-8859-1").title == _RUSSIAN


def test_the_accents_of_french_are_not_taken_for_russian() -> None:
    title = "Été à l'hôtel, où l'élève préféra être prêt"
    assert only_entry(_document(title).encode("cp1252")).title == title


def test_a_label_that_the_bytes_belie_gives_way_to_one_that_fits() -> None:
    document = _document("橋は閉鎖された", "euc-kr").encode("shift_jis")
    assert only_entry(document, "text/xml; charset=shift_jis").title == "橋は閉鎖された"


def test_a_quotation_mark_pasted_from_windows_survives_in_utf_8() -> None:
    document = _document("Мэр: #мост закрыт#").encode().replace(b"#", b"\x93", 1).replace(b"#", b"\x94", 1)
    assert only_entry(document).title == "Мэр: “мост закрыт”"


def test_a_name_in_a_json_feed_stays_as_it_was_typed() -> None:
    assert decoded(b'{"title": "AT&eacute;"}') == '{"title": "AT&eacute;"}'


def test_names_that_the_document_defines_itself_are_left_to_it() -> None:
    document = '<!DOCTYPE rss [<!ENTITY eacute "e">]><rss>&eacute;</rss>'
    assert decoded(document.encode()) == document


def test_a_document_packed_twice_is_unpacked() -> None:
    document = rss(item("Bridge closed"))
    assert only_entry(compress(compress(document))).title == "Bridge closed"


def test_a_bomb_within_the_compression_is_refused() -> None:
    assert unpacked(compress(bytes(21_000_000))) is None
    assert unpacked(b"\x1f\x8bnonsense") is None
    layers = b"<rss/>"
    for _ in range(9):
        layers = compress(layers)
    assert unpacked(layers) is None
