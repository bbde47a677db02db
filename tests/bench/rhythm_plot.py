"""The picture in docs: mean delays at several budgets, and the hours of one feed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Tokens of templates/email/style.css and dark.css.
_STYLE = """
  svg { background: #ffffff; }
  text { font: 14px Helvetica, Arial, sans-serif; fill: #1c1b18; font-variant-numeric: tabular-nums; }
  .title { font: bold 17px Georgia, "Times New Roman", serif; }
  .quiet { fill: #4a473f; }
  .axis { stroke: #8a867c; }
  .fixed { fill: #8a867c; }
  .frequency { fill: #d9d6cd; stroke: #8a867c; }
  .rhythm { fill: #0b4a8f; }
  .polls { fill: none; stroke: #9c1414; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    svg { background: #1b1a18; }
    text { fill: #f1efe8; }
    .quiet { fill: #c9c5ba; }
    .axis { stroke: #8a867c; }
    .frequency { fill: #4a473f; }
    .rhythm { fill: #9cc7ff; }
    .polls { stroke: #ffa8a0; }
  }
"""
_WIDTH, _LEFT, _BAR = 640, 144, 416
_KINDS = (("fixed", "fixed interval"), ("frequency", "entry frequency"), ("rhythm", "rhythm"))


@dataclass(frozen=True, slots=True)
class Budget:
    """Mean delays in minutes, at as many requests as one feed every `minutes` makes."""

    minutes: float
    fixed: float
    frequency: float
    rhythm: float


@dataclass(frozen=True, slots=True)
class Day:
    """Entries and polls in each hour of the day (UTC), a mean."""

    entries: Sequence[float]
    polls: Sequence[float]


def plot(budgets: Sequence[Budget], day: Day) -> str:
    below = 56 + 96 * len(budgets)
    lines = [*_delays(budgets), *_hours(day, below)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {below + 240}" role="img">\n'
        f"<title>Mean delay from publication to detection, and when a feed is asked</title>\n"
        f"<style>{_STYLE}</style>\n" + "\n".join(lines) + "\n</svg>\n"
    )


def _delays(budgets: Sequence[Budget]) -> Iterator[str]:
    yield '<text class="title" x="20" y="32">Mean delay at the same number of requests</text>'
    for row, budget in enumerate(budgets):
        top = 56 + 96 * row
        longest = max(budget.fixed, budget.frequency, budget.rhythm)
        yield f'<text class="quiet" x="20" y="{top + 10}">as many as one every {budget.minutes:g} minutes</text>'
        for line, (kind, name) in enumerate(_KINDS):
            minutes = getattr(budget, kind)
            y, width = top + 18 + 22 * line, _BAR * minutes / longest
            yield f'<text x="20" y="{y + 13}">{name}</text>'
            yield f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{width:.1f}" height="16"/>'
            yield f'<text x="{_LEFT + width + 8:.1f}" y="{y + 13}">{minutes:.1f} min</text>'


def _hours(day: Day, top: int) -> Iterator[str]:
    """Bars of entries and a stepped line of polls, each to a scale of its own."""
    foot, step = top + 196, (_WIDTH - 40) / 24
    most_entries, most_polls = max(day.entries), max(day.polls)
    yield f'<text class="title" x="20" y="{top + 24}">One feed, a mean day (hours in UTC)</text>'
    yield (
        f'<text class="quiet" x="20" y="{top + 48}">bars: entries an hour, at most {most_entries:.1f}'
        f" · line: requests an hour, at most {most_polls:.1f}</text>"
    )
    path = []
    for hour, (entries, polls) in enumerate(zip(day.entries, day.polls, strict=True)):
        x, height, line = 20 + hour * step, 124 * entries / most_entries, foot - 124 * polls / most_polls
        size = f'width="{step - 4:.1f}" height="{height:.1f}"'
        yield f'<rect class="rhythm" x="{x + 2:.1f}" y="{foot - height:.1f}" {size}/>'
        path.append(f"{x:.1f},{line:.1f} {x + step:.1f},{line:.1f}")
        if hour % 3 == 0:
            yield f'<text class="quiet" x="{x:.1f}" y="{foot + 20}">{hour:02}</text>'
    yield f'<line class="axis" x1="20" y1="{foot}" x2="{_WIDTH - 20}" y2="{foot}"/>'
    yield f'<polyline class="polls" points="{" ".join(path)}"/>'
