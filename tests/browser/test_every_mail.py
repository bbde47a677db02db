"""Every kind of mail, as a mail program shows it: light and dark, at every width, and asking nobody."""

import pytest

from tests.browser.test_every_page import faults
from tests.browser.visitor import Visitor
from tests.fakes import html_of
from tests.web.mailbag import KINDS, Posted


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_a_mail_is_read_by_everybody_everywhere(stranger: Visitor, posted: list[Posted], kind: str) -> None:
    looks = {html_of(each.mail) for each in posted if each.kind == kind}
    # They differ by the reader; the shortest and the longest show what there is.
    for html in {min(looks, key=len), max(looks, key=len)}:
        assert "prefers-color-scheme" in html
        await stranger.page.set_content(html)
        assert await faults(stranger) == []
