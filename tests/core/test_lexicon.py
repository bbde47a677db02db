from itertools import pairwise

import pytest

from monitor.core.rules.words import words_of
from monitor.core.stories.lexicon import HAPPENINGS, PLACES, Line, Spoken, apart, lines, spoken, words_of_form

LANGUAGES = ("en", "pl", "de", "fr", "es", "it", "uk", "ru")
# Where one word may be either, and a headline does not say which.
EITHER_PLACE = {frozenset(pair) for pair in (("kp", "kr"), ("cd", "cg"), ("ge", "us/georgia"))}
BOTH_HAPPEN = {frozenset(("airspace", "incursion"))}

ONE_INCIDENT = """
en: Ukraine shoots down Russian drones over Odesa, a fire breaks out in the port of Izmail
pl: Ukraina zestrzeliła rosyjskie drony nad Odessą, w Izmaile wybuchł pożar
de: Ukraine: Russische Drohnen über Odessa abgeschossen, Brand in Ismajil
uk: Над Одесою збито російські дрони, в Ізмаїлі пожежа, повідомили в Україні
ru: Над Одессой сбиты российские беспилотники, в Измаиле пожар, сообщили на Украине
es: Ucrania derriba drones rusos sobre Odesa y un incendio afecta a Izmaíl
"""
INFLECTED = """
pl ru/moscow: w Moskwie, z Moskwy, pod Moskwą
pl pl: polskiej granicy, w Polsce, Polaków, polskie wojsko
pl ru: rosyjskich rakiet, Rosjanie, o Rosji, przez Rosjan
pl de: w Niemczech, do Niemiec, niemieckiego rządu
pl ua/kharkiv: pod Charkowem, w Charkowie, charkowskie metro
pl pl/lublin: na Lubelszczyźnie, w Lublinie, lubelskiego lotniska
pl ru/kaliningrad: do Królewca, w Kaliningradzie, obwodu królewieckiego
uk ua: українських міст, з Україною, українці
uk ua/kyiv: під Києвом, у Києві, київських, на Київщині
uk ua/donbas/donetsk: у Донецьку, на Донеччині, Донецької області
uk ru: російські ракети, з Росією, росіяни
uk pl: у Польщі, польські прикордонники
ru ua/kyiv: над Киевом, в Киеве, киевский мэр
ru ru: с Россией, российских ракет, россияне
ru us: американских, в США
ru ru/belgorod: в Белгороде, белгородской области
de ru: russischen Raketen, Russlands Armee, die Russen
de tr: türkische Regierung, in der Türkei
de de/bavaria: bayerischen Polizei, in Bayern
fr ps: palestiniens, palestinienne
es co: colombianos, colombiana
it ua: ucraini, ucraina
"""
HAPPENED = """
pl shoot-down: zestrzelono, zestrzeliły, zestrzelenie
pl explosion: wybuchy, eksplozji
pl arrest: zatrzymano, aresztowany
pl prison: w więzieniu, z więzienia
uk shoot-down: збили, збито
uk dead: загинули, загиблих
ru shoot-down: сбили, сбит
ru evacuate: эвакуировали, эвакуации
de shoot-down: abgeschossen, Abschuss
de resign: zurückgetreten, Rücktritt
fr kill: tués, tuer
es arrest: detenidos, detienen
it verdict: condannato, condanna
en shoot-down: shot down, shoots down, downed
en derail: derailed, derailment
"""
NO_PLACE = """
en: Tell us who will pay for the repairs
en: TELL US WHO WILL PAY FOR THE REPAIRS
en: Cook the turkey slowly, then polish the china
en: Michael Jordan sells the team
en: Chad Smith and Paris Hilton open the show
en: What the New York Times wrote about the mayor
en: A nice reading lamp in orange
de: Bremst der Wagen zu spät, prägen sich Spuren ein
pl: Mały kanał i długa droga
it: Si deve portare il cane al guinzaglio
es: Para quitar una nota de la pared
fr: Il vaut mieux un bon pain
ru: Думаю, это мало кому надо
"""


def read(text: str, language: str) -> Spoken:
    return spoken([word.written for word in words_of(text, 0, len(text))], language)


def rows(table: str) -> list[tuple[str, str]]:
    return [(head, said) for head, said in (row.split(": ", 1) for row in table.strip().splitlines())]


