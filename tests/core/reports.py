"""Reports as they might come, for tests of grouping."""

from datetime import UTC, datetime, timedelta
from itertools import count

from monitor.core.stories import Newcomer, OpenStories, Placement, kind_of, terms_of

BEGAN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def report(
    number: int, title: str, text: str = "", *, hours: float = 0, feed: str = "", link: str = "", language: str = "en"
) -> Newcomer:
    at = BEGAN + timedelta(hours=hours)
    said = terms_of(title, text, language)
    return Newcomer(number, at, at, feed or f"feed {number}", link, kind_of(title, link, (), said.language), said)


class Desk:
    """Somebody who puts reports into stories; a story has the number of its first report."""

    def __init__(self) -> None:
        self.stories = OpenStories()
        self._numbers = count(1)

    def tell(
        self, title: str, text: str = "", *, hours: float = 0, feed: str = "", link: str = "", language: str = "en"
    ) -> int:
        """The story that this report is put into."""
        return self.place(
            report(next(self._numbers), title, text, hours=hours, feed=feed, link=link, language=language)
        )[0]

    def place(self, told: Newcomer) -> tuple[int, Placement]:
        found = self.stories.find(told)
        story = told.id if found.story is None else found.story
        for other in found.merged:
            self.stories.merge(story, other)
        self.stories.add(told, story)
        return story, found
