"""The Jinja environments, one a language: one file of the user's own replaces one of ours, or extends `shipped/...`."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from gettext import NullTranslations
from pathlib import Path
from textwrap import fill
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape

from monitor.core.text import shortened
from monitor.render import wording
from monitor.render.languages import CATALOGUES, ENGLISH, ago, catalogue, direction, span, written
from monitor.render.pieces import excerpt
from monitor.resources import shipped
from monitor.words import LANGUAGES

_SHAPES = {"critical": "▲", "high": "◆", "medium": "●", "low": "○", "info": "·"}
# What a view may leave out.
_UNSAID = {"consent": "", "leave": "", "preferences": "", "imprint": ""}


class Templates:
    """Renders `templates/` in one of our languages, or in English for any other; HTML is escaped by file ending and its
    styles are written into the elements."""

    def __init__(self, own: Path | None = None) -> None:
        self._folders = [*([own] if own else []), shipped("templates")]
        ours = FileSystemLoader(self._folders[-1])
        self._loader = ChoiceLoader([*map(FileSystemLoader, self._folders), PrefixLoader({"shipped": ours})])
        self._environments: dict[str, Environment] = {}
        # Mail programs drop <style>; the media queries for dark and narrow stay for those that read them.
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def names(self) -> list[str]:
        return [name for name in self._loader.list_templates() if not name.startswith(("shipped/", f"{CATALOGUES}/"))]

    def text(self, name: str, language: str = ENGLISH, /, **view: object) -> str:
        lines = self._rendered(name, language, view).splitlines()
        # "-- " is how mail programs know a signature.
        return "\n".join(line if line == "-- " else line.rstrip() for line in lines).strip() + "\n"

    def page(self, name: str, language: str = ENGLISH, /, **view: object) -> str:
        """For a browser, which takes styles from a sheet."""
        return self._rendered(name, language, view)

    def html(self, name: str, language: str = ENGLISH, /, **view: object) -> str:
        return self._inliner.inline(self._rendered(name, language, view))

    def _rendered(self, name: str, language: str, view: dict[str, object]) -> str:
        if "language" in view:
            raise TypeError("the language stands behind the name; no view has one")
        return self._spoken(language).get_template(name).render(**view)

    def _spoken(self, language: str) -> Environment:
        language = language if language in LANGUAGES else ENGLISH
        if language not in self._environments:
            # Two threads may both make it: either will do.
            self._environments[language] = _environment(self._loader, catalogue(language, self._folders), language)
        return self._environments[language]


def _environment(loader: ChoiceLoader, texts: NullTranslations, language: str) -> Environment:
    made = Environment(
        loader=loader,
        autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    made.globals.update(_UNSAID, language=language, direction=direction(language))
    said = _said(texts)
    made.filters.update(
        said=said,
        local=partial(_local, language=language),
        dated=partial(written, language=language),
        clock=partial(wording.clock, language=language),
        age=partial(span, language=language),
        ago=partial(ago, language=language),
        because=partial(wording.because, translated=said),
        # An address or a link that is cut is none any more.
        wrapped=partial(fill, width=76, break_long_words=False, break_on_hyphens=False),
        shortened=shortened,
        shape=_SHAPES.__getitem__,
        excerpt=excerpt,
        heading=wording.heading,
        news=wording.news,
        by_severity=wording.by_severity,
        foremost=wording.foremost,
        sign=wording.sign,
        word=wording.word,
    )
    made.tests["loud"] = wording.loud
    return made


def _said(texts: NullTranslations) -> Callable[[str], str]:
    """Looks up a text that a template was handed; unlike gettext in Jinja it takes a % for a %."""

    def said(text: str) -> str:
        # The empty text is the head of a catalogue.
        return texts.gettext(text) if text else ""

    return said


def _local(moment: datetime, zone: str, form: str = "%H:%M", language: str = ENGLISH) -> str:
    return written(moment.astimezone(ZoneInfo(zone)), form, language)
