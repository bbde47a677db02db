"""What a report does to the story it tells: an official source confirms or denies it, or its publisher withdraws it."""

import re

from monitor.core.rules.languages import spoken
from monitor.core.rules.words import sentences
from monitor.core.stance.lexicon import tongue
from monitor.core.stance.reading import Stated, hear
from monitor.core.stance.withdrawing import withdrawal
from monitor.words import Stance

__all__ = ["Stated", "stance_of"]

# Nobody says more in a headline, and who speaks is told early in a sentence.
_LONGEST = 400
_ENOUGH = 2_000
_ASKS = re.compile(r"\?\W*$")
_APOSTROPHES = str.maketrans("’ʼ`\u00a0", "''' ")


def stance_of(title: str, text: str, language: str, official: bool) -> Stated | None:
    """`text` is what follows the title, without markup; of it, its first sentence counts where the title is silent.

    `language` is what the feed says it is; `official`: the feed is one of an official body itself.
    """
    title, text = (" ".join(said[:_ENOUGH].translate(_APOSTROPHES).split()) for said in (title, text))
    if words := withdrawal(title, text):
        return Stated(Stance.WITHDRAWS, "", words)
    known = tongue(spoken(language, f"{title}\n{text[:_LONGEST]}"))
    if known is None:
        return None
    for told in (_told(title[:_LONGEST]), _told(text[:_LONGEST])[:1]):
        heard = [hear(sentence, known, official) for sentence in told]
        if stated := next((each.stated for each in heard if each.stated), None):
            return stated
        if not all(each.silent for each in heard):
            return None
    return None


def _told(text: str) -> list[str]:
    """The sentences that tell and do not ask."""
    said = (text[each.begin : each.end].strip() for each in sentences(text))
    return [sentence for sentence in said if sentence and not _ASKS.search(sentence)]
