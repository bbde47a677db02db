"""Somebody at a terminal."""

from pathlib import Path

from click.testing import CliRunner, Result

from monitor.cli import main


class Operator:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def types(self, *words: str, stdin: str = "") -> Result:
        result = CliRunner().invoke(main, ["--config", str(self.folder), *words], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def writes(self, name: str, text: str) -> str:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return str(file)
