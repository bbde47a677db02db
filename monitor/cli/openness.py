"""What `check` says of settings that do nothing, or more than they seem to."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from monitor.settings import Config

_HERE = ("localhost", "127.0.0.1", "::1")


def openness(config: Config) -> Iterator[str]:
    """Of the pages, of who may join by them, and of what comes back."""
    settings, file = config.settings, config.file
    web, joining = settings.web, settings.subscribe
    if not web.public_url:
        idle = {
            "subscribe.who": joining.who != "nobody",
            "web.archive": web.archive,
            "web.alone": web.alone,
            "web.operator_token_file": web.operator_token_file is not None,
        }
        yield from (
            f"{file}: {key} does nothing without `public_url` of [web]" for key, is_set in idle.items() if is_set
        )
    elif web.public_url.startswith("http:") and (urlsplit(web.public_url).hostname or "") not in _HERE:
        yield f"{file}: web.public_url is not https; mail programs then show no button to unsubscribe"
    if joining.approve and joining.who == "nobody":
        yield f'{file}: subscribe.approve does nothing while `who` is "nobody"'
    if joining.who != "nobody" and web.public_url:
        yield from _open(config)
    yield from _coming_back(config)


def _open(config: Config) -> Iterator[str]:
    settings, file = config.settings, config.file
    if not settings.contact:
        yield f"{file}: people may join and `contact` is empty; nobody hears of who waits, of storms and of absences"
    if settings.mail.sender.endswith("@localhost"):
        yield f"{file}: people may join and mail.sender is at localhost; no mail of theirs can be answered or trusted"
    if not any(rule.topic for rule in config.rules):
        yield "people may join, but no rule has a `topic`; they will hear no alert"
    hidden = [feed.name for feed in config.feeds if feed.allow_private or config.headers.get(feed.url)]
    if hidden:
        some = f"{', '.join(hidden[:3])}{' and more' if len(hidden) > 3 else ''}"
        yield f"people may join, and alerts and briefings tell them what private feeds say, too: {some}"


def _coming_back(config: Config) -> Iterator[str]:
    settings, file = config.settings, config.file
    found = settings.bounces.imap or settings.bounces.maildir is not None
    if found and not settings.mail.bounces:
        yield f"{file}: [bounces] finds nothing without `bounces` of [mail], the address that mail comes back to"
    if "+" in settings.mail.bounces:
        yield f'{file}: mail.bounces has a "+" already; what stands behind it is taken for our token. Write it without'
    folder = settings.bounces.maildir
    if folder is not None and not (file.parent / folder).is_dir():
        yield f"{file}: bounces.maildir: there is no folder {file.parent / folder} yet; the first mail there makes it"
