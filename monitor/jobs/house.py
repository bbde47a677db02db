"""What an installation says of itself in its mails, and what is each reader's own in them."""

from dataclasses import dataclass, fields

from monitor.render.mail import gap

# What an installation is called that has been given no name.
UNNAMED = "feed-monitor"


@dataclass(frozen=True, slots=True)
class House:
    """What this installation says of itself in mails. `account_sender` sends what is about being a subscriber;
    `bounces` is where mail comes back to, "" where that is nowhere; `zone` is the operator's."""

    sender: str
    name: str = UNNAMED
    account_sender: str = ""
    contact: str = ""
    imprint: str = ""
    bounces: str = ""
    zone: str = "UTC"
    language: str = "en"
    archive: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """What is one reader's own in a mail: `leave` and `preferences` are pages, "" where there are none."""

    recipient: str
    consent: str = ""
    leave: str = ""
    preferences: str = ""


# In what many share, each reader's own is left open.
ANY_READER = Reader(*(gap(each.name) for each in fields(Reader)))
