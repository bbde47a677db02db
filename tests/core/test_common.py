from collections import Counter
from importlib.resources import files
from math import log

import pytest
from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

from monitor.core.rules.languages import language_code
from monitor.core.rules.stems import keys
from monitor.core.rules.words import fold, plain, word_pattern
from monitor.core.stories.common import shares

LINES = [
    line.split("\t")
    for line in files("monitor.core.stories").joinpath("common.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
LANGUAGES = sorted({language for language, _, _ in LINES})

# Basque, Tamil and Yiddish have a stemmer alone; one dictionary serves Serbian, Croatian and Bosnian.
STEMMED = {*map(language_code, SUPPORTED_LANGUAGES - {"hbs"}), "sr", "hr", "bs", "eu", "ta", "yi"}
WITHOUT_NEWS = {"ast", "enm", "eo", "gd", "grc", "gv", "la", "lb", "se", "yi"}
NOBODY_HAS_WRITTEN_ONE = {"ml", "ta"}
# Their dictionaries' words come through folding unharmed, so that they are found again.
UNFOLDED = ["he", "hi", "id", "ja", "ko", "nl", "ru", "th", "uk", "vi", "zh"]

# Nothing here says what happened, whatever the day.
SMALL_TALK = """
pl: Dziś w kraju minister powiedział, że nie ma na to czasu
de: Heute hat die Regierung gesagt, dass es im Land nicht so weit ist
fr: Le ministre a dit qu'il est pour les femmes et les hommes du pays
es: El presidente dijo hoy que no hay más tiempo para los niños del país
it: Il ministro ha detto oggi che non è più il tempo della guerra
pt: O presidente disse hoje que não há mais tempo para as pessoas do país
nl: De minister zegt dat het in dit land niet om de mensen gaat
uk: Сьогодні міністр сказав, що в країні вже немає часу на це
ru: Сегодня министр сказал, что в стране уже нет времени на это
cs: Dnes ministr řekl, že v zemi už není čas na další rok
sk: Dnes minister povedal, že v krajine už nie je čas na ďalší rok
ro: Astăzi ministrul a spus că în țară nu mai este timp pentru oameni
hu: Az elnök szerint most nem lehet több ember az országban
sv: I dag säger regeringen att det inte är tid för fler människor i landet
no: I dag sier regjeringen at det ikke er tid for flere mennesker i landet
da: I dag siger regeringen, at det ikke er tid til flere mennesker i landet
fi: Hallitus kertoo, että se ei ole vielä aika uusi ja että päivä on
et: Valitsus ütles täna, et see ei ole veel uus aasta ja inimesed on
lv: Valdība šodien teica, ka tas nav laiks un cilvēki jau ir
lt: Ministras šiandien sakė, kad tai nėra laikas ir kad žmonės dar yra
el: Η κυβέρνηση είπε σήμερα ότι δεν είναι χρόνος για τους ανθρώπους
tr: Bakan bugün yaptığı açıklamada bir insan için daha çok zaman var dedi
bg: Днес министърът каза, че в страната вече няма време за това
sr: Danas je ministar rekao da u zemlji više nema vremena za to
hr: Danas je ministar rekao da u zemlji više nema vremena za to
sl: Danes je minister dejal, da v državi ni več časa za to
ar: قال وزير اليوم إن هذا ليس كل ما كان في العالم
fa: رئیس جمهور امروز گفت که این کشور برای مردم خود نیست
he: היום אמר ראש הממשלה כי לא היה זמן של העולם
hi: आज सरकार ने कहा है कि यह देश के लोगों के लिए नहीं है
id: Presiden hari ini mengatakan bahwa tidak ada lagi orang di negara itu
vi: Hôm nay chính phủ nói sẽ không có người nào được về nhà
zh: 今天中国政府说这不是一个国家的事
ja: 今日の政府は人を見ることができない
ko: 오늘 정부는 한국에서 사람이 있다고 했다
th: วันนี้รัฐบาลไทยบอกว่าไม่มีคนในประเทศ
"""
# Whoever reads both of a pair has read of two events.
TOLD_APART = """
pl: Burmistrz Trzcianki powiedział, że nie będzie mostu | Burmistrz Lubska powiedział, że nie będzie targu
de: Die Polizei in Glückstadt hat einen Kranich gefunden | Die Polizei in Apolda hat einen Tresor gefunden
fr: Le maire de Guéret a dit que le pont est fermé | Le maire de Redon a dit que le musée est vide
es: El alcalde de Jaca dijo que no hay nieve | El alcalde de Baza dijo que no hay trigo
it: Il sindaco di Ivrea ha detto che il ponte è chiuso | Il sindaco di Gela ha detto che il forno è rotto
uk: У Ковелі сьогодні сказали, що не буде мосту | У Хусті сьогодні сказали, що не буде трамвая
ru: В Угличе сегодня сказали, что не будет моста | В Тотьме сегодня сказали, что не будет трамвая
tr: Bakan bugün Sinop için yeni bir köprü var dedi | Bakan bugün Kilis için yeni bir fırın var dedi
"""
# A word that the table does not know was in one of some twenty thousand reports.
UNSEEN = 1 / 25_000


def spoken_by_language(listed: str) -> list[tuple[str, str]]:
    return [(language, said) for language, said in (line.split(": ", 1) for line in listed.strip().splitlines())]


def stems(said: str, language: str) -> set[str]:
    return {keys(plain(word), language)[0] for word in word_pattern(said).findall(said)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_told_two_shares_of_one_word(language: str) -> None:
    counted = Counter(stem for code, _, listed in LINES if code == language for stem in listed.split())
    assert [stem for stem, times in counted.items() if times > 1] == []
    assert counted.keys() == shares(language).keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_in_more_reports_than_there_are(language: str) -> None:
    assert all(0 < share < 1 for share in shares(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_commonest_words_are_read_first(language: str) -> None:
    told = [float(per_thousand) for code, per_thousand, _ in LINES if code == language]
    assert told == sorted(told, reverse=True)


def test_whoever_reads_news_in_a_language_we_can_stem_has_its_common_words() -> None:
    assert STEMMED - WITHOUT_NEWS - NOBODY_HAS_WRITTEN_ONE - set(LANGUAGES) == set()


def test_a_language_without_a_table_makes_every_word_rare() -> None:
    assert shares("xx") == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stem_is_written_as_reports_give_it(language: str) -> None:
    assert [stem for stem in shares(language) if fold(stem) != stem] == []


@pytest.mark.parametrize("language", UNFOLDED)
def test_a_stem_read_as_a_word_is_common_as_well(language: str) -> None:
    assert [stem for stem in shares(language) if keys(stem, language)[0] not in shares(language)] == []


@pytest.mark.parametrize(("language", "said"), spoken_by_language(SMALL_TALK))
def test_a_sentence_that_says_nothing_is_made_of_common_words(language: str, said: str) -> None:
    known = shares(language)
    assert [stem for stem in stems(said, language) if known.get(stem, 0.0) < 0.004] == []


@pytest.mark.parametrize(("language", "pair"), spoken_by_language(TOLD_APART))
def test_two_events_have_less_in_common_than_two_names_would_weigh(language: str, pair: str) -> None:
    known = shares(language)
    ours, theirs = (stems(said, language) for said in pair.split(" | "))
    common = sum(-log(known.get(stem, UNSEEN)) for stem in ours & theirs)
    assert len(ours & theirs) >= 4
    assert common < 2 * -log(UNSEEN)
    assert max(-log(known.get(stem, UNSEEN)) for stem in ours ^ theirs) == -log(UNSEEN)
