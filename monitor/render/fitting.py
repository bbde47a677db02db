"""How much of a briefing one mail has room for."""

from dataclasses import replace
from html import escape
from itertools import accumulate

from monitor.core.briefing import BriefedStory, Contents, HeldBack

# Some mail programs hide what stands behind 102 KB of HTML, and with it the way to leave.
_ROOM = 84_000
# Reasons are told in the reader's language, which we have not seen yet.
_FRAME_OF_A_STORY, _FRAME_OF_A_RULE, _FRAME_OF_A_REPORT = 780, 180, 520
# That many a template shows at most, and that long.
HELD, _TITLE = 40, 200


def fitted(contents: Contents) -> Contents:
    """The first stories of these, as many as there is room for; the rest counts among those left out."""
    room = _ROOM - sum(_of_report(each) for each in contents.held_back[:HELD])
    told = (*contents.matched, *contents.others)
    kept = sum(size <= room for size in accumulate(map(_of_story, told)))
    if kept == len(told):
        return contents
    matched, others = contents.matched[:kept], contents.others[: max(kept - len(contents.matched), 0)]
    return replace(contents, matched=matched, others=others, left_out=contents.left_out + len(told) - kept)


def _of_story(story: BriefedStory) -> int:
    texts = (story.title, story.summary, story.link, ", ".join(story.publishers), story.language)
    rules = sum(_FRAME_OF_A_RULE + _long(rule.name) for rule in story.rules)
    return _FRAME_OF_A_STORY + rules + sum(map(_long, texts))


def _of_report(report: HeldBack) -> int:
    texts = (report.title[:_TITLE], report.link, *report.rules)
    return _FRAME_OF_A_REPORT + sum(map(_long, texts))


def _long(text: str) -> int:
    """In bytes, as the page has it."""
    return len(escape(text).encode())
