"""What stands around every command: its config, its log, and how it ends when something is wrong."""

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from monitor.app import DatabaseInUseError, NotOursError
from monitor.app.rules import rules_of
from monitor.core.rules import RuleSet
from monitor.settings import Config, RuleBook, SettingsError, find, load

P = ParamSpec("P")
BAD_CONFIG = 78  # EX_CONFIG of sysexits.h; the unit file keeps systemd from restarting on it


_TOLD = (SettingsError, NotOursError, DatabaseInUseError, SQLAlchemyError, OSError, ModuleNotFoundError)


def command(function: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async command; whatever is wrong ends as one clear line a problem and an exit code."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            asyncio.run(function(*args, **kwargs))
        except KeyboardInterrupt:
            sys.exit(130)
        except BrokenPipeError:
            # Whoever read our output has seen enough; Python would complain once more when it closes the pipe.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(141)
        except (
            SettingsError,
            NotOursError,
            DatabaseInUseError,
            SQLAlchemyError,
            OSError,
            ModuleNotFoundError,
        ) as error:
            fail(*_sentences(error), code=BAD_CONFIG if isinstance(error, SettingsError) else 1)

    return wrapped


def _sentences(error: Exception) -> list[str]:
    match error:
        case SettingsError():
            return error.problems
        case DatabaseInUseError():
            return [f"{error}; stop it first, or let it do the work"]
        case SQLAlchemyError():
            cause = getattr(error, "orig", None) or error
            return [f"the database cannot be used: {cause}; check its path, rights and space"]
        case OSError():
            place = f"{error.filename or 'this machine'}: {error.strerror}; check owner, rights and space"
            return [place if error.strerror else str(error)]
        case ModuleNotFoundError(name="psycopg"):
            return ["PostgreSQL needs psycopg: pip install 'feed-monitor[postgres]', from a checkout '.[postgres]'"]
        case NotOursError():
            return [str(error)]
        case _:
            raise error


def fail(*problems: str, code: int = 1) -> NoReturn:
    for problem in problems:
        click.echo(f"feed-monitor: {problem}", err=True)
    sys.exit(code)


def program_name() -> str:
    """How this program was called, so that what it tells people to type works where they are."""
    name = Path(sys.argv[0]).name
    return "feed-monitor" if name != "feed-monitor" or shutil.which(name) else sys.argv[0]


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def config_file() -> Any:
    return find(click.get_current_context().obj["config"])


def read_config() -> Config:
    """The config named, with the log set up as it says."""
    config = load(config_file())
    set_up_log(config.settings.log.format, config.settings.log.level)
    return config


def readable_rules(book: RuleBook) -> RuleSet:
    """The rules that can be read; what is wrong with the others goes to stderr. Raises SettingsError if none can."""
    rules, problems = rules_of(book)
    if problems and not rules.rules:
        raise SettingsError(problems)
    for problem in problems:
        click.echo(f"feed-monitor: {problem}; the other rules go on", err=True)
    return rules


def _tracebacks() -> structlog.processors.ExceptionRenderer:
    # Local variables hold passwords and other people's mail.
    return structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def set_up_log(form: str, level: str, *, quiet: bool = True) -> None:
    """Log to stderr. `quiet` commands say only what is wrong, unless --verbose."""
    verbose = click.get_current_context().obj["verbose"]
    least = logging.DEBUG if verbose else max(logging.ERROR if quiet else 0, getattr(logging, level.upper()))
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Any] = [_tracebacks(), structlog.processors.JSONRenderer()]
    if form == "text":
        renderer = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    for noisy in ("apscheduler", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel(max(least, logging.WARNING))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
