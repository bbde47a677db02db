"""`subscribers`."""

import click

from monitor.cli.people_acts import approve, block, decline, erase, invite, pause, remove, resume, unblock
from monitor.cli.people_add import add
from monitor.cli.people_history import history
from monitor.cli.people_import import export_people, import_people
from monitor.cli.people_look import list_, show


class _InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder)
def subscribers() -> None:
    """Add, import, list, pause, remove and erase the people who get mail."""


for each in (
    list_, show, history, add, import_people, export_people, pause, resume, remove, erase, approve, decline, block,
    unblock, invite,
):  # fmt: skip
    subscribers.add_command(each)
