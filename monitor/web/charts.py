"""Charts of whole numbers as SVG. What they draw stands in words, too: a title, a description, and the same numbers as
rows of a table. The words beside the drawing are HTML: they keep their size when a chart is squeezed onto a phone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

# The drawing is stretched to the width it is given, so its units are no pixels.
_SLOT, _BAR = 10.0, 8.0
_HEIGHT = 100.0
_STEPS = (1, 2, 5)
_TICK = 3.0
# A value that is there is seen, however small it is beside the others.
_LEAST = 2.0


class Fill(StrEnum):
    """How a series is told from others by shape alone; the value is the class that colours it."""

    SOLID = "solid"
    HATCHED = "hatched"


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: tuple[int, ...]
    fill: Fill = Fill.SOLID


@dataclass(frozen=True, slots=True)
class Chart:
    """`scale` are the numbers beside the drawing, from top to bottom; `foot` those below it, from the first to the
    last. `keys` explain the fills. The table has a row for each label."""

    title: str
    svg: Markup
    scale: tuple[str, ...]
    foot: tuple[str, ...]
    keys: tuple[tuple[str, Markup], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: bool


def ceiling(most: int) -> int:
    """The least round number that is not below it: where an axis ends."""
    size = 1
    while True:
        for step in _STEPS:
            if step * size >= most:
                return step * size
        size *= 10


def columns(name: str, title: str, labels: Sequence[str], series: Sequence[Series], *, first: str) -> Chart:
    """A column a label, its series on top of each other, from zero upwards. `name` is for ids and the only one of its
    page; `first` is what the labels are."""
    sums = [sum(each.values[at] for each in series) for at in range(len(labels))]
    top = ceiling(max(sums, default=0))
    drawn = Markup().join(_stacked(name, series, len(labels), top))
    lines = Markup().join(_line(height, len(labels)) for height in (0.0, 0.5, 1.0))
    said = _described(labels, series)
    svg = _svg(name, title, said, len(labels) * _SLOT, lines + drawn, _patterns(name, series))
    middle = str(top // 2) if top % 2 == 0 else ""
    return _chart(name, title, svg, (str(top), middle, "0"), labels, series, first)


def opposed(name: str, title: str, labels: Sequence[str], up: Series, down: Series, *, first: str) -> Chart:
    """What came stands above the line, what went below it, both to one scale."""
    top = ceiling(max([*up.values, *down.values, 0]))
    half = _HEIGHT / 2
    bars = []
    for at, (came, went) in enumerate(zip(up.values, down.values, strict=True)):
        above, below = _high(came, top, half), _high(went, top, half)
        bars.append(_bar(at * _SLOT, half - above, above, _fill(name, up.fill), up.fill))
        bars.append(_bar(at * _SLOT, half, below, _fill(name, down.fill), down.fill))
    lines = Markup().join(_line(height, len(labels)) for height in (0.0, 0.5, 1.0))
    both = (up, down)
    svg = _svg(
        name, title, _described(labels, both), len(labels) * _SLOT, Markup().join(bars) + lines, _patterns(name, both)
    )
    return _chart(name, title, svg, (f"+{top}", "0", f"−{top}"), labels, both, first)


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a bar chart; `svg` draws it, to the one scale of all lines."""

    label: str
    value: int
    svg: Markup