def cases(table: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for head, forms in rows(table):
        language, expected = head.split()
        found.extend((language, expected, form) for form in forms.split(", "))
    return found


def forms_of(table: str, language: str) -> dict[str, set[str]]:
    """By a form as it would be read aloud, the lines that it stands on."""
    found: dict[str, set[str]] = {}
    for line in lines(table):
        for form in line.forms[language]:
            found.setdefault(aloud(form), set()).add(line.id)
    return found


def aloud(form: str) -> str:
    return " ".join(words_of_form(form)).replace("=", "")


def test_reports_in_six_languages_name_the_places_and_happenings_of_one_incident() -> None:
    for language, headline in rows(ONE_INCIDENT):
        found = read(headline, language)
        assert found.places == {"ua", "ru", "ua/odesa", "ua/odesa/izmail"}, language
        assert found.happenings >= {"shoot-down", "drone", "fire"}, language


@pytest.mark.parametrize(("language", "place", "said"), cases(INFLECTED))
def test_a_place_is_seen_in_whichever_form_its_name_stands(language: str, place: str, said: str) -> None:
    assert place in read(said, language).places


@pytest.mark.parametrize(("language", "happening", "said"), cases(HAPPENED))
def test_a_happening_is_seen_in_its_verb_and_in_its_noun(language: str, happening: str, said: str) -> None:
    assert happening in read(said, language).happenings


@pytest.mark.parametrize(("language", "said"), rows(NO_PLACE))
def test_words_that_only_look_like_places_are_none(language: str, said: str) -> None:
    assert read(said, language).places == frozenset()


def test_the_pronoun_us_is_no_country_and_the_abbreviation_is() -> None:
    assert read("Ministers told us the talks had failed", "en").places == frozenset()
    assert read("What the Ruling Means for Us", "en").places == frozenset()
    assert read("US-led talks have failed", "en").places == {"us"}
    assert read("U.S.' allies and the U.K. agree", "en").places == {"us", "gb"}


def test_in_a_headline_all_in_capitals_the_countries_are_still_seen() -> None:
    assert read("TELL US WHO WANTS WAR WITH IRAN", "en") == Spoken(frozenset(["ir"]), frozenset(["war"]))
    assert read("IAEA TEAM AT ARMENIAN REACTOR", "en") == Spoken(frozenset(["am"]), frozenset(["iaea", "reactor"]))


def test_the_longest_name_is_meant() -> None:
    assert read("Flood in Papua New Guinea", "en").places == {"pg"}
    assert read("Storm nears New York", "en").places == {"us/new-york"}
    assert read("North Korea tests an engine", "en").places == {"kp"}
    assert read("Korea Północna testuje silnik", "pl").places == {"kp"}
    assert read("Protests in West Virginia, calm in South Sudan", "en").places == {"us/west-virginia", "ss"}
    assert read("Air strike on a power plant", "en").happenings == {"air-strike", "power-plant"}


def test_a_name_is_not_taken_for_another_that_begins_like_it() -> None:
    assert read("w Nigerii", "pl").places == {"ng"}
    assert read("w Nigrze i nad rzeką Niger", "pl").places == {"ne"}


def test_a_possessive_and_the_dots_of_initials_hide_no_name() -> None:
    assert spoken(["Russia's", "and", "Latvia’s", "U.S.", "envoys"], "en").places == {"ru", "lv", "us"}


def test_a_longer_name_that_breaks_off_leaves_the_shorter_one() -> None:
    assert read("Guinea and New plans for Papua New towns", "en").places == {"gn", "id/papua"}
    assert read("Talks on the Democratic Republic of", "en").places == frozenset()


def test_a_name_that_two_places_bear_is_both_and_tells_neither_from_the_other() -> None:
    korea = read("Korea closes an airport", "en").places
    assert korea == {"kp", "kr"}
    assert not apart(korea, read("South Korea closes an airport", "en").places)
    assert apart(korea, read("Japan closes an airport", "en").places)


def test_an_adjective_counts_as_it_is_written_and_a_noun_with_its_capital() -> None:
    assert read("polski kuter i francuski statek", "pl").places == {"pl", "fr"}
    assert read("w łodzi pękło dno", "pl").places == frozenset()
    assert read("w Łodzi pękła rura", "pl").places == {"pl/lodz"}


def test_ukrainian_names_are_read_with_any_apostrophe() -> None:
    for said in ("під Куп'янськом", "під Куп’янськом", "під Купʼянськом"):
        assert read(said, "uk").places == {"ua/kharkiv/kupiansk"}


def test_two_earthquakes_in_two_countries_are_apart() -> None:
    chile = read("Strong earthquake shakes northern Chile", "en")
    nepal = read("Silne trzęsienie ziemi w Nepalu", "pl")
    assert chile.happenings == nepal.happenings == {"earthquake"}
    assert apart(chile.places, nepal.places)


def test_two_balloons_over_two_regions_are_apart_and_over_their_country_they_are_not() -> None:
    alaska, yukon = frozenset(["us/alaska"]), frozenset(["ca/yukon"])
    assert apart(alaska, yukon)
    assert apart(alaska, frozenset(["ca"]))
    assert apart(frozenset(["us"]), frozenset(["ca"]))
    assert not apart(alaska, frozenset(["us"]))
    assert not apart(frozenset(["us"]), alaska)
    assert not apart(alaska, alaska)
    assert not apart(alaska | yukon, yukon)


def test_reports_that_name_no_place_are_not_apart() -> None:
    assert not apart(frozenset(), frozenset(["us"]))
    assert not apart(frozenset(["us"]), frozenset())
    assert not apart(frozenset(), frozenset())


def test_a_sea_is_apart_from_what_it_does_not_touch() -> None:
    baltic = read("Data cable cut in the Baltic Sea", "en").places
    assert baltic == {"baltic-sea"}
    assert not apart(baltic, read("Kabel Finnlands beschädigt", "de").places)
    assert not apart(read("Kable w porcie w Gdańsku", "pl").places, baltic)
    assert not apart(baltic, read("Investigators in the Gulf of Finland", "en").places)
    assert apart(baltic, read("Cables cut in the Red Sea", "en").places)
    assert apart(baltic, read("Cable cut off Vietnam", "en").places)


def test_a_town_of_a_disputed_region_is_not_apart_from_either_country() -> None:
    town = read("Gunmen attack tourists in Pahalgam", "en").places
    assert town == {"kashmir/srinagar"}
    assert not apart(town, frozenset(["in"]))
    assert not apart(town, frozenset(["pk/lahore"]))
    assert apart(town, frozenset(["bd"]))


def test_a_place_whose_id_only_begins_like_another_is_apart_from_it() -> None:
    assert apart(frozenset(["us/washington"]), frozenset(["us/washington-state"]))
    assert apart(frozenset(["us/virginia"]), frozenset(["us/virgin-islands"]))


@pytest.mark.parametrize("language", ["", "und", "ja", "no"])
def test_a_language_without_a_column_speaks_of_nothing(language: str) -> None:
    assert read("Moskva og Kiev", language) == Spoken(frozenset(), frozenset())


def test_a_language_is_known_by_any_of_its_names() -> None:
    assert read("w Moskwie", "pl-PL") == read("w Moskwie", "pol") == Spoken(frozenset(["ru/moscow"]), frozenset())


def test_no_words_speak_of_nothing() -> None:
    assert spoken([], "en") == Spoken(frozenset(), frozenset())


@pytest.mark.parametrize("table", [PLACES, HAPPENINGS])
def test_every_line_has_an_id_of_its_own_and_english_forms(table: str) -> None:
    ids = [line.id for line in lines(table)]
    assert len(ids) == len(set(ids))
    assert all(line.forms["en"] for line in lines(table))
    assert all(tuple(line.forms) == LANGUAGES for line in lines(table))


def test_every_place_lies_in_one_that_is_there_and_is_near_such() -> None:
    ids = {line.id for line in lines(PLACES)}
    for line in lines(PLACES):
        inside = line.id.split("/")
        assert {"/".join(inside[:length]) for length in range(1, len(inside))} <= ids
        assert ids.issuperset(line.near), line.id
        assert not any(one == line.id or one.startswith(f"{line.id}/") for one in line.near), line.id


@pytest.mark.parametrize("table", [PLACES, HAPPENINGS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_stands_on_one_line_unless_it_is_meant_to_stand_on_two(table: str, language: str) -> None:
    shared = {frozenset(ids) for ids in forms_of(table, language).values() if len(ids) > 1}
    assert shared <= (EITHER_PLACE if table == PLACES else BOTH_HAPPEN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_is_read_as_what_it_stands_for_and_nothing_else(language: str) -> None:
    for form, ids in forms_of(PLACES, language).items():
        assert spoken(form.split(), language) == Spoken(frozenset(ids - {"-"}), frozenset()), form
    for form, ids in forms_of(HAPPENINGS, language).items():
        assert spoken(form.split(), language) == Spoken(frozenset(), frozenset(ids - {"-"})), form


@pytest.mark.parametrize("table", [PLACES, HAPPENINGS])
def test_no_line_says_a_thing_twice(table: str) -> None:
    def twice(line: Line) -> bool:
        said = [sorted(map(aloud, forms)) for forms in line.forms.values()]
        return any(one == other for forms in said for one, other in pairwise(forms))

    assert [line.id for line in lines(table) if twice(line)] == []
