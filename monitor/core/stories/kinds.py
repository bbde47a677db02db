"""What kind of entry it is: a report tells one event; round-ups, live pages and opinion carry the words of many.

Whatever bears no clear mark is a report: one that is called something else may be told twice.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    REPORT = "report"
    ROUNDUP = "roundup"
    LIVE = "live"
    OPINION = "opinion"


# In a longer part of a title "live" is a verb.
_FEW_WORDS = 8

# The whole first part of a title, up to its first separator, or its whole last part; also tags.
_LABELS = {
    Kind.LIVE: """
        live, live blog, liveblog, live ticker, liveticker, newsblog, live updates, live news, live coverage, live
        briefing, live tracker, live stream, livestream, live score, live scores, rolling coverage, as it happened,
        follow it live, latest news, latest updates, na żywo, relacja na żywo, minuta po minucie, en direct, le direct,
        suivez le direct, en directo, en vivo, minuto a minuto, diretta, la diretta, in diretta, в прямом эфире, прямой
        эфир, прямая трансляция, онлайн, онлайн-трансляция, у прямому ефірі, прямий ефір, наживо, онлайн-трансляція,
        пряма трансляція
    """,
    Kind.ROUNDUP: """
        podcast, podcasts, newsletter, newsletters, quiz, news quiz, horoscope, pictures of the day, photos of the day,
        the week in pictures, week in pictures, top stories, today's headlines, front pages, newspaper headlines, press
        review, tv tonight, timeline, a timeline, key events, roundup, round-up, week ahead, the week ahead, the day
        ahead, at a glance, things to know, what to know, what we know, what we know so far, sunday shows, on this day,
        przegląd prasy, przegląd dnia, przegląd tygodnia, podsumowanie dnia, podsumowanie tygodnia, skrót dnia,
        wydarzenia dnia, horoskop, zdjęcia dnia, presseschau, bilder des tages, wochenrückblick, nachrichtenüberblick,
        chronologie, horoscope du jour, revue de presse, horóscopo, cronología, oroscopo, rassegna stampa, cronologia,
        дайджест, подкаст, гороскоп, итоги дня, итоги недели, картина дня, хронология, обзор прессы, фото дня, підсумки
        дня, підсумки тижня, хронологія, огляд преси
    """,
    Kind.OPINION: """
        opinion, opinions, op-ed, oped, editorial, editorials, letters, news analysis, explainer, explainers, explained,
        fact check, fact-check, q&a, guest essay, guest column, cartoon, the long read, opinia, opinie, komentarz,
        felieton, analiza, wyjaśniamy, kommentar, meinung, kolumne, leitartikel, gastbeitrag, gastkommentar,
        leserbriefe, faktencheck, édito, éditorial, chronique, point de vue, décryptage, opinión, cartas al director,
        editoriale, l'editoriale, opinione, opinioni, мнение, мнения, колонка, авторская колонка, думка, думки, погляд,
        редакційна, фактчек
    """,
}
# At the end of a title they name the site, or whoever is quoted.
_FIRST_LABELS = {
    Kind.LIVE: """
        the latest, relacja, direct, directo, última hora, хроника, хроника дня, трансляция, трансляція, хроніка,
        хроніка дня
    """,
    Kind.ROUNDUP: """
        the papers, first thing, firstft, the morning after, the debrief, the morning, morning mail, weather tracker,
        factbox, highlights, recap, takeaways, key takeaways, chronology, digest, daily digest, bulletin, headlines,
        front page, today in history, poranek, prasówka, morgenlage, tagesüberblick, la matinale, titulares, boletín, le
        prime pagine, главное, главное за день, главное за ночь, главные новости, головне, головне за день, головне за
        ніч, головні новини
    """,
    Kind.OPINION: """
        column, commentary, comment, letter, analysis, perspective, viewpoint, leader, essay, digested week, daily mail
        comment, wsj opinion, factcheck, ask hn, tell hn, komentarze, analyse, standpunkt, tribune, billet, débat,
        columna, tribuna, análisis, analisi, аналитика, анализ, разбор, комментарий, аналітика, аналіз, пояснюємо,
        объясняем
    """,
}
_SECTIONS = {
    Kind.LIVE: """
        live, live-news, live-updates, live-update, liveblog, liveticker, livestory, live-coverage, newsblog, nazywo,
        na-zywo, relacja-na-zywo, en-direct, endirect, en-directo, endirecto, en-vivo, minuto-a-minuto, diretta, dirette
    """,
    Kind.ROUNDUP: """
        newsletter, newsletters, briefing, briefings, podcast, podcasts, quiz, quizzes, quizy, crosswords, puzzles,
        horoscope, horoskop, horoscopo, oroscopo, photos-of-the-day, presseschau, revue-de-presse, rassegna-stampa,
        przeglad-prasy, tv-listings, programme-tv, podcasty
    """,
    Kind.OPINION: """
        opinion, opinions, op-ed, oped, editorial, editorials, commentisfree, comment, commentary, commentaries, column,
        columns, columnist, columnists, letters, letters-to-the-editor, debate, leaders, analysis, news-analysis,
        explainer, explainers, explained, perspective, perspectives, viewpoint, viewpoints, voices, fact-check,
        factcheck, ideas, opinie, opinia, komentarz, komentarze, felieton, felietony, publicystyka, meinung, kommentar,
        kommentare, kolumne, kolumnen, debatte, leserbriefe, gastkommentar, faktencheck, faktenfinder, idees, tribune,
        tribunes, debats, edito, editos, editoriaux, chronique, chroniques, decryptages, les-decodeurs, columna,
        columnas, tribuna, tribunas, analisis, editoriales, editoriale, editoriali, opinione, opinioni, commenti,
        mnenie, mneniya, kolonki, dumka
    """,
}
_TAGS = {
    Kind.LIVE: "live blog, liveblog, liveticker, live updates, minute by minute, relacja na żywo",
    Kind.OPINION: """
        column, columns, columnists, comment, commentary, analysis, viewpoint, perspective, komentarze, kommentare,
        kolumnen, analyse, tribunes, columna, columnas, análisis, commenti, analisi, комментарии, колонки, аналитика,
        аналітика
    """,
}


def _by_name(names: dict[Kind, str]) -> dict[str, Kind]:
    return {name: kind for kind, listed in names.items() for name in " ".join(listed.split()).split(", ")}


_LAST = _by_name(_LABELS)
_FIRST = _by_name(_FIRST_LABELS) | _LAST
_SECTION = _by_name(_SECTIONS)
# What was said live on television is a report, and what a publisher calls top stories are reports too.
_TAG = {name: kind for name, kind in _LAST.items() if kind is not Kind.LIVE and name != "top stories"} | _by_name(_TAGS)

_DAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_FEW = r"(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)"
_PAGE = "(?:updates?|blog|news|coverage|briefing|tracker|scores?|stream|text|commentary|ticker|results?)"
_ISSUE = "(?:briefing|brief|bulletin|digest|newsletter|headlines|wrap|rundown|round-?up|summary)"
_WAR = "(?:war|invasion|wojny|inwazji|війни|вторгнення|войны|вторжения|спецоперации)"

# A full stop parts as well ("... Relacja na żywo"); the colon of a time does not.
_SEPARATOR = re.compile(r"([|•·—\[\](){}:.?!–-])(?:(?<=[|•·—\[\](){}])|(?<=[:.?!])(?= |$)|(?<= [–-])(?= ))")
_PROMPT = re.compile(
    r"\W*(?:(?-i:BREAKING|URGENT|JUST IN|PILNE|EILMELDUNG|URGENTE|СРОЧНО|МОЛНИЯ|ТЕРМІНОВО)\b"
    r"|(?:breaking(?: news)?|urgent|just in|news ?flash|flash|(?:news )?alert|developing|pilne|z ostatniej chwili"
    r"|eilmeldung|eil|alerte(?: info)?|urgente|alerta|ultim['’]ora|срочно|молния|терміново|блискавка)"
    r" ?[^\w\s'’]+\s)",
    re.IGNORECASE,
)
_LIVE_FIRST = re.compile(
    rf"(?:watch |follow |see )?(?:it )?live(?: {_PAGE}| now| \d.{{0,25}})?"
    rf"|.{{1,80}}[ ,-](?:live {_PAGE}|latest|latest (?:news|updates)|updates|live-?ticker|live-?blog|newsblog"
    r"|en direct|en directo|en vivo|na żywo|наживо|diretta)"
)
_LIVE_LAST = re.compile(rf"(?:\S+ ){{0,3}}live {_PAGE}|relacja live|.{{0,40}}im (?:live|news)-?blog")
_LIVE_ANYWHERE = re.compile(
    "live updates|live-?blog(?!s)|live-?ticker|relacja (?:na żywo|minuta po minucie)|minuto a minuto"
    "|онлайн-трансляц|текстовая трансляция|текстова трансляція"
)
_DASHES, _STOPS = "|—–-", ".?!([{"
# "Where they live", "goes live", and what is only called so.
_NOT_LIVE = (
    "to we you they who people and can can't will must go goes went going is are i now not night kart xbox 5 five"
)
_LIVES = frozenset(_NOT_LIVE.split())
_ROUNDUP_FIRST = re.compile(
    rf"(?:\S+ ){{0,3}}(?:morning|evening|afternoon|nightly|daily|weekly|weekend|{_DAY}|news) {_ISSUE}"
    rf"|(?:the \S+ |{_DAY} )?(?:morning|evening|afternoon|12:30|daily) (?:report|update)"
    r"|(?:\S+ ){0,4}(?:round-?up|sunday shows|sunday shows preview)|military briefing|stock market today|markets? wrap"
)
_ROUNDUP_START = re.compile(
    r"(?:the )?(?:week|weekend|day) ahead\b|the week (?:in|around|that was)\b|this week in [\w ]{1,25}:|top \d+\b"
    rf"|(?:the )?(?:top |key )?{_FEW} (?:\w+ )?(?:things|takeaways|ways|tips for|charts|great reads)\b"
    r"|(?:the )?\d+ (?:of the )?best\b"
    rf"|{_DAY}'s (?:best|top|headlines|papers|briefing|photos|must)|(?:the )?(?:key |main )?takeaways from\b"
    r"|(?:.{0,80}: )?(?:a )?timeline of\b|co wiemy\b|co wiadomo\b|die lage am (?:morgen|abend|\w+tag)\b"
    r"|das wissen wir\b|was wir (?:über|wissen)\b|was (?:bekannt ist|über)\b|ce que l'on sait\b|ce qu'on sait\b"
    r"|ce qu'il faut (?:savoir|retenir)\b|lo que se sabe\b|qué se sabe\b|lo que sabemos\b|las claves\b"
    r"|cosa sappiamo\b|cosa sta succedendo\b|что известно\b|что мы знаем\b|главное за\b|главные новости\b"
    r"|що відомо\b|що ми знаємо\b|головне за\b|головні новини\b|дайджест\b"
)
_DAYS = ("day ", "tag ", "jour ", "día ", "giorno ", "день ")
# Each begins with a letter, so that the search skips to it.
_ROUNDUP_ANYWHERE = re.compile(
    r"things (?:you need )?to know\b|everything (?:we|you need to) know"
    r"|all you need to know|what happened (?:today|overnight|this week)|photos of the (?:day|week)"
    r"|pictures of the (?:day|week)|week in (?:pictures|photos|review)|year in (?:pictures|photos|review)|news quiz"
    r"|morning briefing|evening briefing|sunday shows preview|list of key events|and more top headlines|best photos$"
)
_WHAT_IS_KNOWN = re.compile(r"what (?:we|to) know\b|what you (?:need to|should) know")
# Not in the middle of a sentence: "bones change what we know of the past".
_CLAUSE = re.compile(r"(?:^|[^\w\s'\"“”‘]|\bhere's|\bhere is|\band|-) ?$")
_WAR_COUNT = re.compile(rf"\d\d{{1,3}}(?:\.|-?[йі]й?) (?:dzień|день) (?:\w+ )?{_WAR}|\d\d{{1,3}}\. kriegstag")
_WAR_DAY = re.compile(
    r"(?:.{0,50}(?<!\bon) )?(?:day|tag|jour|día|giorno|день) "
    rf"(?:(?!(?:19|20)\d\d)\d{{3,4}}|\d{{2}} of (?:the )?{_WAR})(?: of .*)?"
)
_OPINION_START = re.compile(
    r"(?:here's |this is |that's |so |but |and )?(?:why|how|what|what's)\b|here's (?:when|where|who)\b"
    r"|the case (?:for|against)\b|the (?:unanswered|big|key) questions?\b|the [\w ]{2,20} view on\b"
    r"|dlaczego\b|czy\b|o co chodzi\b|kim (?:jest|był)|czym jest\b|co to jest\b"
    r"|warum\b|wieso\b|weshalb\b|was ist\b|wer (?:ist|war)\b|pourquoi\b|qu'est-ce\b|qui (?:est|était)\b"
    r"|por qué\b|¿|cómo\b|qué es\b|quién es\b|perché\b|che cos'è|cos'è\b|chi è\b"
    r"|почему\b|зачем\b|что такое\b|кто так(?:ой|ая|ие)\b|чому\b|навіщо\b|що таке\b|хто так(?:ий|а|і)\b"
)
# In other languages the same word begins "as X reports, ...".
_HOW = {"de": "wie ", "fr": "comment ", "it": "come ", "pl": "jak ", "ru": "как ", "uk": "як "}
_WHO = re.compile(r"Who (?:is|was|are|were) ")
# "Drone falls on farm. What happened?" is a report.
_QUESTION = re.compile(r"(?:[^.!…]|(?<=\b\w)\.|[.!](?! ))*+")

# One post of a live page has an address of its own, and tells one event.
_POST = re.compile(r"/h_[0-9a-f]{8}|[#=:]block-[0-9a-f]|pinned_post")
# Where an agency's plain reports are called so, their names begin with the date.
_AGENCY = re.compile(r"/live-news/\d{8}-")
_LIVE_SLUG = re.compile(r"live-?(?:updates?|blog|ticker)(?![a-z])|newsblog|relacja-(?:na-zywo|live)|minuto-a-minuto")


class _Part(NamedTuple):
    """A part of a title, in lower case, and the separator before it."""

    mark: str
    text: str


def kind_of(title: str, link: str, tags: Sequence[str] = (), language: str = "en") -> Kind:
    """`language` is a code; what follows its first two letters does not count."""
    said = " ".join(title.split())
    prompt = _PROMPT.match(said)
    if prompt:
        said = said[prompt.end() :]
    lower = said.lower().replace("’", "'")
    parts = _parts(lower)
    marks = {*_in_link(link), *_in_tags(tags), *_labels(parts)}
    if Kind.LIVE in marks or _is_live(lower, parts):
        return Kind.LIVE
    if prompt:
        return Kind.REPORT
    if Kind.ROUNDUP in marks or _is_roundup(lower, parts):
        return Kind.ROUNDUP
    if Kind.OPINION in marks or _is_opinion(said, lower, parts, language[:2].lower()):
        return Kind.OPINION
    return Kind.REPORT


def _parts(lower: str) -> list[_Part]:
    pieces = _SEPARATOR.split(lower)
    parts = [_Part("", pieces[0].strip("!. "))]
    for mark, text in zip(pieces[1::2], pieces[2::2], strict=True):
        if text and (bare := text.strip("!. ")):
            parts.append(_Part(mark, bare))
    return parts if parts[0].text or len(parts) == 1 else parts[1:]


def _in_link(link: str) -> list[Kind]:
    path = link.lower().partition("?")[0].partition("#")[0]
    found = [_SECTION[each] for each in path.split("/") if each in _SECTION]
    if _LIVE_SLUG.search(path):
        found.append(Kind.LIVE)
    if Kind.LIVE in found and (_POST.search(link) or _AGENCY.search(path)):
        return [kind for kind in found if kind is not Kind.LIVE]
    return found


def _in_tags(tags: Sequence[str]) -> list[Kind]:
    # Some publishers write the way to a section: "news/opinion".
    names = [tag.rpartition("/")[2].strip().lower() for tag in tags]
    return [_TAG[name] for name in names if name in _TAG]


def _labels(parts: list[_Part]) -> list[Kind]:
    found = [_FIRST[parts[0].text]] if parts[0].text in _FIRST else []
    # The very last may be the name of the site. Behind a colon stands who says so.
    for mark, text in parts[1:][-2:]:
        if text in _LAST and (mark != ":" or _LAST[text] is not Kind.OPINION):
            found.append(_LAST[text])
    return found


def _is_live(lower: str, parts: list[_Part]) -> bool:
    if _LIVE_ANYWHERE.search(lower):
        return True
    if len(parts) == 1:
        return False
    if any(_ends_live(text) or _LIVE_LAST.fullmatch(text) for _, text in parts[1:][-2:]):
        return True
    first = parts[0].text
    return parts[1].mark not in _STOPS and (_ends_live(first) or _LIVE_FIRST.fullmatch(first) is not None)


def _ends_live(text: str) -> bool:
    if not text.endswith(" live"):
        return False
    words = text.split()
    return len(words) <= _FEW_WORDS and words[-2] not in _LIVES


def _is_roundup(lower: str, parts: list[_Part]) -> bool:
    if _ROUNDUP_START.match(lower) or _ROUNDUP_ANYWHERE.search(lower) or _ROUNDUP_FIRST.fullmatch(parts[0].text):
        return True
    known = _WHAT_IS_KNOWN.search(lower)
    if known is not None and _CLAUSE.search(lower, 0, known.start()):
        return True
    if _WAR_COUNT.search(lower):
        return True
    return (len(parts) > 1 or lower.startswith(_DAYS)) and any(
        _WAR_DAY.fullmatch(text) for _, text in (parts[0], *parts[1:][-2:])
    )


def _is_opinion(said: str, lower: str, parts: list[_Part], language: str) -> bool:
    if _OPINION_START.match(lower) or _WHO.match(said) or _is_question(lower):
        return True
    # Behind a question may stand the name of the site, or of the author.
    signed = len(parts) > 1 and parts[-1].mark in _DASHES
    if signed and _is_question(lower[: lower.rindex(parts[-1].text)].rstrip(_DASHES + " ")):
        return True
    return lower.startswith(_HOW.get(language, "\n")) and "," not in lower


def _is_question(lower: str) -> bool:
    return lower.endswith("?") and _QUESTION.fullmatch(lower) is not None
