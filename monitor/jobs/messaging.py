"""What a channel is told, in its own form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlmodel import Session

from monitor.core.formats.cap import cap
from monitor.core.formats.chat import message_of, rollup_text, title_and_text
from monitor.core.formats.hook import rollup_body
from monitor.jobs.following import told_before
from monitor.jobs.picture import facts_of
from monitor.models import Alert, Delivery, Hearing, Telling
from monitor.store import tellings


class Form(StrEnum):
    """What a channel is sent."""

    CHAT = "chat"
    JSON = "json"
    CAP = "cap"


@dataclass(frozen=True)
class Messages:
    """`name` is what this installation is called in what programs read, `answers` whom to write to about it; `forms`
    are those of the channels, by name."""

    name: str
    answers: str
    forms: Mapping[str, Form] = field(default_factory=dict)

    def message(self, session: Session, delivery: Delivery) -> bytes:
        owed = delivery.instead_of or delivery.id
        told: dict[int, list[tuple[Telling, Hearing]]] = {}
        for each in tellings.told_by(session, owed):
            told.setdefault(each[0].alert_id, []).append(each)
        facts = [
            facts_of(session, session.get_one(Alert, number), covered, self.name) for number, covered in told.items()
        ]
        reasons = [_failing(session, delivery.instead_of)] if delivery.instead_of else []
        form = self.forms[delivery.channel]
        if form is Form.CAP and len(facts) == 1:
            heard = tellings.heard_revisions(session, facts[0].number, f"channel:{delivery.channel}")
            told_until = told_before(session, facts[0].number)
            earlier = [each for each in told_until if each.revision < facts[0].revision and each.revision in heard]
            return cap(facts[0], self.answers, earlier=earlier)
        if form is Form.CHAT:
            return message_of(*(title_and_text(facts[0]) if len(facts) == 1 else rollup_text(facts, reasons)))
        return rollup_body(facts, reasons)


def _failing(session: Session, delivery_id: int) -> str:
    failing = session.get_one(Delivery, delivery_id)
    return f"{failing.channel or f'mail to {failing.recipient}'} has failed for too long"
