"""How surely two reports tell one event, by what they have in common and the hours between them."""

from math import log1p, sqrt

from monitor.core.stories.space import Likeness

# Log odds in nats. The weights are those of a logistic regression over 160,000 pairs of reports that look alike, with
# the labels of five collections of grouped news; 0 is an even chance. Only `_STRANGE`, `_MISSING`, `_OF_ONE_FEED` and
# the bounds were set by reading what came of a week of real feeds.
_PRIOR = 4.48
_HEADLINE = 0.081
_RAREST = 0.139
_BESIDE = 0.403
_TITLES = 4.28
_COVERED = 0.35
_LENGTH = -2.1
_DAYS = -0.73
_HOURS = -1.0
# Titles that have hardly a word in common: two sides of an event, or two events.
_STRANGE = -0.7
_STRANGERS = 0.15
# For each telling word in common that there are less than three: two may happen to be in both, the more where no text
# says more than the title.
_MISSING = -0.8
_MISSING_ALONE = -2.5
_ENOUGH = 3
# What the reports of one feed have in common beside their titles is mostly the feed's own: calls to subscribe, standing
# descriptions.
_OF_ONE_FEED = 0.8
# Where nobody knows the time.
_UNKNOWN_HOURS = 12.0
# Two reports of one minute are no surer to tell one event than two of one hour; nor is a title of three words.
_LEAST_HOURS = 1.0
_FEWEST_TERMS = 9
# What shares no more of its title with the other speaks of something else, however many words they have in common.
_LEAST_COVERED = 0.15
UNLIKE = -20.0

_PRIOR_ACROSS = -6.0
_NAMED = 0.2
_TITLES_ACROSS = 6.0
_COVERED_ACROSS = 2.0
_LEAST_NAMED = 15.0


def odds(alike: Likeness, hours: float | None, *, one_feed: bool) -> float:
    """Log odds in nats; `hours` lie between the two reports."""
    if alike.covered < _LEAST_COVERED:
        return UNLIKE
    hours = _UNKNOWN_HOURS if hours is None else max(hours, _LEAST_HOURS)
    return (
        _PRIOR
        + _HEADLINE * alike.headline
        + _RAREST * alike.rarest
        + _BESIDE * (_OF_ONE_FEED if one_feed else 1.0) * sqrt(max(alike.beside, 0.0))
        + _TITLES * alike.titles
        + (_STRANGE if alike.titles < _STRANGERS else 0.0)
        + (_MISSING if alike.told else _MISSING_ALONE) * max(_ENOUGH - alike.telling, 0)
        + _COVERED * alike.covered
        + _LENGTH * log1p(max(alike.longer, _FEWEST_TERMS))
        + _DAYS * hours / 24
        + _HOURS * log1p(hours)
    )


def across(alike: Likeness, hours: float | None) -> float:
    """The same for reports in two languages, by what both name: places, happenings, numbers and names.

    There are no labels to learn these weights from. They were chosen on a week of Polish and English news so that what
    joins is right: better two stories of one event than one of two.
    """
    if alike.headline < _LEAST_NAMED:
        return UNLIKE
    hours = _UNKNOWN_HOURS if hours is None else max(hours, _LEAST_HOURS)
    return (
        _PRIOR_ACROSS
        + _NAMED * alike.headline
        + _TITLES_ACROSS * alike.titles
        + _COVERED_ACROSS * alike.covered
        + _DAYS * hours / 24
        + _HOURS * log1p(hours)
    )