def bars(items: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """Lying bars, each with its number written behind it: they need no axis. For programs that read aloud the number
    says it all."""
    most = max((value for _, value in items), default=0)
    return tuple(Bar(label, value, _lying(value, most)) for label, value in items)


def spark(title: str, values: Sequence[int | None]) -> Markup:
    """A small drawing for a line of a table. Zero is a mark on the ground, None a gap: nobody knows."""
    most = max((value for value in values if value), default=1)
    drawn = []
    for at, value in enumerate(values):
        if value is None:
            continue
        high = max(value / most * 20, 1.0) if value else 1.0
        kind = "solid" if value else "ground"
        drawn.append(
            Markup('<rect class="{}" x="{}" y="{:.1f}" width="4" height="{:.1f}"/>').format(
                kind, at * 5, 20 - high, high
            )
        )
    wide = len(values) * 5
    return Markup(
        '<svg class="spark" role="img" aria-label="{0}" viewBox="0 0 {1} 20" width="{1}" height="20">{2}</svg>'
    ).format(title, wide, Markup().join(drawn))


def spoken(values: Sequence[int | None], unit: str) -> str:
    """What a small drawing shows, for whoever does not see it."""
    known = [value for value in values if value is not None]
    last = values[-1] if values else None
    today = "not read today" if last is None else f"{last} today"
    return f"{sum(known)} {unit} in {len(values)} days, {max(known, default=0)} on the most, {today}"


def _chart(
    name: str,
    title: str,
    svg: Markup,
    scale: tuple[str, ...],
    labels: Sequence[str],
    series: Sequence[Series],
    first: str,
) -> Chart:
    return Chart(
        title=title,
        svg=svg,
        scale=scale,
        foot=(labels[0], labels[len(labels) // 2], labels[-1]) if len(labels) > 2 else tuple(labels),
        keys=tuple((each.name, _key(name, each.fill)) for each in series) if len(series) > 1 else (),
        head=(first, *(each.name for each in series)),
        rows=tuple((label, *(str(each.values[at]) for each in series)) for at, label in enumerate(labels)),
        empty=not any(any(each.values) for each in series),
    )


def _stacked(name: str, series: Sequence[Series], number: int, top: int) -> Iterator[Markup]:
    for at in range(number):
        ground = _HEIGHT
        for each in series:
            high = _high(each.values[at], top, _HEIGHT)
            ground -= high
            yield _bar(at * _SLOT, ground, high, _fill(name, each.fill), each.fill)


def _high(value: int, top: int, room: float) -> float:
    return max(value / top * room, _LEAST) if value else 0.0


def _bar(x: float, y: float, high: float, fill: str, kind: Fill) -> Markup:
    if not high:
        return Markup()
    painted = Markup(' fill="{}"').format(fill) if fill else Markup()
    return Markup('<rect class="{}"{} x="{:g}" y="{:.2f}" width="{:g}" height="{:.2f}"/>').format(
        kind.value, painted, x + (_SLOT - _BAR) / 2, max(y, 0.0), _BAR, high
    )


def _line(height: float, number: int) -> Markup:
    kind = "axis" if height == 1.0 else "grid"
    return Markup('<line class="{}" x1="0" x2="{:g}" y1="{:g}" y2="{:g}"/>').format(
        kind, number * _SLOT, height * _HEIGHT, height * _HEIGHT
    )


def _svg(name: str, title: str, said: str, wide: float, drawn: Markup, patterns: Markup) -> Markup:
    return Markup(
        '<svg class="chart" role="img" aria-labelledby="{0}-title {0}-desc" viewBox="0 0 {1:g} {2:g}"'
        ' preserveAspectRatio="none"><title id="{0}-title">{3}</title><desc id="{0}-desc">{4}</desc>{5}{6}</svg>'
    ).format(name, wide, _HEIGHT, title, said, patterns, drawn)


def _fill(name: str, fill: Fill) -> str:
    return f"url(#{name}-hatch)" if fill is Fill.HATCHED else ""


def _patterns(name: str, series: Sequence[Series]) -> Markup:
    if not any(each.fill is Fill.HATCHED for each in series):
        return Markup()
    return Markup(
        '<defs><pattern id="{}-hatch" patternUnits="userSpaceOnUse" width="{:g}" height="6">'
        '<rect class="under" width="{:g}" height="6"/><rect class="stripe" width="{:g}" height="3"/></pattern></defs>'
    ).format(name, _SLOT, _SLOT, _SLOT)


def _key(name: str, fill: Fill) -> Markup:
    painted = Markup(' fill="{}"').format(_fill(name, fill)) if fill is Fill.HATCHED else Markup()
    return Markup(
        '<svg class="key" aria-hidden="true" viewBox="0 0 12 12" width="12" height="12">'
        '<rect class="{}"{} width="12" height="12"/></svg>'
    ).format(fill.value, painted)


def _lying(value: int, most: int) -> Markup:
    wide = max(value / most * 100, 1.0) if value and most else 0.0
    return Markup(
        '<svg class="lying" aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none">'
        '<rect class="solid" width="{:.2f}" height="10"/></svg>'
    ).format(wide)


def _described(labels: Sequence[str], series: Sequence[Series]) -> str:
    if not labels:
        return "Nothing yet"
    sums = "; ".join(f"{each.name}: {sum(each.values)} in all, {max(each.values)} on the most" for each in series)
    return f"{labels[0]} to {labels[-1]}. {sums}."
