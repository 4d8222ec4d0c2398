r"""What stands in \ce and \pu -> what mhchem takes: a language of its own, of which TeX knows only a part."""

from __future__ import annotations

import re

# Signs that mhchem's TeX does not expect, in words of its own.
_SIGNS = str.maketrans(
    {
        "·": "*",
        "•": "*",
        "・": "*",
        "\uff0b": "+",
        "\u2212": "-",
        "\uff1d": "=",
        "→": "->",
        "⇌": "<=>",
        "↑": "^",
        "↓": "v",
    }
)
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_STEP = re.compile(r"\\.|[{}$]|[^\\{}$]+", re.DOTALL)


def chemical(command: str, group: str) -> str:
    r"""Return the argument of \ce or \pu, braces included, in which words of other scripts are text."""
    if command == "\\pu":
        # In units, a space is a product.
        return re.sub(r"(?<=\S) +(?=\S)", r"\\,", group)
    # A triple bond; elsewhere in formulas # is a sign.
    group = group.replace("\\#", "\\bond{3}")
    if group.isascii():
        return group
    parts: list[str] = []
    depth = 0
    mathematics = False
    for step in _STEP.findall(group):
        depth += (step == "{") - (step == "}")
        mathematics ^= step == "$"
        # Braces within hold text or mathematics already.
        plain = depth == 1 and not mathematics and step[0] not in "\\{}$"
        parts.append(_FOREIGN.sub(r"\\text{\g<0>}", step.translate(_SIGNS)) if plain else step)
    return "".join(parts)
