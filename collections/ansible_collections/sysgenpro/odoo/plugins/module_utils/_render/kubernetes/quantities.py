# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amounts of processors and memory as Kubernetes writes them (manual: "Resource Management for Pods and Containers").

The API server stores an amount in its shortest form; written that way, what is declared and what is stored are equal.
"""

from __future__ import annotations

import re
from fractions import Fraction

_QUANTITY = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)(?P<suffix>m|k|[KMGT]i|[MGT]|)")
_FACTORS = {"m": Fraction(1, 1000), "": Fraction(1), "k": Fraction(1000)}
_FACTORS.update({letter: Fraction(1000**power) for power, letter in enumerate("MGT", start=2)})
_FACTORS.update({f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGT", start=1)})


def parsed(quantity: object) -> Fraction:
    """The amount, in processors or bytes.

    :raises ValueError: for anything else than a number with one of the suffixes above.
    """
    found = _QUANTITY.fullmatch(str(quantity))
    if not found:
        raise ValueError(f"{quantity!r} is no quantity of Kubernetes, for example 500m or 1Gi")
    return Fraction(found["number"]) * _FACTORS[found["suffix"]]


def processors(amount: Fraction | float) -> str:
    """An amount of processors, rounded up to thousandths."""
    # By its text: 0.1 is meant, not the binary fraction nearest to it.
    milli = -(-Fraction(str(amount)) * 1000 // 1)
    return str(milli // 1000) if milli % 1000 == 0 else f"{milli}m"


def memory(amount: Fraction | int) -> str:
    """An amount of bytes, rounded up to MiB."""
    mebibytes = -(-Fraction(amount) // 1024**2)
    for suffix in ("Mi", "Gi"):
        if mebibytes % 1024 or not mebibytes:
            return f"{mebibytes}{suffix}"
        mebibytes //= 1024
    return f"{mebibytes}Ti"
