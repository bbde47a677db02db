"""The Jinja environment: one file of the user's own replaces one of ours, or extends `shipped/...`."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape

from monitor.core.text import shortened
from monitor.core.timing import age
from monitor.render import wording
from monitor.render.pieces import excerpt
from monitor.resources import shipped

_SHAPES = {"critical": "▲", "high": "◆", "medium": "●", "low": "○", "info": "·"}


class Templates:
    """Renders `templates/`; HTML is escaped by file ending and its styles are written into the elements."""

    def __init__(self, own: Path | None = None) -> None:
        ours = FileSystemLoader(shipped("templates"))
        self._environment = Environment(
            loader=ChoiceLoader([*([FileSystemLoader(own)] if own else []), ours, PrefixLoader({"shipped": ours})]),
            autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            local=_local,
            clock=wording.clock,
            age=lambda then, now: age(now, then),
            shortened=shortened,
            shape=_SHAPES.__getitem__,
            excerpt=excerpt,
            heading=wording.heading,
            news=wording.news,
            by_severity=wording.by_severity,
            foremost=wording.foremost,
            sign=wording.sign,
            word=wording.word,
            because=wording.because,
        )
        self._environment.tests["loud"] = wording.loud
        # Mail programs drop <style>; the media queries for dark and narrow stay for those that read them.
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def names(self) -> list[str]:
        return [name for name in self._environment.list_templates() if not name.startswith("shipped/")]

    def text(self, name: str, **view: object) -> str:
        lines = self._environment.get_template(name).render(**view).splitlines()
        # "-- " is how mail programs know a signature.
        return "\n".join(line if line == "-- " else line.rstrip() for line in lines).strip() + "\n"

    def page(self, name: str, **view: object) -> str:
        """For a browser, which takes styles from a sheet."""
        return self._environment.get_template(name).render(**view)

    def html(self, name: str, **view: object) -> str:
        return self._inliner.inline(self._environment.get_template(name).render(**view))


def _local(moment: datetime, zone: str, form: str = "%H:%M") -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime(form)
