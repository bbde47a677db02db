import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.text import header_safe, headline, legible, plain, plain_lines, shortened

_ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
# Letters, spaces, controls and what is invisible; no marks, which may join the letter before them.
_VISIBLE_OR_NOT = st.text("abé сж=?_ \n\r\t\x00\x1b\u00ad\u200b\u200d\u202e\u2066\u2028\ufeff", max_size=80)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>one</p>two", "one\ntwo"),
        ("one<p>two</p>", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("pre-<b>emptive</b> <i>str</i>ike", "pre-emptive strike"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("a<script>evil()</script><style>p{}</style><!-- c -->b", "ab"),
        ("fish &amp; chips&nbsp;&#8211; caf&eacute;", "fish & chips – café"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("  spaced \n\n\n out  ", "spaced\nout"),
        ("", ""),
        ("wrapped\nin its <b>source</b>", "wrapped in its source"),
        ("<pre>line\nby line</pre>", "line\nby line"),
        ('<a title="1 > 0">one</a> <img alt="a < b">two', "one two"),
        ("<p><o:p>office</o:p> <fb:like/>words</p>", "office words"),
        ("a<iframe>hidden</iframe>b<svg><p>c</p></svg>d", "abd"),
        ("a<script>never closed <p>b", "anever closed\nb"),
        ("sa<!-- x >fe <b>", "safe"),
        ("<![CDATA[<p>twice</p>]]>", "twice"),
        ("<b>x</b> a <= b", "x a <= b"),
    ],
)
def test_markup_becomes_the_words_a_reader_sees(html: str, words: str) -> None:
    assert plain(html, 1_000) == words


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("\u202eevil\u202c name", "evil name"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\r\nlines\u2028three\x00", "two lines three"),
        ("e\u0301te\u0301", "été"),
        ("नमस्ते می\u200cخواهم", "नमस्ते می\u200cخواهم"),
        ("\ud800lone", "lone"),
    ],
)
def test_a_reader_sees_no_trick_in_a_line(said: str, seen: str) -> None:
    assert legible(said) == seen


@pytest.mark.parametrize(
    "hostile",
    [
        "<" * 30_000,
        "<div>" * 30_000,
        "<b>" * 30_000 + "x",
        "<a x='" * 30_000,
        "<!--" * 30_000,
        "<svg>" * 30_000,
        "<table><tr><td>" * 20_000,
        "&" * 200_000,
        "\n" * 200_000 + "x",
        "a" * 1_000_000,
        "a" + "\u0301\u0323" * 200_000,
    ],
    ids=lambda hostile: str(hostile[:6]).encode("unicode_escape").decode(),
)
def test_a_hostile_text_is_read_once_and_cut(hostile: str) -> None:
    assert len(plain(hostile, 1_000)) <= 1_000


def test_marks_piled_upon_a_letter_are_cut_and_letters_are_not() -> None:
    assert len(legible("a" + "\u0301" * 5_000)) < 40
    assert legible("—" * 100) == "—" * 100


def test_a_headline_is_one_line() -> None:
    assert headline("<p>Bridge</p>\n closed &amp; <unknown>", 100) == "Bridge closed &"
    assert headline("Bridge\nclosed: <unknown>", 100) == "Bridge closed: <unknown>"


def test_a_subject_hides_no_encoded_header() -> None:
    assert header_safe("Hi =?utf-8?Q?=0D=0ABcc:_x?=\r\nBcc: y", 100) == "Hi = ?utf-8?Q?=0D=0ABcc:_x?= Bcc: y"


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("fits", 4, "fits"),
        ("the bridge is closed", 15, "the bridge is…"),
        ("the bridge, is closed", 13, "the bridge…"),
        ("a" + "b" * 30, 10, "abbbbbbbb…"),
        ("a " + "b" * 30, 10, "a bbbbbbb…"),
    ],
)
def test_a_long_text_is_cut_between_words_where_it_can_be(text: str, limit: int, short: str) -> None:
    assert shortened(text, limit) == short


@given(_VISIBLE_OR_NOT)
@settings(max_examples=100, deadline=None)
def test_a_legible_line_is_one_line_and_stays_as_it_is(text: str) -> None:
    line = legible(text)
    assert line.isprintable() or "\u200d" in line
    assert legible(line) == line


@given(_VISIBLE_OR_NOT, st.integers(2, 60))
@settings(max_examples=100, deadline=None)
def test_a_header_is_short_and_stays_as_it_is(text: str, limit: int) -> None:
    header = header_safe(text, limit)
    assert len(header) <= limit
    assert "=?" not in header
    assert header_safe(header, limit) == header


@given(_ANY, st.integers(1, 60))
@settings(max_examples=100, deadline=None)
def test_a_cut_text_is_never_longer_than_allowed(text: str, limit: int) -> None:
    cut = shortened(text, limit)
    assert len(cut) <= limit
    assert cut == text or text.startswith(cut.removesuffix("…"))


@given(st.text("ab<>/p &;#1\n", max_size=60), st.integers(1, 30))
@settings(max_examples=100, deadline=None)
def test_plain_text_is_short_and_has_no_empty_line(html: str, limit: int) -> None:
    text = plain(html, limit)
    assert len(text) <= limit
    assert plain_lines(text, limit) == text


_ANY = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("e\u0301\u200b"), max_size=20)


@given(_ANY)
@settings(max_examples=300, deadline=None)
def test_letters_and_accents_that_meet_only_now_are_joined_at_once(text: str) -> None:
    assert legible(legible(text)) == legible(text)
