"""What is told as an event of its own, and what only speaks of events. No headline here was ever printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stories.kinds import Kind, kind_of

PAGE = "https://herald.test/world/2031/05/04/a-page"


@pytest.mark.parametrize(
    "title",
    [
        "Villagers forced to live in cellars as shelling of Ostrava Bay goes on",
        "Live ammunition found under the stage of the Lindholm theatre",
        "Live-fire exercise closes the strait of Merrow for two days",
        "Nine lives lost as ferry sinks off Port Amsel",
        "New radar over the northern plain goes live",
        "Governor names the towns where the displaced will live: Amsel, Lindholm and Merrow",
        "Singer collapses on Saturday Night Live: ambulance called",
        "Column of tanks enters the suburbs of Lindholm",
        "Morning strike kills three at Merrow power plant",
        "Letter bomb injures postal clerk in Amsel",
        "Report: two divisions moved towards the Merrow border",
        "Analysis finds traces of nerve agent in Amsel harbour",
        "“Why did you leave us?” Widow confronts admiral over the Merrow sinking",
        "Mother shouts at officials: 'Where is my son?'",
        "Two best friends killed by mine near Lindholm",
        "WHO is sending doctors to flooded Amsel",
        "Bones from Merrow cave change what we know about the first sailors",
        "Timeline for withdrawal from Lindholm agreed",
        "Hostages freed on day 140 of the siege",
        "Siege of Lindholm: hostages freed on day 140",
        "Convoy reaches Lindholm after day 400",
        "Harbour Day 2031: parade cancelled after threat",
        "Ministry denies Sunday report",
        "Editorial office of the Amsel Courier set on fire",
        "Comment by the admiral angers allies",
        "Merrow has to count again: editorial",
        "Mine found near the quay where admirals live. Police close it",
        "Shells hit the huts over Merrow bay – where the last nine herders of the island live",
        "Rakieta nad Amsel? Sztab zaprzecza",
        "Briefing room of the ministry evacuated",
        "Drone falls on a barn near Lindholm. What happened?",
        "Rakieta spadła pod Lindholmem. Co wiemy?",
        "У Мерро пролунав вибух: що відомо",
        "Wybuch w porcie Amsel, dlaczego nikt nie ostrzegł załogi",
        "Présentatrice blessée en direct à la télévision d'Amsel",
        "Ведущая заплакала в прямом эфире канала «Мерро»",
        "Regista muore in diretta tv ad Amsel",
        "Кібератака зупинила онлайн банки Мерро",
    ],
)
def test_a_reader_is_told_of_an_event_whose_report_only_sounds_like_something_else(title: str) -> None:
    assert kind_of(title, PAGE) is Kind.REPORT


@pytest.mark.parametrize(
    "title",
    [
        "Siege of Lindholm – live",
        "Siege of Lindholm - live updates",
        "LIVE: Shells fall on Lindholm",
        "Siege of Lindholm LIVE: Shells fall on the old town",
        "Watch live: Admiral speaks in Merrow",
        "LIVE 3 PM ET: Admiral speaks in Merrow",
        "Merrow election: count begins in the north – politics live",
        "Count in Merrow | Full live results",
        "Lindholm siege latest: convoy turns back",
        "Amsel earthquake updates: airport reopens",
        "Merrow parliament vote – as it happened",
        "Siege of Lindholm – live | The Amsel Courier",
        "Oblężenie Lindholmu. 41. dzień walk. Relacja na żywo",
        "Oblężenie Lindholmu [NA ŻYWO]",
        "Liveticker: Schüsse in Lindholm",
        "Belagerung von Lindholm im Liveblog",
        "EN DIRECT - Siège de Lindholm : un convoi fait demi-tour",
        "Siège de Lindholm, en direct : un convoi fait demi-tour",
        "Asedio de Lindholm, minuto a minuto",
        "DIRECTO | El convoy da la vuelta en Lindholm",
        "Lindholm, la diretta: il convoglio torna indietro",
        "Осада Линдхольма. Онлайн",
        "Облога Ліндгольма. Наживо",
    ],
)
def test_a_live_page_is_known_by_its_title(title: str) -> None:
    assert kind_of(title, PAGE) is Kind.LIVE


@pytest.mark.parametrize(
    "title",
    [
        "Morning briefing: shells on Lindholm, count in Merrow",
        "Wednesday briefing: what the count in Merrow decides",
        "The Harbour's Evening Report — convoy turns back",
        "What we know about the blast in Amsel",
        "Convoy turns back at Lindholm. What to know.",
        "Blast in Amsel: Here's what you need to know",
        "Five things the count in Merrow has shown",
        "7 takeaways from the Merrow count",
        "The week in Merrow: count, recount, quarrel",
        "Timeline of the Lindholm siege",
        "Lindholm siege: a timeline",
        "Siege of Lindholm: List of key events, day 112",
        "Day 612: convoy turns back at Lindholm",
        "Day 612 of the siege of Lindholm",
        "Sunday shows preview: senators on the Merrow count",
        "The Papers: Merrow in doubt and a royal cough",
        "Football roundup: Amsel beaten again",
        "Can Merrow count again? – podcast",
        "A parade and a snowed-in ferry: Tuesday's best photos",
        "Recount ordered, ferry found and more top headlines",
        "Wojna o Merrow. 353. dzień inwazji",
        "Co wiemy o wybuchu w Amsel",
        "Przegląd prasy: Merrow liczy głosy",
        "Die Lage am Morgen: Merrow zählt",
        "Was über die Explosion in Amsel bekannt ist",
        "Ce que l'on sait de l'explosion d'Amsel",
        "Lo que se sabe de la explosión en Amsel",
        "Что известно о взрыве в Амселе",
        "Що відомо про вибух в Амселі",
        "Головне за ніч: Мерро рахує голоси",
        "Rassegna stampa: Merrow riconta",
    ],
)
def test_a_round_up_is_known_by_its_title(title: str) -> None:
    assert kind_of(title, PAGE) is Kind.ROUNDUP


@pytest.mark.parametrize(
    "title",
    [
        "Opinion | Merrow must count again",
        "Opinion: Merrow must count again",
        "Editorial: Merrow must count again",
        "Column: The admiral I knew",
        "Merrow must count again | Letters",
        "The Amsel Courier view on the Merrow count: once more",
        "Explainer: the rules of a recount",
        "Q&A: can Merrow count again",
        "Why Merrow cannot count",
        "How the Lindholm siege began",
        "Here’s why the ferry sank",
        "Who is the admiral of Merrow",
        "Is Merrow able to count?",
        "Merrow recount: what really happened?",
        "Is Merrow able to count? - The Amsel Courier",
        "Will the U.S. Coast Guard find the ferry?",
        "An accident? Or a plot against Merrow?",
        "Merrow musi liczyć głosy jeszcze raz [OPINIA]",
        "Komentarz: Merrow musi liczyć jeszcze raz",
        "Dlaczego Merrow nie umie liczyć",
        "Kommentar: Merrow muss noch einmal zählen",
        "Warum Merrow nicht zählen kann",
        "Pourquoi Merrow ne sait pas compter",
        "Tribune : Merrow doit recompter",
        "Por qué Merrow no sabe contar",
        "Editoriale | Merrow deve ricontare",
        "Мнение: Мерро должен пересчитать",
        "Почему Мерро не умеет считать",
        "Чому Мерро не вміє рахувати",
    ],
)
def test_opinion_and_explanation_are_known_by_their_title(title: str) -> None:
    assert kind_of(title, PAGE) is Kind.OPINION


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("https://herald.test/opinion/2031/convoy", Kind.OPINION),
        ("https://herald.test/commentisfree/2031/convoy?from=feed", Kind.OPINION),
        ("https://gazeta.test/opinie/7,konwoj.html", Kind.OPINION),
        ("https://blatt.test/politik/meinung/konvoi-100.html", Kind.OPINION),
        ("herald.test/opinion/convoy", Kind.OPINION),
        ("https://herald.test/newsletters/convoy", Kind.ROUNDUP),
        ("https://herald.test/podcast/convoy", Kind.ROUNDUP),
        ("https://herald.test/world/live/2031/convoy", Kind.LIVE),
        ("https://gazeta.test/swiat/lindholm-relacja-na-zywo-4-maja", Kind.LIVE),
        ("https://herald.test/world/live-news/lindholm-05-04-31/index.html", Kind.LIVE),
        ("https://herald.test/world/opinion-poll-on-convoy", Kind.REPORT),
        ("https://herald.test/world/convoy?next=/opinion/", Kind.REPORT),
        ("https://opinion.herald.test/world/convoy", Kind.REPORT),
        ("", Kind.REPORT),
    ],
)
def test_the_section_of_the_site_tells_what_the_title_does_not(link: str, kind: Kind) -> None:
    assert kind_of("Convoy turns back at Lindholm", link) is kind


@pytest.mark.parametrize(
    "link",
    [
        "https://herald.test/world/live-news/lindholm-05-04-31/h_0f9a77bd12c3",
        "https://herald.test/world/live/2031/may/04/lindholm#block-71fe",
        "https://agency.test/en/live-news/20310504-convoy-turns-back",
    ],
)
def test_a_single_post_and_an_agencys_report_are_reports_though_their_section_is_called_live(link: str) -> None:
    assert kind_of("Convoy turns back at Lindholm", link) is Kind.REPORT


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("Opinion", Kind.OPINION),
        ("herald/news/opinion", Kind.OPINION),
        (" Komentarz ", Kind.OPINION),
        ("Колонки", Kind.OPINION),
        ("Podcast", Kind.ROUNDUP),
        ("Liveblog", Kind.LIVE),
        ("Top stories", Kind.REPORT),
        ("Live", Kind.REPORT),
        ("Public opinion", Kind.REPORT),
    ],
)
def test_the_publishers_tag_tells_what_the_title_does_not(tag: str, kind: Kind) -> None:
    assert kind_of("Convoy turns back at Lindholm", PAGE, ["Lindholm", tag]) is kind


@pytest.mark.parametrize(
    "title",
    [
        "BREAKING: What we know about the blast in Amsel",
        "Breaking news - Why Merrow was evacuated",
        "URGENT Is the admiral dead?",
        "JUST IN: Editorial office of the Amsel Courier burns",
        "PILNE: Dlaczego zamknięto port Amsel",
        "[EILMELDUNG] Warum Amsel geräumt wird",
        "СРОЧНО: что известно о взрыве в Амселе",
        "ТЕРМІНОВО! Чому евакуюють Амсель",
    ],
)
def test_what_is_sent_as_urgent_is_told_as_an_event(title: str) -> None:
    assert kind_of(title, PAGE) is Kind.REPORT


def test_an_urgent_live_page_is_still_a_live_page() -> None:
    assert kind_of("BREAKING: Blast in Amsel – live updates", PAGE) is Kind.LIVE
    assert kind_of("BREAKING: Blast in Amsel", "https://herald.test/world/live/2031/amsel") is Kind.LIVE


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Wie der Konvoi nach Lindholm kam", "de-AT"),
        ("Comment le convoi est arrivé à Lindholm", "fr"),
        ("Jak konwój dotarł do Lindholmu", "pl-PL"),
        ("Как колонна дошла до Линдхольма", "ru"),
        ("Як колона дійшла до Ліндгольма", "uk"),
        ("Come il convoglio è arrivato a Lindholm", "it"),
    ],
)
def test_what_explains_how_is_known_by_its_language(title: str, language: str) -> None:
    assert kind_of(title, PAGE, language=language) is Kind.OPINION
    assert kind_of(title, PAGE, language="es") is Kind.REPORT


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Wie die Küstenwache mitteilt, ist die Fähre vor Amsel gesunken", "de"),
        ("Jak podaje sztab, okręt opuścił Merrow", "pl"),
        ("Как сообщает штаб, корабль покинул Мерро", "ru"),
    ],
)
def test_a_report_may_begin_with_who_says_so(title: str, language: str) -> None:
    assert kind_of(title, PAGE, language=language) is Kind.REPORT


@given(st.text(max_size=400), st.text(max_size=80), st.lists(st.text(max_size=20), max_size=3), st.text(max_size=5))
def test_nothing_that_a_feed_writes_is_of_no_kind(title: str, link: str, tags: list[str], language: str) -> None:
    assert kind_of(title, link, tags, language) in Kind
