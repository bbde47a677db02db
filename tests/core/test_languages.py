import pytest

from monitor.core.rules.words import fold, stem
from tests.core.watching import evidence


@pytest.mark.parametrize(
    ("language", "pattern", "title"),
    [
        ("pl", "dron", "Drony nad miastem"),
        ("pl", "rakieta", "Atak rakietą na port"),
        ("pl", "wojna", "Skutki wojny"),
        ("de", "Rakete", "Raketen über der Küste"),
        ("de", "Angriff", "Neue Angriffe am Abend"),
        ("de-AT", "Luftraum", "Sperre des Luftraums"),
        ("ru", "ракета", "Над городом сбиты ракеты"),
        ("ru", "война", "Новости о войне"),
        ("ru", "воздушный", "Закрыто воздушное пространство"),
        ("fr", "frappe", "Des frappes sur le port"),
        ("", "strike", "Strikes on the port"),
        ("en_GB", "strike", "Strikes on the port"),
    ],
)
def test_a_word_is_found_in_the_inflections_of_its_language(language: str, pattern: str, title: str) -> None:
    assert len(evidence(pattern, title, language)) == 1


def test_a_language_without_a_stemmer_is_compared_word_for_word() -> None:
    assert evidence("край", "Над краєм тихо", "uk") == ()
    assert evidence("край", "Край світу", "uk")[0].text == "Край"


@pytest.mark.parametrize(("one", "other"), [("й", "и"), ("ї", "і"), ("ў", "у")])
def test_cyrillic_letters_that_look_accented_stay_letters_of_their_own(one: str, other: str) -> None:
    assert fold(one) == one != fold(other)
    assert fold(one) == fold(other + {"й": "\u0306", "ї": "\u0308", "ў": "\u0306"}[one])


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ŁÓDŹ", "lodz"),
        ("Straße", "strasse"),
        ("Ærø", "aero"),
        ("ﬁne", "fine"),
        ("so\u00adft", "soft"),
        ("Ελλάδα", "ελλαδα"),
    ],
)
def test_letters_are_compared_without_case_and_ornament(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("strike", "striking"),
        ("strike", "struck"),
        ("city", "cities"),
        ("deny", "denied"),
        ("crash", "crashes"),
        ("plan", "planned"),
        ("shell", "shelling"),
        ("man", "men"),
        ("crisis", "crises"),
        ("missile", "missiles"),
    ],
)
def test_english_inflections_of_one_word_are_one_word(one: str, other: str) -> None:
    assert stem(one, "en") == stem(other, "en")


@pytest.mark.parametrize(
    ("one", "other"),
    [("general", "generally"), ("organ", "organisation"), ("new", "news"), ("ga", "gas"), ("r", "red")],
)
def test_english_words_of_one_root_stay_apart(one: str, other: str) -> None:
    assert stem(one, "en") != stem(other, "en")
