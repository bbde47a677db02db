"""Whose text a report is: papers that print one agency's copy are one voice, whoever quotes it speaks for itself."""

import pytest

from monitor.core.stories.voices import Agency, Credits
from monitor.settings.publishers import shipped_publishers

CREDITS = Credits(Agency(each.name, each.marks, each.family) for each in shipped_publishers().agencies)
PAPER = "Harbour Gazette"
LONG = (
    "The ferry company said that no passenger was hurt and that the quay stays closed until the divers are done. " * 3
)


def credited(text: str = "", author: str = "", publisher: str = PAPER) -> str:
    return CREDITS.credited(author, text, publisher)


@pytest.mark.parametrize(
    ("author", "agency"),
    [
        ("Reuters", "Reuters"),
        ("REUTERS", "Reuters"),
        ("By The Associated Press", "Associated Press"),
        ("Associated Press in Lima", "Associated Press"),
        ("AP Business Writer", "Associated Press"),
        ("Ada Moor, Associated Press", "Associated Press"),
        ("Ada Moor The Canadian Press", "Canadian Press"),
        ("Ada Moor Associated Press", "Associated Press"),
        ("Ada Moor and Leo Lindt, Reuters", "Reuters"),
        ("Ada Moor of AFP", "AFP"),
        ("AFP", "AFP"),
        ("Agence France-Presse in Oslo", "AFP"),
        ("Press Trust of India", "PTI"),
        ("Par l'AFP", ""),
        ("AFP and Gazette staff", "AFP"),
        ("desk@gazette.example (AFP)", "AFP"),
        ("PAP, oprac. ab", "PAP"),
        ("oprac. PAP", "PAP"),
        ("dpa/lby", "dpa"),
        ("Von dpa", "dpa"),
        ("RND/dpa", "dpa"),
        ("EFE", "EFE"),
        ("Agencia EFE", "EFE"),
        ("Agenzia ANSA", "ANSA"),
        ("РИА Новости", "RIA Novosti"),
        ("ТАСС", "TASS"),
        ("Укрінформ", "Ukrinform"),
        ("新华社", "Xinhua"),
    ],
)
def test_an_agency_in_the_byline_is_the_one_who_speaks(author: str, agency: str) -> None:
    assert credited(LONG, author) == agency


@pytest.mark.parametrize(
    ("beginning", "agency"),
    [
        ("WARSAW (Reuters) - The ferry", "Reuters"),
        ("(Reuters) - The ferry", "Reuters"),
        ("KYIV, Nov 3 (AFP) — The ferry", "AFP"),
        ("SELMA, Ala. (AP) — The ferry", "Associated Press"),
        ("KARLOVAC, Croatia March 6 (Reuters) - The ferry", "Reuters"),
        ("OSLO/PARIS, Nov 3 (Reuters) - The ferry", "Reuters"),
        ("DONETSK (Ukraine), Nov 3 (AFP) – The ferry", "AFP"),
        ("By Ada Moor and Leo Lindt OSLO, Nov 3 (Reuters) - The ferry", "Reuters"),
        ("New Delhi, Nov 3 (PTI) The ferry", "PTI"),
        ("Nashik (Maharashtra) [India], November 3 (ANI): The ferry", "ANI"),
        ("TOKYO, Nov. 3 (Kyodo) -- The ferry", "Kyodo"),
        ("SEOUL, Nov. 3 (Yonhap) -- The ferry", "Yonhap"),
        ("MOSCOW, November 3. /TASS/. The ferry", "TASS"),
        ("Moscow. November 3. INTERFAX - The ferry", "Interfax"),
        ("Tehran, IRNA – The ferry", "IRNA"),
        ("Berlin (dpa) - Die Fähre", "dpa"),
        ("Berlin (dpa/lby) - Die Fähre", "dpa"),
        ("Berlin (dpa)\nDie Fähre", "dpa"),
        ("Frankfurt am Main (dpa) - Die Fähre", "dpa"),
        ("BERLIN dpa | Die Fähre", "dpa"),
        ("Wien (APA) – Die Fähre", "Austria Presse Agentur"),
        ("(PAP) Prom", "PAP"),
        ("Paris, 3 nov 2026 (AFP) - Le bac", "AFP"),
        ("Madrid, 3 nov (EFE).- El barco", "EFE"),
        ("Rio de Janeiro, 3 de noviembre de 2026 (EFE).- El barco", "EFE"),
        ("MADRID, 3 Nov. (EUROPA PRESS) - El barco", "Europa Press"),
        ("(ANSA) - ROMA, 03 NOV - Il traghetto", "ANSA"),
        ("Roma, 3 nov. (Adnkronos) - Il traghetto", "Adnkronos"),
        ("Lisboa, 03 nov 2026 (Lusa) — O barco", "Lusa"),
        ("Praha 3. listopadu (ČTK) - Přívoz", "ČTK"),
        ("VILNIUS, lapkričio 3 d., BNS. Keltas", "BNS"),
        ("RĪGA, 3. novembris, LETA. Prāmis", "LETA"),
        ("МОСКВА, 3 ноября - РИА Новости. Паром", "RIA Novosti"),
        ("МОСКВА, 3 ноября. /ТАСС/. Паром", "TASS"),
        ("ОДЕСА, 3 листопада (Укрінформ). Пором", "Ukrinform"),
        ("القاهرة 3 نوفمبر (رويترز) - العبارة", "Reuters"),
        ("دبي - رويترز\nالعبارة", "Reuters"),
        ("新华社北京11月3日电 渡轮", "Xinhua"),
        ("（中央社台北3日電）渡輪", "CNA Taiwan"),
        ("【ワシントン共同】フェリー", "Kyodo"),
        ("(서울=연합뉴스) 여객선", "Yonhap"),
    ],
)
def test_an_agency_in_the_dateline_is_the_one_who_speaks(beginning: str, agency: str) -> None:
    assert credited(f"{beginning} {LONG}") == agency


