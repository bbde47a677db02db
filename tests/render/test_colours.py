"""Every text can be read, by day and in the dark."""

import re
from itertools import chain

import pytest

from monitor.resources import shipped

_STYLE = (shipped("templates") / "email/style.css").read_text()
_DARK = (shipped("templates") / "email/dark.css").read_text().partition("@media (max-width")[0]
_RULE = re.compile(r"^ *([^@{}\n]+?) \{ ([^}]*) \}$", re.MULTILINE)


def _declared(sheet: str) -> list[tuple[str, dict[str, str]]]:
    """Each selector with what is said of it."""
    return [
        (selector, dict(re.findall(r"([a-z-]+): ([^;]+?)(?: !important)?;", body)))
        for selectors, body in _RULE.findall(sheet)
        for selector in selectors.split(", ")
    ]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("sheet", [_STYLE, _DARK], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground_seven_to_one(sheet: str) -> None:
    declared = _declared(sheet)
    paper = dict(declared)["td.sheet"]["background"]
    faint = {
        selector: round(ratio, 1)
        for selector, said in declared
        if "color" in said and (ratio := _contrast(said["color"], said.get("background", paper))) < 7
    }
    assert sum("color" in said for _, said in declared) > 15
    assert faint == {}


def test_whatever_has_a_colour_by_day_has_one_in_the_dark() -> None:
    dark = {selector for selector, said in _declared(_DARK) if "color" in said}
    # Nothing stands on the body but the sheet, which has its own.
    by_day = {selector for selector, said in _declared(_STYLE) if "color" in said} - {"body"}
    assert by_day - dark == set()


@pytest.mark.parametrize("sheet", [_STYLE, _DARK], ids=["light", "dark"])
def test_the_edges_of_what_can_be_pressed_are_seen(sheet: str) -> None:
    declared = _declared(sheet)
    paper = dict(declared)["td.sheet"]["background"]
    edges = list(
        chain.from_iterable(
            re.findall(r"#[0-9a-f]{6}", said.get("border", "") + said.get("border-color", ""))
            for selector, said in declared
            if selector in (".act", ".news", ".notice")
        )
    )
    assert edges
    assert all(_contrast(edge, paper) >= 4.5 for edge in edges)
