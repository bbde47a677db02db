"""Every command that the README shows is run, in its order, in an empty folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
README = (CHECKOUT / "README.md").read_text()
COMMANDS = [line[2:] for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
# Shown by the tests of the wheel, of the service, and by this very run.
ELSEWHERE = {"make demo", "make test", ". .venv/bin/activate", "feed-monitor --config my-watch run"}


def test_every_command_of_the_readme_works_in_its_order(tmp_path: Path) -> None:
    assert set(COMMANDS) > ELSEWHERE
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    for line in COMMANDS:
        if line in ELSEWHERE:
            continue
        program, *words = shlex.split(line)
        assert program == "feed-monitor"
        ran = subprocess.run(
            [sys.executable, "-m", "monitor", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"


def test_activating_the_environment_makes_the_command_known() -> None:
    shell = f". {sys.prefix}/bin/activate && feed-monitor --version"
    ran = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("feed-monitor, version")


def test_the_targets_of_make_that_documents_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    for document in CHECKOUT.glob("*.md"):
        assert set(re.findall(r"(?:^\$ |`)make ([a-z]+)", document.read_text(), re.MULTILINE)) <= targets