@pytest.mark.parametrize(
    ("ending", "agency"),
    [
        ("The quay is closed. (AFP)", "AFP"),
        ("Kai ist gesperrt. (dpa/lby)", "dpa"),
        ("Kai ist gesperrt. (RND/dpa)", "dpa"),
        ("Molo jest zamknięte. (PAP)", "PAP"),
        ("Molo jest zamknięte. Jan Mol (PAP)\n\nmol/ abc/", "PAP"),
        ("Kaia er stengt. (©NTB)", "NTB"),
        ("Kajen er lukket. /ritzau/", "Ritzau"),
        ("Il molo è chiuso. (ANSA).", "ANSA"),
        ("The quay is closed. © AFP 2026", "AFP"),
        ("The quay is closed. © 2026 AFP", "AFP"),
        (
            "Copyright 2026 The Associated Press. All rights reserved. "
            "It is not to be printed, sent, shown, lent or sold by others.",
            "Associated Press",
        ),
        ("Der Kai ist gesperrt. © dpa-infocom, dpa:261103-930-12/1", "dpa"),
        ("The quay is closed. (Reporting by Ada Moor in Oslo; Editing by Leo Lindt)", "Reuters"),
        ("The quay is closed. Additional help from Ada Moor; editing by Leo Lindt)", "Reuters"),
        ("This report by The Canadian Press was first published Nov. 3, 2026.", "Canadian Press"),
        ("Molo jest zamknięte. Źródło: PAP", "PAP"),
        ("Der Kai ist gesperrt. Quelle: hafen.de, abc/dpa", "dpa"),
        ("The quay is closed. Source: Reuters/ab", "Reuters"),
        ("The quay is closed. — Reuters", "Reuters"),
        ("The quay is closed. — Associated Press", "Associated Press"),
        ("The quay is closed. AFP", "AFP"),
        ("The quay is closed. PTI ABC DE DE", "PTI"),
    ],
)
def test_an_agency_that_signs_a_report_is_the_one_who_speaks(ending: str, agency: str) -> None:
    assert credited(f"{LONG}{ending}") == agency


@pytest.mark.parametrize(
    "text",
    [
        "A pilot told Reuters that the quay is closed.",
        "The quay is closed, Reuters reported.",
        "According to AFP, the quay is closed.",
        "AFP: the quay is closed.",
        "The harbour master said (AP) that the quay is closed.",
        "The quay is closed, a pilot told Reuters",
        "The quay is closed, — Reuters",
        "Der Kai ist gesperrt, berichtet die dpa.",
        "Wie die Agentur dpa berichtet, ist der Kai gesperrt.",
        "Molo jest zamknięte - powiedział PAP kapitan portu.",
        "Molo jest zamknięte – poinformowała agencja PAP",
        "Le quai est fermé, selon l'AFP.",
        "Le quai est fermé, selon le port. (Avec AFP)",
        "El muelle está cerrado, según EFE.",
        "Il molo è chiuso, riferisce l'ANSA.",
        "Причал закрыт, сообщает РИА Новости.",
        "Причал закрыт, — ТАСС.",
        "Причал закритий, - повідомляє Укрінформ",
        "法新社今天发自北京的电稿说，码头关闭。",
        "The quay is closed. (With reporting by AP)",
        "The quay is closed. (With AFP, AP and Reuters)",
        "The quay is closed. (Inputs from PTI)",
        "The quay is closed. With AFP",
        "The quay is closed. AFP reports",
        "The quay is closed. (AFP) The mole is not.",
    ],
)
def test_whoever_quotes_an_agency_speaks_for_itself(text: str) -> None:
    assert credited(text) == ""
    assert credited(f"{LONG}{text}") == ""


