"""Footnotes where TeX loses them or sets them twice: heads of tables, captions, tables in boxes."""

from __future__ import annotations

import re

import pytest

from tests.e2e.repo import Repo

pytestmark = pytest.mark.tex

NOTE = """\
# 脚注

!!! note
    文字[^0]

    | 甲[^1] | 乙 |
    |--|--|
    | 三 | 四[^2] |

外面[^3]

: 表题[^4] {#tbl-x}

| 甲[^5] | 乙 |
|--|--|
| 一[^6] | 二 |

![图题[^7]](figure.tikz)

[^0]: 零注
[^1]: 一注 `a#b` $x^2$
[^2]: 二注

    ```py
    def f(x):
        return "\\{%}#"
    ```

[^3]: 三注

    ```
    没有语言

    空行之后
    ```

自己[^s]与里面[^8]

[^s]: 自注[^s]
[^8]: 八注^[九注 $x$[^10]]

    | 甲[^11] | 乙 |
    |--|--|
    | 一 | 二[^12] |
[^10]: 十注
[^11]: 天注
[^12]: 地注
[^4]: 四注
[^5]: 五注
[^6]: 六注
[^7]: 七注
"""


def test_every_footnote_is_set_once(repo: Repo) -> None:
    """Wherever its mark stands, the text of a footnote is in the PDF once, after the mark's own number."""
    repo.write("notes.yaml", "title: 书\n").write("notes/一/a.md", NOTE)
    repo.write("notes/一/figure.tikz", "\\begin{tikzpicture}\\draw (0,0) rectangle (3,1);\\end{tikzpicture}\n")
    assert repo.build().diagnostics == ()
    words = re.sub(r"\s+", "", repo.pdf_text("一/脚注.pdf", "-raw"))
    for number, name in enumerate("零一二三四五六七八九十天地自"):
        assert words.count(f"{name}注") == 1, number
    # In a box notes have letters, outside numbers, in the order of their marks.
    for mark, text in (
        ("a", "零注"),
        ("b", "一注a#b"),
        ("c", "二注"),
        ("1", "三注"),
        ("2", "四注"),
        ("3", "五注"),
        ("4", "六注"),
        ("5", "自注[^s]"),
        ("6", "八注"),
    ):
        assert f"{mark}{text}" in words
    assert "甲b" in words
    assert "表题2" in words
