"""Regular expressions that can be borne: /.../ with flags, no longer when written out than a text, and never empty."""

from math import prod

import regex

_COUNT = regex.compile(r"\{(\d*),?(\d*)\}")
_MOST_REPEATS = 100_000


def read_expression(written: str) -> "regex.Pattern[str]":
    """Raises ValueError with what is wrong and the cure."""
    body, _, flags = written[1:].rpartition("/")
    if _repeats(body) > _MOST_REPEATS:
        raise ValueError(f"repeats its parts more than {_MOST_REPEATS} times; write a smaller number")
    if set(flags) - set("is"):
        raise ValueError(f'unknown flags "{flags}"; known are i (any case) and s (a dot is any character)')
    try:
        expression = regex.compile(body, (regex.I if "i" in flags else 0) | (regex.S if "s" in flags else 0) | regex.V0)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"no regular expression: {error}") from None
    if _is_satisfied_by_nothing(expression):
        raise ValueError("this expression is satisfied with no text at all; it would fire on everything")
    return expression


def _repeats(body: str) -> int:
    """How long an expression may become when its counts are written out: a few signs may stand for gigabytes."""
    counts = [max(int(number) for number in found if number) for found in _COUNT.findall(body) if any(found)]
    return prod(count for count in counts if count > 1)


def _is_satisfied_by_nothing(expression: "regex.Pattern[str]") -> bool:
    try:
        return expression.fullmatch("", timeout=0.1) is not None
    except TimeoutError:
        return False
