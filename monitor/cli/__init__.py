"""The command line. A command's module is imported when the command runs, so that help is instant."""

import io
import sys
from importlib import import_module

import click

from monitor import __version__

_COMMANDS = {
    "demo": ("monitor.cli.demo", "Show the main job end to end, offline, within half a minute."),
    "init": ("monitor.cli.setup", "Write config files that work and teach."),
    "check": ("monitor.cli.setup", "Read everything and try everything; send nothing."),
    "run": ("monitor.cli.work", "Be the service: poll, alert, brief and deliver until told to stop."),
    "web": ("monitor.cli.pages", "Serve the pages as a program of their own, beside the service."),
    "poll": ("monitor.cli.work", "Ask feeds now, and act on what is new."),
    "brief": ("monitor.cli.work", "Write the briefings that are due, or one person's now."),
    "deliver": ("monitor.cli.work", "Send what is owed now."),
    "status": ("monitor.cli.look", "Is the watch kept? Feeds, mail, briefings, troubles."),
    "feeds": ("monitor.cli.feeds", "List the feeds with their health, test one, find those of a site."),
    "import": ("monitor.cli.opml", "Take over feeds from another program's list."),
    "export": ("monitor.cli.opml", "Write the feeds for other programs."),
    "parse": ("monitor.cli.look", "What a feed document says, an entry a line."),
    "subscribers": ("monitor.cli.people", "The people who get mail: add, import, show, pause, remove, erase."),
    "test-mail": ("monitor.cli.testing_mail", "Send one mail, and tell what the mail server said."),
    "doctor": ("monitor.cli.checkup", "Look at mail, names and pages as others see them."),
    "bounce": ("monitor.cli.bounce", "Take a mail that came back, from a mail server's pipe."),
    "links": ("monitor.cli.links", "Change what signs the links in mails; make those of one person void."),
    "rules": ("monitor.cli.rules", "Check, test and backtest the rules."),
    "stories": ("monitor.cli.stories", "What is told and by whom; merge two that are one, split one that is two."),
    "alerts": ("monitor.cli.alerts", "What people were told, who heard it when, and how long it took."),
    "ack": ("monitor.cli.ack", "Take an alert, so that nobody is asked any further."),
    "silence": ("monitor.cli.silences", "Mute what alerts for a while, with a reason and an end."),
    "channels": ("monitor.cli.channels", "The chats, pushes and webhooks that alerts go to; try one."),
    "why": ("monitor.cli.reasons", "Why some words or a link led to an alert, or did not."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        # `import` is a word of Python's own, so there its name ends in an underscore.
        module = import_module(_COMMANDS[cmd_name][0])
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(module, name, None) or getattr(module, f"{name}_")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", "config", metavar="FILE", help="monitor.toml, or the folder it lies in.")
@click.option("-v", "--verbose", is_flag=True, help="Log every step to stderr.")
@click.version_option(__version__, prog_name="feed-monitor")
@click.pass_context
def main(ctx: click.Context, config: str | None, verbose: bool) -> None:
    """Watch news feeds, alert people at once, mail a briefing every morning."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter must not cost the sentence it stands in.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    ctx.obj = {"config": config, "verbose": verbose}
