from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.rules.stems import full_stem, keys
from monitor.core.rules.words import fold

ONE_WORD = """
en: strike strikes striking struck stricken
en: shoot shoots shooting shot
en: shot shots
en: fly flies flying flew flown
en: lie lies lying lay lain
en: lay laid laying
en: man men
en: gunman gunmen
en: person people persons
en: break broke broken
en: crisis crises
en: knife knives
en: leaf leaves
en: leave leaves left leaving
en: base bases based
en: basis bases
en: bomb bombed bombing bombings
en: jam jammed jamming
en: shell shelled shelling
en: control controlled controlling
en: violate violated violating
en: invade invades invaded invading
en: launch launches launched
en: fire fires fired firing
en: mobilise mobilised mobilising mobilize mobilized
en: mobilisation mobilization mobilisations
en: harbour harbor harbours harbored
en: armoured armored
en: centre center centres centered
en: defence defense defences
en: programme program programmes programmed
en: manoeuvre maneuver manoeuvres maneuvering
en: marine marines
en: plane planes
en: hope hoping hoped
en: hop hopping hopped
en: overfly overflew overflown
en: panic panicked
en: virus viruses
en: embassy embassies
de: Rakete Raketen
de: Luftraum Luftraums Lufträume LUFTRÄUMEN
de: Schlag Schläge Schlägen
de: präventiv präventive Präventiver
fr: évènement Évènements evenement
fr: affirmer affirment
fr: général généraux générales
fr: aérien aérienne aériens
es: incursión incursiones incursion
es: misil misiles
it: attacco attacchi
it: incursione incursioni
pt: míssil mísseis
pt: violação violações
nl: raket raketten
nl: schip schepen
pl: Suwałki Suwalki Suwałk
pl: rakieta rakietą rakiet rakietami
pl: naruszenie naruszenia naruszeń
cs: válka války válkou
ru: ракета ракеты ракет ракетами
ru: самолёт самолеты самолётов
uk: ракета ракети ракет ракетами
uk: війна війни воєн
uk: край краєм краї
sv: gräns gränsen gränserna
no: angrep angrepet angrepene
da: mand mænd mændene
fi: sota sodan sotaa sodassa
et: sõda sõja sõjas
lv: raķete raķešu raķetēm
lv: drons droni dronu
lt: raketa raketos raketų
ro: rachetă rachetele rachetelor
hu: háború háborúk háborúban
el: πόλεμος πολέμου ΠΟΛΕΜΟΣ
tr: saldırı saldırılar SALDIRI saldırısı
ar: ضربة الضربات وضربة
ar: استباقية الاستباقية
ar: مجال المجال والمجال بالمجال
ar: صاروخ صواريخ بصواريخ
fa: موشک موشک‌ها موشکها
fa: کشتی كشتي
fa: می‌شود ميشود
he: מרחב המרחב במרחב
he: צבא הצבא שהצבא
he: טיל הטיל טילים
"""
OTHER_WORDS = """
en: organisation organic organise
en: mobilise mobilisation
en: general generally
en: news new
en: striker strike
en: plane plan
en: hoping hopping
en: staring starring
en: unmanned man
en: human humane
en: France franc
en: Hamas Hama
en: saws seen
en: police policy
de: Organisation organisch
de: generell General
fr: armée arme
fr: nation national
fr: rapide tir port porte
fr: général généralement
es: general generalmente
es: organización orgánico
pt: geral geralmente
pt: nação nacional
nl: organisatie organisch
ru: организация органический
ru: генерал генеральный
uk: організація органічний
pl: organizacja organiczny
he: משרד שרד
"""
UNCUT = """
Texas Paris Laos Hamas Abbas Honduras Cyprus Iris Damascus gas bus series species news always crisis
morning evening ceiling building spring king ring thing sing wing bring string during nothing Beijing Nanjing
red bed hundred sacred indeed need speed seed feed bleed breed exceed proceed succeed embed
"""
LANGUAGES = "en de fr es it pt nl pl cs ru uk ar fa he tr sv no da fi et lv lt ro hu el und zh xx".split()  # noqa: SIM905


def _rows(table: str) -> list[tuple[str, list[str]]]:
    return [(row[:2], row[4:].split()) for row in table.strip().splitlines()]


@pytest.mark.parametrize(("language", "forms"), _rows(ONE_WORD), ids=lambda value: "".join(value[:1]))
def test_the_forms_of_a_word_are_found_by_the_word(language: str, forms: list[str]) -> None:
    word = set(keys(forms[0], language))
    assert [form for form in forms if word.isdisjoint(keys(form, language))] == []


@pytest.mark.parametrize(("language", "words"), _rows(OTHER_WORDS), ids=lambda value: "".join(value[:1]))
def test_words_of_one_family_stay_words_of_their_own(language: str, words: list[str]) -> None:
    pairs = combinations(words, 2)
    assert [pair for pair in pairs if not set(keys(pair[0], language)).isdisjoint(keys(pair[1], language))] == []


@pytest.mark.parametrize("word", UNCUT.split())
def test_a_word_that_only_looks_inflected_is_left_whole(word: str) -> None:
    assert fold(word) in keys(word, "en")


@pytest.mark.parametrize("language", ["zh", "ja", "ko", "th", "xx"])
def test_a_language_we_know_nothing_of_is_compared_word_for_word(language: str) -> None:
    assert keys("Strikes", language) == ("strikes",)


def test_a_text_of_unknown_language_is_read_as_english_where_its_letters_are_plain() -> None:
    assert keys("Strikes", "und") == keys("Strikes", "") == keys("strike", "en")
    assert keys("жінки", "und") == ("жінки",)


def test_the_full_stem_joins_what_inflection_keeps_apart() -> None:
    assert full_stem("Organiser", "en") == full_stem("organisation", "en-GB") == full_stem("organise", "en")
    assert full_stem("Évènement", "xx") == "evenement"


words = st.text(st.characters(categories=["L", "Mn", "Cf", "Nd"]), min_size=1, max_size=12).filter(fold)


@settings(deadline=None)
@given(words, st.sampled_from(LANGUAGES))
def test_a_word_typed_without_accents_is_the_word(word: str, language: str) -> None:
    found = keys(word, language)
    assert 1 <= len(found) <= 3
    assert [fold(key) for key in found] == list(found)
    assert not set(found).isdisjoint(keys(fold(word), language))
