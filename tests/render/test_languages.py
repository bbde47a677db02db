"""Who reads no English gets mails whose frame is in their language, whole."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages import Message
from babel.messages.pofile import PoFileError

from monitor.render.account import consent, quiet_subject
from monitor.render.languages import ago, span, written
from monitor.render.templates import Templates
from monitor.resources import shipped
from monitor.words import LANGUAGES
from tests import texts
from tests.render.invented import DENIED, FIRST, NOW, READER, contents, rollup

EACH = pytest.mark.parametrize("language", texts.TRANSLATED)
BOTH = pytest.mark.parametrize("kind", ["html", "txt"])
_TEMPLATES = Templates()
_SAID = texts.said()
_OPEN, _CLOSE = "\ue000", "\ue001"


def _briefing(kind: str, language: str, templates: Templates = _TEMPLATES, **more: object) -> str:
    view = {"contents": contents(), "day": date(2026, 5, 4), "subject": "Subject", **READER, **more}
    if kind == "html":
        return templates.html("email/briefing.html", language, **view)
    return templates.text("email/briefing.txt", language, **view)


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%(?:\(\w+\)s|.)", text))


def _tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?[a-z][^>]*>", text))


@EACH
def test_every_text_is_translated_and_no_translation_is_kept_of_what_nobody_says(language: str) -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0]: message for message in texts.read(language)}
    known.pop("")
    assert sorted(known.keys() - _SAID.keys()) == []
    assert sorted(_SAID.keys() - known.keys()) == []
    untranslated = [one for one, message in known.items() if message.fuzzy or not all(_forms(message))]
    assert untranslated == []


@EACH
def test_a_translation_has_the_blanks_and_marks_of_the_text_and_every_plural_of_its_language(language: str) -> None:
    forms = int(texts.PLURALS[language][len("nplurals=")])
    crooked = []
    for message in texts.read(language):
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        said = _forms(message)
        whole = len(said) == (forms if _SAID[one].plural else 1)
        # English may say "one" where another language says the number, as it stands for 21 there, too.
        blanks = [_placeholders(text) for text in (one, _SAID[one].plural) if text]
        if not whole or any(_placeholders(each) not in blanks or _tags(each) != _tags(one) for each in said):
            crooked.append(one)
    assert crooked == []


def test_a_text_that_has_a_plural_is_never_said_without_its_number() -> None:
    counted = {one for one, text in _SAID.items() if text.plural}
    assert [(place, one) for place, one, plural in texts._places() if one in counted and not plural] == []


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", ("Eine Angabe fehlt", "21 Angaben fehlen")), ("uk", ("Потрібне 1 виправлення", "Потрібне 21 виправлення"))],
)
def test_who_reads_of_one_and_of_twenty_one_mistakes_reads_which(language: str, said: tuple[str, str]) -> None:
    for number, expected in zip((1, 21), said, strict=True):
        mistakes = dict.fromkeys((f"field {each}" for each in range(number)), "unreadable")
        fields = _TEMPLATES._spoken(language).get_template("web/fields.html").module
        assert expected in fields.summary(mistakes)  # type: ignore[attr-defined]


def test_a_text_that_is_new_waits_in_the_catalogue_for_its_translation() -> None:
    said = {"Quiet": texts.Text("Quiet", "", ["a.html"]), "%(num)s gull": texts.Text("%(num)s gull", "%(num)s gulls")}
    content, missing = texts.written("pl", said)
    assert missing == ["%(num)s gull"]
    assert 'msgid "Quiet"\nmsgstr "Spokój"\n' in content
    assert content.endswith('msgid_plural "%(num)s gulls"\nmsgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""\n')
    assert "Other stories" not in content


@EACH
@BOTH
def test_the_frame_of_a_briefing_is_in_the_language_of_its_reader(kind: str, language: str) -> None:
    page = _briefing(kind, language)
    english = _briefing(kind, "en")
    for text in (
        "Your watch words", "Other stories", "Held back", "What was watched", "could be read", "more stories", " ago",
        "since", "sent to", "To change or stop", "Monday", "4 May ", "critical ·", "critical:", "left to the briefing",
        "dropped by the rule", "first match of this rule",
    ):  # fmt: skip
        # Not every text stands in both kinds.
        if text.lower() in english.lower():
            assert text.lower() not in page.lower()
    assert "Fish market of Marava moves to the old customs hall" in page
    assert "2026" in page
    assert "412" in page
    if kind == "html":
        assert f'<html lang="{language}" dir="ltr">' in page


def test_a_briefing_speaks_with_the_plurals_of_its_language() -> None:
    page = _briefing("txt", "pl")
    assert "5 wydarzeń z 412 wpisów" in page
    assert "Nie zmieściły się tu jeszcze 3 wydarzenia." in page
    assert "1 doniesienie pasowało" in page


@BOTH
def test_an_unknown_language_is_english(kind: str) -> None:
    assert _briefing(kind, "tlh") == _briefing(kind, "en")
    assert _briefing(kind, "../../etc") == _briefing(kind, "en")


@EACH
@BOTH
def test_alerts_and_rollups_have_their_buttons_and_foot_in_the_language_of_their_reader(
    kind: str, language: str
) -> None:
    render = _TEMPLATES.html if kind == "html" else _TEMPLATES.text
    for name, view in (("alert", {"alert": FIRST}), ("alert", {"alert": DENIED}), ("rollup", {"rollup": rollup(5, 2)})):
        page = render(f"email/{name}.{kind}", language, **view, **READER, subject="Subject")
        assert "You get this because" not in page
        assert "Acknowledge" not in page
        assert "Sent to" not in page
        assert "ops@desk.example" in page


def test_a_comment_with_a_percent_sign_or_markup_is_repeated_as_it_is() -> None:
    held = contents().held_back[0]
    view = replace(contents(), held_back=(replace(held, reason="silenced by eva: 50% <b>drill</b> %(x)s"),))
    assert "Silenced by eva: 50% <b>drill</b> %(x)s" in _briefing("txt", "de", contents=view)
    assert "Silenced by eva: 50% &lt;b&gt;drill&lt;/b&gt; %(x)s" in _briefing("html", "de", contents=view)


@pytest.mark.parametrize(
    ("language", "day", "time"),
    [
        ("en", "Monday, 4 May 2026", "4 May 07:05"),
        ("de", "Montag, 4. Mai 2026", "4. Mai 07:05"),
        ("fr", "lundi 4 mai 2026", "4 mai 07:05"),
        ("es", "lunes, 4 de mayo de 2026", "4 de mayo 07:05"),
        ("pl", "poniedziałek, 4 maja 2026", "4 maja 07:05"),
        ("uk", "понеділок, 4 травня 2026\u00a0р.", "4 травня 07:05"),
    ],
)
def test_dates_are_written_as_in_the_language_of_the_reader(language: str, day: str, time: str) -> None:
    moment = datetime(2026, 5, 4, 7, 5, tzinfo=UTC)
    assert written(moment.date(), "%A, %-d %B %Y", language) == day
    assert written(moment, "%-d %b %H:%M", language) == time
    assert written(moment, "%Y-%m-%d 100%% %H:%M", language) == "2026-05-04 100% 07:05"


def test_an_own_form_of_a_date_has_its_names_translated() -> None:
    assert written(date(2026, 5, 4), "%a %A, %b %B %d/%m", "pl") == "pon. poniedziałek, maj maj 04/05"


@pytest.mark.parametrize(
    ("language", "long", "past"),
    [
        ("en", ["40 s", "90 min", "3 h", "5 d"], "5 d ago"),
        ("de", ["40 Sek.", "90 Min.", "3 Std.", "5 Tg."], "vor 5 Tagen"),
        ("fr", ["40 s", "90 min", "3 h", "5 j"], "il y a 5 j"),
        ("es", ["40 s", "90 min", "3 h", "5 d"], "hace 5 d"),
        ("pl", ["40 sek.", "90 min", "3 godz.", "5 dni"], "5 dni temu"),
        ("uk", ["40 с", "90 хв", "3 год", "5 дн."], "5 дн. тому"),
    ],
)
def test_how_long_ago_it_was_is_said_in_the_language_of_the_reader(language: str, long: list[str], past: str) -> None:
    spans = [timedelta(seconds=40), timedelta(minutes=90), timedelta(hours=3), timedelta(days=5)]
    assert [span(NOW - each, NOW, language).replace("\u00a0", " ") for each in spans] == long
    assert ago(NOW - spans[-1], NOW, language).replace("\u00a0", " ") == past
    # What has just been is not told as still to come.
    assert ago(NOW, NOW, language) in ("0 s ago", ago(NOW - timedelta(seconds=1), NOW, language))
    assert "\u202f" not in "".join(span(NOW - each, NOW, language) for each in spans)


def test_an_own_catalogue_wins_and_what_it_leaves_open_is_ours(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "de.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Other stories"\nmsgstr "Sonstiges von der Küste"\n\nmsgid "What was watched"\nmsgstr ""\n'
    )
    page = _briefing("txt", "de", Templates(tmp_path))
    assert "SONSTIGES VON DER KÜSTE" in page
    assert "WAS BEOBACHTET WURDE" in page
    assert "locale/de.po" not in Templates(tmp_path).names()


def test_an_own_catalogue_may_reword_the_english(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "en.po").write_text('msgid "Other stories"\nmsgstr "From the coast"\n')
    assert "FROM THE COAST" in _briefing("txt", "en", Templates(tmp_path))


@pytest.mark.parametrize("slip", ["%(reads)s von %(feeds)s Feeds", "100 % gelesen", "%(read)d", "%s", "%(read) von"])
def test_a_slip_in_an_own_catalogue_costs_nobody_a_mail(tmp_path: Path, slip: str) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "de.po").write_text(f'msgid "%(read)s of %(feeds)s feeds could be read."\nmsgstr "{slip}"\n')
    assert "31 von 32 Feeds waren lesbar." in _briefing("txt", "de", Templates(tmp_path))


def test_an_own_plural_may_say_the_number_that_the_english_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "de.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "One thing is amiss"\nmsgid_plural "%(count)s things are amiss"\n'
        'msgstr[0] "Fehler: %(count)s"\nmsgstr[1] "Fehler: %(count)s"\n'
    )
    fields = Templates(tmp_path)._spoken("de").get_template("web/fields.html").module
    assert "Fehler: 1<" in fields.summary({"address": "missing"})  # type: ignore[attr-defined]


def test_an_own_catalogue_that_is_none_fails_aloud(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "de.po").write_text("Other stories = Sonstiges\n")
    with pytest.raises(PoFileError):
        _briefing("txt", "de", Templates(tmp_path))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["briefing", "alert", "rollup"])
@BOTH
def test_what_is_each_readers_own_can_be_filled_in_later(kind: str, name: str, language: str) -> None:
    gaps = {each: f"{_OPEN}{each}{_CLOSE}" for each in ("recipient", "consent", "leave", "preferences")}
    view = {"alert": FIRST, "rollup": rollup(3), "contents": contents(), "day": date(2026, 5, 4)}
    render = _TEMPLATES.html if kind == "html" else _TEMPLATES.text
    page = render(f"email/{name}.{kind}", language, **{**READER, **view, **gaps}, subject="Subject")
    for gap in gaps.values():
        assert page.count(gap) == 1
    assert page.count(_OPEN) == page.count(_CLOSE) == 4
    if kind == "html":
        assert f'href="{gaps["leave"]}"' in page
        assert f'href="{gaps["preferences"]}"' in page
    assert "ops@desk.example" not in page


@pytest.mark.parametrize("name", ["briefing", "alert", "rollup"])
@BOTH
def test_the_foot_says_why_how_to_leave_how_to_change_and_who_is_behind_it(kind: str, name: str) -> None:
    given = {
        "alert": FIRST, "rollup": rollup(3), "contents": contents(), "day": date(2026, 5, 4), "subject": "Subject",
        **READER, "consent": "you confirmed on 2 Mar 2026", "leave": "https://watch.example/u/x.y?a=1&b=2",
        "preferences": "https://watch.example/preferences/x.y", "imprint": "Desk of Marava, 1 Pier Road",
    }  # fmt: skip
    render = _TEMPLATES.html if kind == "html" else _TEMPLATES.text
    page = render(f"email/{name}.{kind}", **given).replace("&amp;", "&")
    told = [
        "ent to ann@desk.example (you confirmed on 2 Mar 2026).",
        "https://watch.example/u/x.y?a=1&b=2",
        "https://watch.example/preferences/x.y",
        "Desk of Marava, 1 Pier Road",
    ]
    places = [page.find(each) for each in told]
    assert -1 not in places
    assert places == sorted(places)
    assert "ops@desk.example" not in page
    without = render(f"email/{name}.{kind}", **given | {"leave": "", "preferences": "", "contact": ""})
    assert "ask whoever runs this monitor" in without


def test_a_reader_is_told_when_they_confirmed_in_their_language_and_zone() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert consent(_TEMPLATES, "en", "Europe/Warsaw", late) == "you confirmed on 2 Mar 2026"
    assert consent(_TEMPLATES, "de", "Europe/Warsaw", late) == "von Ihnen bestätigt am 2. März 2026"


def test_the_subject_of_a_quiet_day_counts_in_the_language_of_the_reader() -> None:
    assert quiet_subject(_TEMPLATES, "en", 1) == "Quiet: nothing new from 1 feed"
    assert quiet_subject(_TEMPLATES, "en", 32) == "Quiet: nothing new from 32 feeds"
    assert quiet_subject(_TEMPLATES, "uk", 21).endswith("21 стрічки")


def test_there_is_a_catalogue_for_every_language_that_is_offered() -> None:
    found = {file.stem for file in (shipped("templates") / "locale").glob("*.po")}
    assert found == set(LANGUAGES) - {"en"}
