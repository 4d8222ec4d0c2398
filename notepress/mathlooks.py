"""Arguments of commands for looks, bold type and colours -> what TeX's fonts and xcolor know."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .mathtokens import Group, Item, Written, name_of, written

# What these take is no number to be made bold: it is a length, a name, or bold already.
_LENGTHS = frozenset(("hspace", "mspace", "vspace", "rule", "raisebox", "hskip", "kern", "color", "text", "symbf"))
_GREEK = re.compile(
    r"\\(?:var)?(?:alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi"
    r"|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega)|[\u0391-\u03c9]"
)
_ALPHABETS = {
    **dict.fromkeys(("mathrm", "mathup", "mathsf", "mathtt", "operatorname", "rm", "sf", "tt"), "symup"),
    **dict.fromkeys(("mathit", "it"), "symit"),
}
TEXT_FONTS = frozenset(_ALPHABETS)
_HEXADECIMAL = re.compile(r"\\?#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
_RGB = re.compile(r"rgb\((\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})\)")


def with_greek(items: Sequence[Item], alphabet: str) -> list[Item]:
    r"""Give Greek letters the math font's: \mathrm and its like, also \rm, are fonts of text, which have none."""
    style = _ALPHABETS[alphabet]
    out: list[Item] = []
    for item in items:
        if isinstance(item, Group):
            out.append(Group(tuple(with_greek(item.body, alphabet))))
        elif isinstance(item, str) and not isinstance(item, Written) and _GREEK.fullmatch(item):
            out.append(Group((Written(f"\\npgreek{{\\{style}}}{{{item}}}"),)))
        else:
            out.append(item)
    return out


def bolder(item: Item, after: str = "") -> Item:
    """Write digits as what is bold of them: bold italic, which letters become, has none. Lengths stay."""
    if isinstance(item, Group) and after not in _LENGTHS:
        names = ["", *("#" if before == "#" else name_of(before) or "" for before in item.body)]
        return Group(tuple(bolder(one, name) for one, name in zip(item.body, names, strict=False)))
    # #1 is a parameter.
    if isinstance(item, str) and item.isdecimal() and item.isascii() and after != "#":
        return Group((Written(f"\\symbf{{{item}}}"),))
    return item


def coloured(out: list[Item], name: str) -> list[Item]:
    """Write colours as xcolor wants them: #f00, rgb(255,0,0) and names that it may not know."""
    if name not in {"color", "textcolor", "colorbox", "fcolorbox"}:
        return out
    made: list[Item] = []
    left = 2 if name == "fcolorbox" else 1
    for item in out:
        colour = written(item.body).strip() if isinstance(item, Group) and left else None
        left -= colour is not None
        if colour and (hexadecimal := _HEXADECIMAL.fullmatch(colour)):
            digits = hexadecimal[1] if len(hexadecimal[1]) == 6 else "".join(2 * d for d in hexadecimal[1])
            made.append(Written(f"[HTML]{{{digits.upper()}}}"))
        elif colour and (numbers := _RGB.fullmatch(colour)):
            made.append(Written(f"[RGB]{{{','.join(numbers.groups())}}}"))
        elif colour and re.fullmatch(r"[A-Za-z]+", colour):
            made.append(Written(f"{{\\npcolor{{{colour}}}}}"))
        else:
            made.append(item)
    return made
