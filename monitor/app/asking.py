"""Settings to how feeds are asked: how often, by which way, and who stands behind them."""

from monitor import __version__
from monitor.app.ports import Ports
from monitor.core.rhythm import Pace
from monitor.core.stories import Agency, Credits
from monitor.jobs.poll import Plan
from monitor.net.fetch import Fetcher
from monitor.net.trips import PLAIN, Access
from monitor.settings import Config, Settings


def plan_of(settings: Settings | None) -> Plan:
    """How often feeds are asked; without a config, as the defaults have it."""
    poll = (settings or Settings()).poll
    # The bounds are the adaptive pause's; who asks for a mean beyond them wants it kept.
    pace = Pace(poll.every, min(poll.fastest, poll.every), max(poll.slowest, poll.every))
    return Plan(pace, poll.adaptive, poll.budget)


def credits_of(config: Config) -> Credits:
    return Credits(Agency(each.name, each.marks, each.family) for each in config.publishers.agencies)


def access_of(config: Config) -> dict[str, Access]:
    """How the feeds are reached that need more than their URL."""
    wanted = {
        feed.url: Access(
            feed.allow_private,
            feed.proxy or config.settings.poll.proxy,
            headers := config.headers.get(feed.url, ()),
            # Wherever a redirect has led it, its secrets are for the server that the operator named.
            home=feed.url if headers else "",
        )
        for feed in config.feeds
    }
    return {url: access for url, access in wanted.items() if access != PLAIN}


def fetcher(settings: Settings, ports: Ports) -> Fetcher:
    return Fetcher(
        user_agent=f"feed-monitor/{__version__}" + (f" (+mailto:{settings.contact})" if settings.contact else ""),
        timeout=settings.poll.timeout,
        largest=settings.poll.largest,
        connections=settings.poll.connections,
        host_pause=settings.poll.host_pause,
        now=ports.now,
    )


def fetcher_of(settings: Settings | None = None) -> Fetcher:
    """Asks servers with the limits every feed gets; without a config, with the defaults."""
    return fetcher(settings or Settings(), Ports())
