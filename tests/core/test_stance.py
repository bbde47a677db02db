"""What a report does to the story it tells. No headline here was ever printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stance import Stated, stance_of
from monitor.core.stance.lexicon import tongue
from monitor.words import Stance

LANGUAGES = ("en", "pl", "de", "fr", "es", "it", "ru", "uk")


def stance(title: str, text: str = "", language: str = "en", official: bool = False) -> Stance | None:
    stated = stance_of(title, text, language, official)
    return stated.stance if stated else None


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Defence ministry denies strike on Brackwell"),
        ("en", "The Kremlin denies ordering strike on Brackwell"),
        ("en", "Army denies reports of incursion at Merrow"),
        ("en", "Reports of strike on Brackwell are false, says army"),
        ("en", "Reports of strike on Brackwell false - ministry"),
        ("en", "Brackwell strike: ministry says there is no evidence of attack"),
        ("en", "Government rejects claims of border breach"),
        ("en", "Police: no evidence of explosion at Lindholm port"),
        ("en", "Air raid warning was a false alarm, Lindholm police say"),
        ("en", "Iran denies launching missiles at Merrow"),
        ("en", "Strike reports dismissed as false by the general staff"),
        ("en", "Rumours of mobilisation denied by defence minister Jan Falk"),
        ("en", "NATO spokeswoman refutes report of shelling"),
        ("en", "Defence ministry confirms reports of strike are false"),
        ("en", "Pentagon calls reports of strike on Brackwell fake news"),
        ("en", "White House: report of pre-emptive strike is untrue"),
        ("en", "Strike on Brackwell? Army denies"),
        ("en", "Defence minister Jan Falk, in a late statement, denies ordering strike"),
        ("en", "Army denies report confirmed by mayor"),
        ("pl", "Resort obrony dementuje fałszywe informacje o ataku"),
        ("en", "President Jan Falk Denies Ordering Strike On Brackwell"),
        ("en", "UN nuclear watchdog dismisses reports of leak at Lindholm"),
        ("pl", "Biały Dom zaprzecza doniesieniom o uderzeniu"),
        ("fr", "Le porte-parole de l'armée dément l'attaque"),
        ("es", "Bruselas desmiente el ataque"),
        ("it", "La Farnesina smentisce il raid"),
        ("ru", "Информацию об ударе по порту Минобороны опровергло"),
        ("pl", "MON zaprzecza: nie było ataku na Brackwell"),
        ("pl", "Resort obrony dementuje doniesienia o ataku"),
        ("pl", "Doniesienia o ataku to nieprawda - przekazało MON"),
        ("pl", "Rzecznik rządu zaprzecza doniesieniom o mobilizacji"),
        ("pl", "Kreml zdementował informacje o uderzeniu"),
        ("pl", "Informacje o wybuchu są fałszywe, podała policja"),
        ("de", "Armee dementiert Angriff auf Brackwell"),
        ("de", "Verteidigungsministerium weist Berichte über Angriff zurück"),
        ("de", "Berichte über Angriff sind falsch, sagt das Innenministerium"),
        ("de", "Den Angriff dementiert das Ministerium"),
        ("de", "Kreml bestreitet Angriff auf Brackwell"),
        ("de", "Polizei: Explosion war Fehlalarm"),
        ("fr", "L'armée dément une frappe sur Brackwell"),
        ("fr", "Le ministère de la Défense dément toute attaque"),
        ("fr", "Les informations sur une frappe sont fausses, affirme le Kremlin"),
        ("fr", "Frappe sur Brackwell : le gouvernement dément"),
        ("fr", "Attaque démentie par l'état-major"),
        ("es", "El ejército desmiente un ataque contra Brackwell"),
        ("es", "El Gobierno niega el ataque"),
        ("es", "Es falso que haya habido un ataque, asegura el Ministerio de Defensa"),
        ("es", "Defensa desmiente la incursión"),
        ("es", "Ataque desmentido por el Kremlin"),
        ("it", "L'esercito smentisce l'attacco a Brackwell"),
        ("it", "Il ministero della Difesa nega il raid"),
        ("it", "Notizia falsa, afferma la polizia"),
        ("it", "Raid smentito dal Cremlino"),
        ("ru", "Минобороны опровергло удар по Бракуэллу"),
        ("ru", "Кремль отрицает удар по порту"),
        ("ru", "Сообщения об ударе не соответствуют действительности, заявили в Минобороны"),
        ("ru", "Песков опроверг сообщения об атаке"),
        ("ru", "В Генштабе опровергли информацию о мобилизации"),
        ("ru", "Губернатор назвал сообщения о взрыве фейком"),
        ("uk", "Генштаб спростував інформацію про удар"),
        ("uk", "Міноборони заперечує атаку на порт"),
        ("uk", "Інформація про вибух не відповідає дійсності, заявили в ДСНС"),
        ("uk", "Речник Повітряних сил заперечив прорив"),
    ],
)
def test_people_are_told_that_an_official_source_denies_it(language: str, title: str) -> None:
    assert stance(title, language=language) is Stance.DENIES


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Army confirms strike on Brackwell"),
        ("en", "Pre-emptive strike on Brackwell confirmed by ministry of defence"),
        ("en", "Strike on Brackwell confirmed, says army spokesman"),
        ("en", "Two dead confirmed: police"),
        ("en", "Twelve confirmed dead in Brackwell strike, officials say"),
        ("en", "Pentagon acknowledges strike on Brackwell"),
        ("en", "President Falk admits jets crossed border"),
        ("en", "IAEA confirms damage at Lindholm reactor"),
        ("en", "Explosion heard in Merrow, confirms Lindholm mayor"),
        ("en", "Drone entered airspace, Polish border guard confirms"),
        ("en", "Tehran confirms missile launch"),
        ("en", "Ministry of Defence of Merrow confirms loss of jet"),
        ("en", "Army confirms drone attack, denies casualties"),
        ("en", "Army confirms strike and says rebel claims are false"),
        ("en", "UK defence secretary acknowledges loss of drone"),
        ("de", "Kiew bestätigt Angriff auf Hafen"),
        ("pl", "MON potwierdza atak na Brackwell"),
        ("pl", "Atak na port potwierdził wojewoda"),
        ("pl", "Sztab Generalny potwierdził naruszenie przestrzeni powietrznej"),
        ("pl", "Uderzenie potwierdzone przez NATO"),
        ("pl", "Policja potwierdziła: wybuch w Lindholmie"),
        ("pl", "Rosja potwierdziła ostrzał portu"),
        ("de", "Bundeswehr bestätigt Abschuss der Drohne"),
        ("de", "Angriff bestätigt das Verteidigungsministerium am Abend"),
        ("de", "Angriff von der Armee bestätigt"),
        ("de", "Außenministerin Falk hat den Angriff bestätigt"),
        ("de", "Angriff auf Hafen bestätigt, teilt die Polizei mit"),
        ("fr", "Le Pentagone confirme une frappe sur Brackwell"),
        ("fr", "L'armée israélienne a confirmé l'attaque"),
        ("fr", "Une explosion a eu lieu, confirme la préfecture"),
        ("fr", "Frappe confirmée par le ministère des Armées"),
        ("fr", "Téhéran confirme le tir de missiles"),
        ("es", "El Pentágono confirma el ataque"),
        ("es", "El ministro de Defensa ha confirmado la incursión"),
        ("es", "Hubo una explosión, confirma la Guardia Civil"),
        ("es", "Ataque confirmado por la Policía"),
        ("es", "Irán confirma lanzamiento de misiles"),
        ("it", "Il Pentagono conferma l'attacco"),
        ("it", "L'esercito israeliano ha confermato il raid"),
        ("it", "Esplosione al porto, conferma la Guardia costiera"),
        ("it", "Attacco confermato dal ministro della Difesa"),
        ("it", "Teheran conferma il lancio di missili"),
        ("ru", "Минобороны подтвердило удар по порту"),
        ("ru", "Удар по порту подтвердил губернатор"),
        ("ru", "Взрыв подтвердили в МЧС"),
        ("ru", "МИД Польши подтвердил нарушение границы"),
        ("ru", "Глава МАГАТЭ подтвердил повреждение станции"),
        ("ru", "Тегеран подтвердил запуск ракет"),
        ("uk", "Генштаб підтвердив ураження порту"),
        ("uk", "Удар по порту підтвердив губернатор"),
        ("uk", "Влучання підтвердили в ОВА"),
        ("uk", "МЗС Польщі підтвердило порушення кордону"),
        ("uk", "Київ підтвердив удар"),
    ],
)
def test_people_are_told_that_an_official_source_confirms_it(language: str, title: str) -> None:
    assert stance(title, language=language) is Stance.CONFIRMS


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Ministry declines to confirm strike on Brackwell"),
        ("en", "Army cannot confirm reports of strike"),
        ("en", "Kremlin neither confirms nor denies strike"),
        ("en", "Unconfirmed: strike on Brackwell, says army blog"),
        ("en", "Government yet to confirm strike"),
        ("en", "Border police deny entry to 200 migrants"),
        ("en", "Embassy denies visa to striker"),
        ("en", "Government denies asylum to deserters"),
        ("en", "President confirms appointment of new army chief"),
        ("en", "Government confirms nominee for ambassador"),
        ("en", "Government rejects ceasefire proposal"),
        ("en", "President rejects bill on airspace"),
        ("en", "Did the army confirm the strike on Brackwell?"),
        ("en", "If the army confirms the strike, markets will fall"),
        ("en", "Army denied that it had denied the strike"),
        ("en", "Army deserter denies theft"),
        ("en", "Man shot by police denies charges"),
        ("en", "Witness denies ministry's account of strike"),
        ("en", "Rebels deny attack on army base"),
        ("en", "Former president denies bribery"),
        ("en", "Opposition leader denies army account of strike"),
        ("en", "Villager says he can deny nothing"),
        ("en", "Minister's brother denies fraud"),
        ("en", "Army denied access to crash site"),
        ("en", "Army to confirm casualties on Monday"),
        ("en", "Parliament confirms minister"),
        ("en", "Senate confirms Falk as defence secretary"),
        ("en", "Merrow confirm squad for cup"),
        ("en", "Strike on Iran confirmed"),
        ("en", "Police say suspect denied charges"),
        ("en", "Why the army denies everything"),
        ("en", "Ministry urged to confirm losses"),
        ("en", "Army has not confirmed strike"),
        ("en", "Police warn of drivers with false passports"),
        ("en", "Health ministry reports 40 confirmed cases"),
        ("en", "Ministry confirms mayor denied strike"),
        ("en", "Police confirm suspect denied bail"),
        ("en", "Kremlin denies minister denied strike"),
        ("en", "Strike on port confirmed | Iran"),
        ("en", "New York Times admits error in strike report"),
        ("en", "Man held by army denied theft"),
        ("en", "Army denies report that it confirmed strike"),
        ("en", "Police say road is closed, driver says reports of fire are false"),
        ("en", "Militia denied being shelled by army"),
        ("en", "Police Chief Suspect Denies Theft Of Jewels"),
        ("en", "Mayor Meets Widow Who Denies Theft Of Jewels"),
        ("en", "Denies army role in strike, gets bail"),
        ("en", "Man threatening president denies theft"),
        ("en", "Iran: reports of strike false"),
        ("en", "Ministry's critics deny theft"),
        ("en", "Hundreds protest as ex-minister denies theft"),
        ("en", "Those who admitted theft freed by court"),
        ("en", "Officials refuse to verify reports of strike"),
        ("en", "Embassy denied use of airfield"),
        ("pl", "Wojsko ma potwierdzić doniesienia o ataku"),
        ("de", "Sprecher wollte den Angriff weder bestätigen noch dementieren"),
        ("fr", "La police ne confirme ni ne dément l'attaque"),
        ("es", "La Policía ni confirma ni desmiente el ataque"),
        ("it", "La polizia non conferma né smentisce il raid"),
        ("ru", "В МИД не стали ни подтверждать, ни опровергать удар"),
        ("uk", "У Генштабі не підтвердили і не спростували удар"),
        ("pl", "MON nie potwierdza ataku na Brackwell"),
        ("pl", "Rząd odmawia potwierdzenia ataku"),
        ("pl", "Wojsko ani nie potwierdza, ani nie zaprzecza"),
        ("pl", "Czy MON potwierdzi atak?"),
        ("pl", "Świadek zaprzecza wersji policji"),
        ("pl", "Rząd odrzucił propozycję rozejmu"),
        ("pl", "Premier potwierdził kandydata na ministra"),
        ("pl", "Brat prezydenta zaprzecza"),
        ("de", "Ministerium bestätigt Angriff nicht"),
        ("de", "Armee will Angriff nicht bestätigen"),
        ("de", "Regierung weist Vorschlag für Waffenruhe zurück"),
        ("de", "Zeuge widerspricht der Polizei"),
        ("de", "Präsident bestätigt Ernennung des Generals"),
        ("de", "Bestätigt die Armee den Angriff?"),
        ("de", "Angeklagter bestreitet Angriff auf Polizei"),
        ("fr", "L'armée n'a pas confirmé la frappe"),
        ("fr", "Le ministère refuse de confirmer l'attaque"),
        ("fr", "Le gouvernement rejette la proposition de trêve"),
        ("fr", "Un témoin dément le ministère"),
        ("fr", "Le président confirme la nomination du général"),
        ("fr", "L'armée confirme-t-elle la frappe ?"),
        ("fr", "Le frère du président dément"),
        ("es", "El ejército no confirma el ataque"),
        ("es", "El Gobierno niega la entrada a periodistas"),
        ("es", "El Gobierno rechaza la propuesta de tregua"),
        ("es", "Un testigo desmiente al ministerio"),
        ("es", "El presidente confirma el nombramiento del general"),
        ("es", "¿Confirma el ejército el ataque?"),
        ("it", "L'esercito non conferma l'attacco"),
        ("it", "Il governo nega l'ingresso ai giornalisti"),
        ("it", "Il governo respinge la proposta di tregua"),
        ("it", "Testimone smentisce il ministero"),
        ("it", "Il presidente conferma la nomina del generale"),
        ("it", "L'esercito conferma l'attacco?"),
        ("ru", "Минобороны не подтвердило удар"),
        ("ru", "В Кремле отказались подтвердить удар"),
        ("ru", "Минюст признал журналиста иноагентом"),
        ("ru", "Президент подтвердил назначение генерала"),
        ("ru", "Очевидцы опровергли заявление губернатора"),
        ("ru", "Подтвердило ли Минобороны удар?"),
        ("uk", "Генштаб не підтвердив удар"),
        ("uk", "У Кремлі відмовилися підтвердити удар"),
        ("uk", "Президент підтвердив призначення генерала"),
        ("uk", "Чи підтвердить Генштаб удар?"),
        ("uk", "Свідки спростували заяву губернатора"),
    ],
)
def test_nobody_is_woken_by_words_that_only_sound_like_it(language: str, title: str) -> None:
    assert stance_of(title, "", language, False) is None


@pytest.mark.parametrize(
    ("title", "who", "words"),
    [
        ("Defence ministry denies strike on Brackwell", "Defence ministry", "denies"),
        ("Reports of strike are untrue, the Kremlin says", "the Kremlin", "are untrue"),
        ("Strike confirmed by the Polish border guard", "the Polish border guard", "confirmed"),
        ("Spokesman for the army denies strike", "Spokesman for the army", "denies"),
        ("President Jan Falk admits jets crossed border", "President Jan Falk", "admits"),
        ("Ministry of Defence of Merrow confirms loss of jet", "Ministry of Defence of Merrow", "confirms"),
        ("President Falk Lukashenko denies strike", "President Falk Lukashenko", "denies"),
        ("Strike on Brackwell is untrue (army)", "army", "is untrue"),
        ("“Army denies strike”, reads a leaflet", "Army", "denies"),
        ("Strike is untrue, says minister Jan Falk, Merrow Radio reports", "minister Jan Falk", "is untrue"),
        ("North Korea confirms launch of missiles over Merrow", "North Korea", "confirms"),
        ("В Генштабе опровергли информацию о мобилизации", "Генштабе", "опровергли"),
        ("МИД Польши подтвердил нарушение границы", "МИД Польши", "подтвердил"),
        ("L'armée israélienne a confirmé l'attaque", "L'armée israélienne", "confirmé"),
        ("MON zaprzecza: nie było ataku na Brackwell", "MON", "zaprzecza"),
    ],
)
def test_the_mail_names_who_said_it_and_in_which_words(title: str, who: str, words: str) -> None:
    stated = stance_of(title, "", "", False)
    assert stated is not None
    assert (stated.who, stated.words) == (who, words)


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Strike on Brackwell", "BRACKWELL (Tidings) - The army on Monday denied that it had struck.", Stance.DENIES),
        ("Strike on Brackwell", "The army confirmed it. The ministry denies it.", Stance.CONFIRMS),
        ("Strike on Brackwell", "Villagers fled at dawn. The army denied the strike.", None),
        ("Ministry declines to confirm strike on Brackwell", "The army confirmed the strike.", None),
        ("Army denies strike on Brackwell", "The ministry confirmed the strike.", Stance.DENIES),
        ("Strike on Brackwell? Army denies", "", Stance.DENIES),
        ("Did the army strike Brackwell?", "The army denied it.", Stance.DENIES),
        ("Strike on Brackwell", "Did the army confirm it? The army confirmed it.", Stance.CONFIRMS),
    ],
)
def test_the_first_sentence_speaks_where_the_title_is_silent(title: str, text: str, expected: Stance | None) -> None:
    assert stance(title, text) is expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Reports of a strike on Brackwell are false", Stance.DENIES),
        ("We deny any strike on Brackwell", Stance.DENIES),
        ("Strike on Brackwell confirmed", Stance.CONFIRMS),
        ("Directorate confirms wreckage of drone at Merrow", Stance.CONFIRMS),
        ("Man denies murder in Lindholm", None),
        ("Two suspects denied robbery in Lindholm", None),
        ("No confirmation of strike on Brackwell", None),
        ("We cannot confirm the strike on Brackwell", None),
        ("Is the strike on Brackwell confirmed?", None),
        ("New quay opens at Merrow", None),
    ],
)
def test_an_official_feed_needs_to_name_nobody(title: str, expected: Stance | None) -> None:
    stated = stance_of(title, "", "en", True)
    assert (stated and stated.stance) is expected
    assert stated is None or stated.who == ""
    if not title.startswith("Directorate"):
        assert stance(title) is None


def test_an_official_feed_that_names_another_body_is_told_by_that_name() -> None:
    stated = stance_of("Navy confirms loss of frigate off Merrow", "", "en", True)
    assert stated == Stated(Stance.CONFIRMS, "Navy", "confirms")


@pytest.mark.parametrize(
    ("title", "text", "words"),
    [
        ("RETRACTED: Strike ordered on Brackwell", "", "RETRACTED"),
        ("Retraction - Strike ordered on Brackwell", "", "Retraction"),
        ("KILL: Strike on Brackwell", "", "KILL"),
        ("WITHDRAWN - Strike on Brackwell", "", "WITHDRAWN"),
        ("STORY WITHDRAWN", "", "STORY WITHDRAWN"),
        ("Strike ordered on Brackwell [retracted]", "", "retracted"),
        ("Advisory: Brackwell strike story withdrawn", "", "withdrawn"),
        ("Harbour Gazette withdraws its false story on strike", "", "withdraws its false story"),
        (
            "Strike ordered on Brackwell",
            "This story has been withdrawn, its source was a hoax.",
            "This story has been withdrawn",
        ),
        ("Strike ordered on Brackwell", "We have removed this report on Brackwell.", "We have removed this report"),
        ("Correction: strike on Brackwell", "The first report was false.", "was false"),
        ("Sprostowanie: atak na Brackwell", "Depesza została wycofana.", "wycofana"),
        ("Wycofano depeszę: atak na Brackwell", "", "Wycofano depeszę"),
        ("Korrektur: Angriff auf Brackwell", "Die Meldung war falsch.", "war falsch"),
        ("Angriff auf Brackwell", "Diese Meldung wurde zurückgezogen.", "Diese Meldung wurde zurückgezogen"),
        ("Rectificatif - Frappe sur Brackwell", "L'information est fausse.", "est fausse"),
        ("Dépêche annulée : frappe sur Brackwell", "", "Dépêche annulée"),
        ("Noticia retirada: ataque en Brackwell", "", "Noticia retirada"),
        ("Rettifica: raid su Brackwell", "La notizia era falsa.", "era falsa"),
        ("Новость отозвана: удар по порту", "", "Новость отозвана"),
        ("Опровержение редакции: удар по порту", "Сообщение не соответствует действительности.", "не соответствует"),
        ("Повідомлення відкликано: удар по порту", "", "Повідомлення відкликано"),
    ],
)
def test_people_are_told_that_a_publisher_takes_its_report_back(title: str, text: str, words: str) -> None:
    assert stance_of(title, text, "", False) == Stated(Stance.WITHDRAWS, "", words)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Correction: name of the minister in Brackwell report", "The minister is called Jan Falk."),
        ("CORRECTED: Strike on Brackwell kills four, not five", ""),
        ("ANNULE ET REMPLACE : frappe sur Brackwell", "La date est précisée."),
        ("Withdrawn: the last tanks leave Merrow", ""),
        ("WITHDRAWN - LAST TANKS LEAVE MERROW", ""),
        ("Troops withdrawn from Merrow", ""),
        ("Minister retracts remark on Brackwell", ""),
        ("Kill switch found in Merrow turbines", ""),
        ("Bill withdrawn after protests in Lindholm", ""),
        ("Retracted landing gear blamed for Merrow crash", ""),
        ("Korrektur: Angriff auf Brackwell", "Der General heißt Falk."),
        ("Sprostowanie: atak na Brackwell", "Generał nazywa się Falk."),
    ],
)
def test_a_story_stands_where_a_detail_is_corrected_or_something_else_is_withdrawn(title: str, text: str) -> None:
    assert stance_of(title, text, "", False) is None


def test_a_note_at_the_end_of_a_long_text_still_withdraws_it() -> None:
    text = "The quay was closed at noon. " * 30
    assert stance("Strike on Brackwell", text) is None
    assert stance("Strike on Brackwell", f"{text}This article has been removed.") is Stance.WITHDRAWS


def test_a_report_in_a_language_that_nobody_taught_us_says_nothing() -> None:
    assert stance("Ministeriet bekræfter angreb på havnen", language="da") is None


def test_the_letters_tell_a_feed_in_ukrainian_that_calls_itself_russian() -> None:
    assert stance("Генштаб спростував інформацію про удар", language="ru") is Stance.DENIES


def test_a_headline_of_a_thousand_characters_is_read_from_its_beginning() -> None:
    assert stance(f"Army denies strike on {'Brackwell and ' * 75}") is Stance.DENIES


@given(st.text(max_size=400), st.text(max_size=400), st.sampled_from([*LANGUAGES, "", "xx", "de-AT"]), st.booleans())
def test_no_text_of_the_world_stops_the_reading(title: str, text: str, language: str, official: bool) -> None:
    stated = stance_of(title, text, language, official)
    assert stated is None or stated.words


_PIECES = st.sampled_from(
    [
        "army",
        "police",
        "the ministry",
        "says",
        "denies",
        "confirmed",
        "by",
        "false",
        ",",
        ":",
        "-",
        "?",
        "(",
        ")",
        "not",
        "no",
    ]
)


@given(st.lists(_PIECES, max_size=40).map(" ".join), st.booleans())
def test_what_is_quoted_stands_in_the_text(title: str, official: bool) -> None:
    stated = stance_of(title, "", "en", official)
    if stated is not None:
        assert stated.words in title
        assert stated.who in title


@pytest.mark.parametrize("language", LANGUAGES)
@given(said=st.data())
def test_nobody_says_anything_in_a_text_without_a_word_of_the_lexicon(language: str, said: st.DataObject) -> None:
    known = tongue(language)
    assert known is not None
    who = {"en": "Army", "pl": "Wojsko", "de": "Armee", "fr": "Armée", "es": "Ejército", "it": "Esercito"}
    title = said.draw(
        st.text("abcdeklmnorstuwyz  ,:-", max_size=60).map(lambda text: f"{who.get(language, 'МИД')} {text}")
    )
    if known.statement.search(title) is None:
        assert stance(title, language=language, official=said.draw(st.booleans())) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_the_kinds_of_words(language: str) -> None:
    known = tongue(language)
    assert known is not None
    assert {"voids", "untrue", "known", "denied", "confirmed", "denies", "confirms"} == set(known.statement.groupindex)
    assert known.statement.search("") is None
    assert known.body.search("") is None
