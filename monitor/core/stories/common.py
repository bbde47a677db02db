"""How often words are in the news at large, language by language."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, Mapping[str, float]]:
    tables: dict[str, dict[str, float]] = {}
    for line in files(__package__).joinpath("common.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            language, per_thousand, words = line.split("\t")
            tables.setdefault(language, {}).update(dict.fromkeys(words.split(), float(per_thousand) / 1000))
    return tables


def shares(language: str) -> Mapping[str, float]:
    """By a stem, the share of news items that hold it, if it is common. "*" is the language of `Terms.shared_lead`."""
    return _tables().get(language, {})
