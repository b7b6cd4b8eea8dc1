"""Unpack one folder of the wheels in a directory, and remove the wheels: wheel_part.py DIRECTORY FOLDER."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path


def unpack(directory: Path, folder: str) -> None:
    for wheel in directory.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(directory, [name for name in archive.namelist() if name.startswith(f"{folder}/")])
        wheel.unlink()


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), sys.argv[2])
