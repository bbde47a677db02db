"""When a story that was told is told again."""

from dataclasses import replace

import pytest

from monitor.core.alerts import Known, News, causes_of
from monitor.core.alerts.news import Change, HeardOf, causes_to, news_of, note_to
from monitor.words import Cause, Severity, Stance

_KNOWN = Known(Severity.HIGH, {"incursion": Severity.HIGH}, voices=1)
_NOTHING = News({}, voices=1)


@pytest.mark.parametrize(
    ("known", "news", "causes"),
    [
        pytest.param(None, _NOTHING, (), id="no rule has spoken yet"),
        pytest.param(None, News({"strike": Severity.LOW}, 4, Stance.DENIES), (Cause.FIRST,), id="the first"),
        pytest.param(_KNOWN, _NOTHING, (), id="nothing new"),
        pytest.param(_KNOWN, News({"strike": Severity.HIGH}, 1), (Cause.RULE,), id="another rule"),
        pytest.param(_KNOWN, News({"strike": Severity.CRITICAL}, 1), (Cause.RAISED,), id="a graver rule"),
        pytest.param(_KNOWN, News({"incursion": Severity.CRITICAL}, 1), (Cause.RAISED,), id="the same rule, graver"),
        pytest.param(_KNOWN, News({}, 2), (Cause.VOICES,), id="the second publisher"),
        pytest.param(replace(_KNOWN, voices=2), News({}, 3), (Cause.VOICES,), id="the third"),
        pytest.param(replace(_KNOWN, voices=3), News({}, 4), (), id="not the fourth"),
        pytest.param(replace(_KNOWN, voices=4), News({}, 5), (Cause.VOICES,), id="the fifth"),
        pytest.param(replace(_KNOWN, voices=5), News({}, 9), (), id="not the ninth"),
        pytest.param(replace(_KNOWN, voices=9), News({}, 10), (Cause.VOICES,), id="the tenth"),
        pytest.param(replace(_KNOWN, voices=10), News({}, 99), (), id="none beyond"),
        pytest.param(replace(_KNOWN, voices=3), News({}, 2), (), id="fewer after a split"),
        pytest.param(_KNOWN, News({}, 1, Stance.DENIES), (Cause.DENIED,), id="denied"),
        pytest.param(_KNOWN, News({}, 1, Stance.CONFIRMS), (Cause.CONFIRMED,), id="confirmed"),
        pytest.param(_KNOWN, News({}, 1, Stance.WITHDRAWS), (Cause.WITHDRAWN,), id="withdrawn"),
        pytest.param(replace(_KNOWN, stance=Stance.DENIES), News({}, 1, Stance.DENIES), (), id="denied again"),
        pytest.param(
            replace(_KNOWN, stance=Stance.DENIES), News({}, 1, Stance.CONFIRMS), (Cause.CONFIRMED,), id="then confirmed"
        ),
        pytest.param(_KNOWN, News({}, 1, reworded=True), (Cause.HEADLINE,), id="reworded"),
        pytest.param(_KNOWN, News({}, 1, lost=True, reworded=True), (Cause.WITHDRAWN,), id="words lost"),
        pytest.param(replace(_KNOWN, rewordings=3), News({}, 1, reworded=True), (), id="reworded for the fourth time"),
        pytest.param(replace(_KNOWN, reworded_lately=True), News({}, 1, reworded=True), (), id="reworded a moment ago"),
        pytest.param(
            replace(_KNOWN, reworded_lately=True, rewordings=3),
            News({}, 1, lost=True, reworded=True),
            (Cause.WITHDRAWN,),
            id="a loss is told however often it was reworded",
        ),
        pytest.param(replace(_KNOWN, withdrawals=3), News({}, 1, lost=True), (), id="words that come and go"),
        pytest.param(
            replace(_KNOWN, rules={}), News({"incursion": Severity.HIGH}, 1, back=True), (Cause.BACK,), id="words back"
        ),
        pytest.param(
            _KNOWN,
            News({"strike": Severity.CRITICAL}, 3, Stance.CONFIRMS),
            (Cause.RAISED, Cause.CONFIRMED, Cause.VOICES),
            id="much at once",
        ),
        pytest.param(_KNOWN, News({}, 2, Stance.DENIES), (Cause.DENIED,), id="who denies it is no second publisher"),
    ],
)
def test_a_story_is_told_again_when_it_grows_and_only_then(
    known: Known | None, news: News, causes: tuple[Cause, ...]
) -> None:
    assert causes_of(known, news) == causes


def test_what_is_new_in_several_tellings_is_said_once_and_the_last_counts() -> None:
    grew = Change((Cause.VOICES,), Severity.HIGH, ("incursion",), 2, ("Herald",))
    grew_more = replace(grew, voices=5, new=("Herald", "Observer", "Gazette", "Echo"))
    denied = Change((Cause.DENIED,), Severity.HIGH, ("incursion",), 5, note="defence ministry: “denies”")
    assert news_of([grew, grew_more, denied]) == (
        "Denied: defence ministry: “denies”. "
        "5 independent publishers report it now, also Herald, Observer, Gazette and 1 more."
    )


_MINE = frozenset({"incursion"})
_HEARD = HeardOf(Severity.HIGH, _MINE)


@pytest.mark.parametrize(
    ("causes", "said", "heard", "every_rule", "mine"),
    [
        pytest.param([Cause.RULE], Severity.HIGH, None, True, (Cause.FIRST,), id="who heard nothing hears it first"),
        pytest.param([Cause.RAISED], Severity.HIGH, None, False, (Cause.FIRST,), id="also if it grew graver to others"),
        pytest.param([Cause.VOICES], Severity.HIGH, None, True, (Cause.VOICES,), id="the operator's people"),
        pytest.param([Cause.VOICES], Severity.HIGH, None, False, (Cause.FIRST, Cause.VOICES), id="a late reader"),
        pytest.param([Cause.WITHDRAWN], Severity.HIGH, None, False, (), id="no end without a beginning"),
        pytest.param([Cause.RULE], Severity.CRITICAL, _HEARD, True, (Cause.RULE,), id="as it is to the operator's"),
        pytest.param([Cause.RULE], Severity.CRITICAL, _HEARD, False, (Cause.RAISED,), id="graver to this reader"),
        pytest.param([Cause.BACK], Severity.HIGH, _HEARD, False, (Cause.BACK,), id="words back"),
        pytest.param([Cause.RAISED], Severity.HIGH, HeardOf(Severity.HIGH, frozenset({"fire"})), False, (Cause.RULE,),
                     id="graver to others, another rule to this reader"),
        pytest.param([Cause.DENIED], Severity.HIGH, _HEARD, False, (Cause.DENIED,), id="what is not of rules"),
    ],
)  # fmt: skip
def test_each_is_told_for_reasons_of_their_own(
    causes: list[Cause], said: Severity, heard: HeardOf | None, every_rule: bool, mine: tuple[Cause, ...]
) -> None:
    assert causes_to(causes, {"incursion": said}, heard, every_rule=every_rule) == mine


def test_of_a_note_each_reads_what_is_of_their_own_rules() -> None:
    note = (
        "it was high; the ministry; of Torvik, says Herald; Wire; Sons no longer says what fires informant, incursion"
    )
    assert note_to(note, _MINE) == (
        "the ministry; of Torvik, says Herald; Wire; Sons no longer says what fires incursion"
    )
    assert note_to("Wire no longer says what fires informant", _MINE) == ""
