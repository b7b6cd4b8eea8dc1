"""Give ansible-test's environments pip, from Python's own ensurepip and this machine's package index.

ansible-test runs this file in place of the get-pip.py it would download, with the requirements as arguments.
"""

from __future__ import annotations

import subprocess
import sys

# Options of get-pip.py which pip itself does not know.
OWN_OPTIONS = ("--no-setuptools", "--no-wheel")


def main() -> int:
    """Install pip, then what was asked for, and return pip's exit status."""
    subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], check=True, stdout=subprocess.DEVNULL)
    wanted = [argument for argument in sys.argv[1:] if argument not in OWN_OPTIONS]
    return subprocess.run([sys.executable, "-m", "pip", "install", *wanted], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
