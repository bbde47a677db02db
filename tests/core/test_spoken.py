import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.rules.languages import language_code, spoken


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("EN_us", "en"),
        ("nb", "no"),
        ("nn-NO", "no"),
        ("iw", "he"),
        ("zh-Hant", "zh"),
        ("", ""),
        (" de ", "de"),
        ("XX-yy", "xx"),
    ],
)
def test_a_language_is_known_by_its_usual_code(said: str, code: str) -> None:
    assert language_code(said) == code


@pytest.mark.parametrize(
    ("said", "text", "code"),
    [
        ("de-AT", "Drone over Wien", "de"),
        ("fr", "Frappe préventive sur le port — l’armée", "fr"),
        ("en", "Café in Łódź reopens", "en"),
        ("en", "A Киев story told in plain English words", "en"),
        ("xx", "whatever this may be", "xx"),
        ("sr", "Ракета над градом", "sr"),
        ("ja", "東京発", "ja"),
    ],
)
def test_a_feed_is_believed_when_it_is_written_as_it_says(said: str, text: str, code: str) -> None:
    assert spoken(said, text) == code


@pytest.mark.parametrize(
    ("said", "text", "code"),
    [
        ("en", "Над городом сбиты ракеты, сообщили власти", "ru"),
        ("en", "Над містом збито ракети, повідомляє влада", "uk"),
        ("ru", "Збройні сили України знищили її позиції", "uk"),
        ("en", "Πύραυλοι πάνω από την πόλη", "el"),
        ("en", "הפרת המרחב האווירי", "he"),
        ("en", "انتهاك المجال الجوي وضربة استباقية", "ar"),
        ("ar", "حمله موشکی به پایگاه گزارش شد", "fa"),
        ("en", "防空識別圏に侵入した", "ja"),
        ("en", "军机进入防空识别区", "zh"),
        ("en", "북한이 미사일을 발사했다", "ko"),
        ("ru", "Officials say the airspace will be closed tonight", "en"),
    ],
)
def test_a_feed_is_not_believed_against_its_own_letters(said: str, text: str, code: str) -> None:
    assert spoken(said, text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Polen mobiliserar efter rysk attack mot Ukraina", "sv"),
        ("Kolejny podejrzany balon w rumuńskiej przestrzeni powietrznej", "pl"),
        ("Präventivschlag gegen die Küste, erklärt die Regierung", "de"),
        ("Frappe préventive annoncée par le gouvernement ce matin", "fr"),
        ("El gobierno denuncia una incursión en su espacio aéreo", "es"),
        ("Russia nearly shot down a British spy plane — over the Black Sea", "en"),
        ("North Korea leader ramping up missile production", "en"),
        ("NATO", "en"),
        ("Xq zzk", "en"),
        ("", "und"),
        ("12:30 — 14", "und"),
    ],
)
def test_a_feed_that_says_nothing_is_heard(text: str, code: str) -> None:
    assert spoken("", text) == code


@given(st.text(max_size=10), st.text(max_size=60))
def test_every_entry_is_read_in_some_language(said: str, text: str) -> None:
    assert spoken(said, text) != ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wojskowy śmigłowiec naruszył polską przestrzeń powietrzną", "pl"),
        ("Café in Łódź reopens", "en"),
        ("President Erdoğan meets Kılıçdaroğlu in Diyarbakır as opposition rallies", "en"),
    ],
)
def test_a_feed_whose_software_says_english_is_read_in_its_own_language(text: str, code: str) -> None:
    assert spoken("en", text) == code
