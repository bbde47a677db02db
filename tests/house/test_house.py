"""The house itself: layers hold, documents tell the truth, the wheel is whole."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main

CHECKOUT = Path(__file__).parents[2]
README = (CHECKOUT / "README.md").read_text()


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout, so nobody knows which files belong to it")
    return [CHECKOUT / name for name in listed.stdout.splitlines()]


def test_every_layer_only_looks_down_and_the_core_touches_nothing() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("name", list(main.list_commands(None)))  # type: ignore[arg-type]
def test_every_command_stands_in_the_readme_and_explains_itself(name: str) -> None:
    assert f"`feed-monitor {name}" in README
    explained = CliRunner().invoke(main, [name, "--help"])
    assert explained.exit_code == 0
    assert len(explained.output) > 100


def test_help_is_instant_because_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from monitor.cli import main;"
        "CliRunner().invoke(main, ['--help']);"
        "print([heavy for heavy in ('sqlalchemy', 'aiohttp', 'feedparser') if heavy in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_no_file_grows_beyond_what_one_idea_needs() -> None:
    long = {
        path.name: n for path in (CHECKOUT / "monitor").rglob("*.py") if (n := len(path.read_text().splitlines())) > 300
    }
    assert long == {}


def test_no_committed_file_names_a_registry_or_a_path_of_a_machine() -> None:
    # Put together here, so that this file does not name them itself.
    forbidden = re.compile("|".join(("py" + r"pi\.org", "pythonhosted" + r"\.org", "/work" + "/", "/root" + "/")))
    texts = [path for path in tracked() if path.is_file()]
    assert [path.name for path in texts if forbidden.search(path.read_text(errors="replace"))] == []


def test_the_locks_name_every_dependency_with_a_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        pins = re.findall(
            r"^([a-z0-9-]+)==\S+(.*?)(?=^[a-z]|\Z)", (CHECKOUT / name).read_text(), re.MULTILINE | re.DOTALL
        )
        assert len(pins) > 30
        assert all("--hash=sha256:" in rest for _, rest in pins)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_templates_config_and_unit_files(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if "/_shipped/" in name}
    shipped = {
        f"monitor/_shipped/{path.relative_to(CHECKOUT)}"
        for folder in ("templates", "config", "systemd")
        for path in (CHECKOUT / folder).rglob("*")
        if path.is_file()
    }
    assert packed == shipped


def test_the_wheel_in_an_empty_environment_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip: list[str | Path] = [
        tmp_path / "venv/bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "--require-hashes", "-r", CHECKOUT / "requirements.lock"], check=True)
    subprocess.run([*pip, "--no-deps", wheel], check=True)
    ran = subprocess.run(
        [tmp_path / "venv/bin/feed-monitor", "demo", "--dir", tmp_path / "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "NO " not in ran.stdout
    assert "Subject: [pre-emptive-strike +1] Alliance admiral raises" in ran.stdout
    assert len(list((tmp_path / "demo/state/mail/new").iterdir())) == 2
