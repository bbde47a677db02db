"""Named lists of words, which patterns call $name."""

import re
from collections.abc import Mapping

from monitor.core.rules.lines import Line, Lists, PatternError
from monitor.core.rules.patterns import Row, Term

_NAMED = re.compile(r"\$([\w-]+)")


def read_lists(blocks: Mapping[str, str]) -> tuple[dict[str, Term], dict[str, PatternError]]:
    """The named lists: one of what stands on their lines or between their bars. What is wrong, by name."""
    lists: dict[str, Term] = {}
    problems: dict[str, PatternError] = {}
    waiting = dict(blocks)
    while waiting:
        # A list may name another: those that can be read are, until none is left or none can.
        read = {}
        for name, block in waiting.items():
            try:
                read[name] = _read_list(name, block, lists)
            except PatternError as problem:
                problems[name] = problem
            except RecursionError:
                problems[name] = PatternError(1, 1, "too many brackets within brackets")
        if not read:
            break
        lists |= read
        for name in read:
            problems.pop(name, None)
            del waiting[name]
    for name in waiting:
        if chain := _circle(name, waiting):
            problems[name] = PatternError(1, 1, f"the list names itself: {' names '.join(chain)}")
    return lists, problems


def _read_list(name: str, block: str, lists: Lists) -> Term:
    rows: list[Row] = []
    for number, line in enumerate(block.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            rows.extend(Line(line, number, lists).rows())
    if not rows:
        raise PatternError(1, 1, "the list is empty")
    return Term(f"${name}", tuple(dict.fromkeys(rows)))


def _circle(name: str, blocks: Mapping[str, str]) -> list[str]:
    """The way from a list back to itself by the lists that they name; empty if there is none."""
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for named in _NAMED.findall(blocks.get(way[-1], "")):
            if named == name:
                return [f"${each}" for each in (*way, named)]
            if named not in seen:
                seen.add(named)
                ways.append([*way, named])
    return []
