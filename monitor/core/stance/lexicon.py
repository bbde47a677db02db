"""How officials of each language say that something is so or is not, as patterns. The words stand in their own file."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from monitor.core.stories.lexicon import PLACES, lines

_FILE = "words.toml"
_WITHDRAWING = "withdrawing"
# In the table of places: how long the id of a state is, and the id of the phrases that are no places.
_STATE, _NOWHERE = 2, "-"
# The end of a clause: a sign, or a dash between spaces.
_END = r"(?=[\"'”’»)\]]*(?:$|[.,:;!–—(\[]| [-–—|]))"
_BROKEN_LINE = re.compile(r"([|(])\n\s*")
_ENTRY_END = re.compile(r",\s")
# The first that fits counts.
_STATEMENTS = ("voids", "untrue", "known", "denied", "confirmed", "denies", "confirms")


@dataclass(frozen=True, slots=True)
class Tongue:
    """The patterns and word lists of one language. The groups of `statement` are named as in the file."""

    statement: re.Pattern[str]
    body: re.Pattern[str]
    says: re.Pattern[str]
    says_before: re.Pattern[str]
    by_before: re.Pattern[str] | None
    nation: re.Pattern[str]
    strangers: re.Pattern[str]
    accused: re.Pattern[str]
    belonging: re.Pattern[str]
    leads: frozenset[str]
    prepositions: frozenset[str]
    within: frozenset[str]
    between: frozenset[str]
    articles: frozenset[str]
    heads: frozenset[str]
    oblique: frozenset[str]
    place: re.Pattern[str]
    bent: bool
    inverted: bool
    verb_first: bool


@cache
def tongue(code: str) -> Tongue | None:
    table = _tables().get(code)
    return _tongue(code, table) if table is not None and code != _WITHDRAWING else None


def any_of(key: str) -> str:
    """An expression for what publishers write, in all languages."""
    return _any(_entries(_tables()[_WITHDRAWING][key]))


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath(_FILE).read_text("utf-8"))


def _tongue(code: str, table: dict[str, str]) -> Tongue:
    listed = {key: _entries(value) for key, value in table.items() if isinstance(value, str)}
    statements = "|".join(f"(?P<{key}>{_any(listed[key])})" for key in _STATEMENTS)
    says, belonging = _any(listed["says"]), _any(listed["of"])
    nowhere, states = _literal(_called_so(code)), _literal(_states(code).union(listed["places"]))
    by = _any(listed["by"]) if listed["by"] else ""
    return Tongue(
        statement=_pattern(rf"(?<!\w)(?:{statements})(?!\w)"),
        body=_pattern(
            rf"(?<![\w-])(?:(?P<person>{_any(listed['persons'])})|(?:{_any(listed['institutions'])}))(?![\w-])"
        ),
        says=_pattern(rf"(?<!\w)(?:{says})(?!\w)"),
        says_before=_pattern(rf"(?<!\w)(?:{says})$"),
        by_before=_pattern(rf"(?<!\w)(?:{by})$") if by else None,
        nation=_pattern(_any(listed["nations"])),
        strangers=_pattern(_any(listed["strangers"])),
        accused=_pattern(rf"(?<!\w)(?:{_any(listed['accused'])})(?!\w)"),
        belonging=_pattern(rf"(?:{belonging})(?!\w)"),
        leads=frozenset(listed.get("leads", ())).difference(listed.get("articles", ())),
        prepositions=frozenset(listed["prepositions"]),
        within=frozenset(listed.get("within", ())),
        between=frozenset(listed["between"]),
        articles=frozenset(listed.get("articles", ())),
        heads=frozenset(listed["heads"]),
        oblique=frozenset(listed.get("oblique", ())),
        place=re.compile(rf"(?<![\w-])(?:{nowhere}|(?P<state>{states}))(?![\w-])"),
        bent=bool(table.get("bent")),
        inverted=bool(table.get("inverted") or table.get("bent")),
        verb_first=bool(table.get("verb_first")),
    )


def _entries(block: str) -> list[str]:
    joined = " ".join(_BROKEN_LINE.sub(r"\1", block).split())
    return [entry for entry in _ENTRY_END.split(joined.removesuffix(",")) if entry]


def _any(entries: list[str]) -> str:
    """The longest first: of alternatives that fit, the first is taken."""
    return "|".join(map(_expression, sorted(entries, key=len, reverse=True)))


def _expression(entry: str) -> str:
    said = re.sub(r"\((?!\?)", "(?:", entry)
    said = re.sub(r"(?<!\\)(?<![wWsS])\*", r"\\w*", said).replace(" .. ", r" (?:\S+ ){0,3}?(?:[a-z]{1,4}')?")
    said = said.replace("$", _END)
    # "WHO" is no pronoun.
    return f"(?-i:{said})" if entry.isupper() else said


def _literal(names: set[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


def _states(code: str) -> set[str]:
    """The names of states, whose ids are their two letters."""
    forms = (line.forms.get(code, ()) for line in lines(PLACES) if len(line.id) == _STATE)
    return {form[0].removeprefix("=") for form in forms if form}


def _called_so(code: str) -> set[str]:
    """What holds the name of a place and is none: newspapers, clubs, people."""
    return {
        form.removeprefix("=") for line in lines(PLACES) if line.id == _NOWHERE for form in line.forms.get(code, ())
    }
