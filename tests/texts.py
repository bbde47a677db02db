"""Brings the catalogues of all languages up to date with the texts of the templates: `make texts`.

Translations are kept, texts that nobody says any more are dropped, and new ones stand there with an empty translation.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel import Locale
from babel.messages import Catalog
from babel.messages.pofile import normalize, read_po

from monitor.render.languages import CATALOGUES
from monitor.render.templates import Templates
from monitor.render.wording import SAID
from monitor.resources import shipped
from monitor.words import LANGUAGES

TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLURALS = {
    "de": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "pl": "nplurals=3; plural=(n == 1 ? 0 : n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14) ? 1 : 2);",
    "uk": (
        "nplurals=3; plural=(n % 10 == 1 && n % 100 != 11 ? 0 : "
        "n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14) ? 1 : 2);"
    ),
}
WIDTH = 116


@dataclass
class Text:
    """A text in English; `plural` is "" where it has none. `places` say it."""

    one: str
    plural: str = ""
    places: list[str] = field(default_factory=list)


def said() -> dict[str, Text]:
    """Every text of ours that is translated, in the order of the templates."""
    found: dict[str, Text] = {}
    for place, one, plural in _places():
        text = found.setdefault(one, Text(one, plural))
        text.plural = text.plural or plural
        if place not in text.places:
            text.places.append(place)
    return found


def _places() -> Iterator[tuple[str, str, str]]:
    spoken = Templates()._spoken("en")
    folder = shipped("templates")
    for file in sorted(file for file in folder.rglob("*") if file.suffix in (".html", ".txt")):
        name = file.relative_to(folder).as_posix()
        for _, _, message in spoken.extract_translations(file.read_text()):  # type: ignore[attr-defined]
            forms = (message, "") if isinstance(message, str) else message
            yield name, forms[0], forms[1] or ""
    for word in SAID:
        yield "wording.py", str(word), ""


def catalogue_of(language: str) -> Path:
    return shipped("templates") / CATALOGUES / f"{language}.po"


def read(language: str) -> Catalog:
    file = catalogue_of(language)
    if not file.is_file():
        return Catalog(locale=language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language, abort_invalid=True)


def written(language: str, texts: dict[str, Text] | None = None) -> tuple[str, list[str]]:
    """The catalogue as it should be, and the texts that are still to be translated."""
    known = read(language)
    forms = int(PLURALS[language][len("nplurals=")])
    blocks, missing = [_head(language)], []
    for text in (said() if texts is None else texts).values():
        message = known.get(text.one)
        kept = message.string if message else ""
        translated = [kept] if isinstance(kept, str) else list(kept or ())
        blocks.append(_block(text, translated, forms))
        if not all(translated):
            missing.append(text.one)
    return "\n".join(blocks), missing


def _head(language: str) -> str:
    about = "".join(
        f'"{line}\\n"\n'
        for line in (
            f"Language: {language}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            f"Plural-Forms: {PLURALS[language]}",
        )
    )
    return f'# {Locale.parse(language).english_name}.\nmsgid ""\nmsgstr ""\n{about}'


def _block(text: Text, translated: list[str], forms: int) -> str:
    lines = [f"#: {' '.join(text.places)}", f"msgid {normalize(text.one, width=WIDTH)}"]
    if not text.plural:
        return "\n".join([*lines, f"msgstr {normalize(translated[0], width=WIDTH)}", ""])
    lines.append(f"msgid_plural {normalize(text.plural, width=WIDTH)}")
    filled = [*translated, *[""] * forms][:forms]
    lines += [f"msgstr[{at}] {normalize(each, width=WIDTH)}" for at, each in enumerate(filled)]
    return "\n".join([*lines, ""])


def main() -> int:
    for language in TRANSLATED:
        content, missing = written(language)
        catalogue_of(language).write_text(content)
        sys.stdout.write(f"{catalogue_of(language).name}: {len(missing) or 'nothing'} to translate\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
