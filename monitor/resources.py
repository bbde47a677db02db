"""Files that travel with the package: inside the wheel, or beside the package in a checkout."""

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("monitor")))


def shipped(name: str) -> Path:
    """The shipped folder `name` ("templates", "config" or "systemd"). Needs an unzipped install."""
    packed = _PACKAGE / "_shipped" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name