@pytest.mark.parametrize(
    "author",
    [
        "", "Ada Moor", "Ada Moor with AFP", "Le Quai avec AFP", "Redaktion mit dpa", "Staff and agencies",
        "Ada Bloomberg", "Gazette staff and AFP", "Ada Moor, AP Photo", "Petra", "Tasnim Hina", "Pap Moor",
        "Ada Moor with AP, AFP", "Ada Moor/AFP/Getty Images",
    ],
)  # fmt: skip
def test_a_name_in_the_byline_that_only_looks_like_an_agency_credits_nobody(author: str) -> None:
    assert credited(LONG, author) == ""


@pytest.mark.parametrize(
    "text",
    [
        "The quay in Oslo on a windy day. (Ada Moor/Reuters)",
        "The quay in Oslo on a windy day. (AP Photo/Ada Moor)",
        "The quay in Oslo on a windy day. (The Canadian Press/Ada Moor)",
        "The quay in Oslo on a windy day. (Ada Moor/AFP via Getty Images)",
        "The quay in Oslo on a windy day. (AFP/Getty)",
        "Nabrzeże w Oslo w wietrzny dzień. (PAP/EPA)",
        "The quay in Oslo on Feb. 5, 2026. (Reuters)",
        "The quay in Oslo in a file photo. (The Canadian Press)",
        "Photo: © AFP",
        "The quay is closed. © AP The harbour master called it a matter of days and blamed the old piles.",
    ],
)
def test_the_credit_of_a_picture_is_none_for_the_text(text: str) -> None:
    assert credited(f"{LONG}{text}") == ""


@pytest.mark.parametrize(
    "text",
    [
        "Australian Federal Police (AFP) - the force that guards the quay",
        "Pakistan Tehreek-e-Insaf (PTI): the party",
        "Aam Aadmi Party (AAP) – the party",
        "Pakistan Tehreek-e-Insaf (PTI) Chairman",
        "Ada Moor (PTI) Resigns As Harbour Master",
        "Two pilots drowned (AFP) - the quay",
        "Harbour Master Ada Moor Closes Oslo Quay For Good (AFP) - the quay",
        "The party of the harbour master joined the coalition (PTI) - for now",
        "Divers of the Gulf, Sana and her team - friends since school - went down",
    ],
)
def test_letters_behind_a_name_or_a_sentence_are_no_dateline(text: str) -> None:
    assert credited(f"{text} {LONG}") == ""


def test_a_party_with_the_letters_of_an_agency_signs_nothing() -> None:
    assert credited(f"{LONG}He joined the party (PTI).") == ""
    assert credited(f"{LONG}So said the Australian Federal Police (AFP).") == ""


def test_what_stands_in_the_middle_of_a_text_credits_nobody() -> None:
    assert credited(f"{LONG}OSLO, Nov 3 (AFP) - The quay is closed. (AFP) {LONG}") == ""
    assert credited(f"{LONG}© AFP. All rights reserved. {LONG}") == ""


def test_a_paper_that_bears_the_letters_of_an_agency_means_itself() -> None:
    text = f"{LONG}Source: CNA/ab"
    assert credited(text) == "CNA Taiwan"
    assert credited(text, publisher="CNA") == ""
    assert credited(f"OSLO (Reuters) - {LONG}", publisher="CNA") == "Reuters"


def test_an_agency_that_signs_its_own_feed_is_found_there_too() -> None:
    assert credited(f"SEOUL, Nov. 3 (Yonhap) -- {LONG}", publisher="Yonhap") == "Yonhap"


def test_papers_that_print_two_agencies_of_one_state_are_one_voice() -> None:
    moscow, other = credited("МОСКВА, 3 ноября. /ТАСС/. Паром"), credited("МОСКВА, 3 ноября - РИА Новости. Паром")
    assert moscow != other
    assert CREDITS.family(moscow) == CREDITS.family(other) == "Russian state"
    assert CREDITS.family("Reuters") == "Reuters"


def test_a_text_made_to_be_slow_to_read_is_read_at_once() -> None:
    for piece in ("(", "/a", "A, ", "- ", "AFP ", ". A ", "((AFP/", "\n", "© ", "Source: "):
        assert credited(piece * 50_000, piece * 100) in ("", "AFP")


def test_without_agencies_everybody_speaks_for_itself() -> None:
    assert Credits(()).credited("Reuters", "OSLO (Reuters) - The ferry. (AFP)", PAPER) == ""
