"""What static site generators and note apps write, on the page: one note with all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import once
from tests.e2e.repo import PNG, Repo, Result

pytestmark = pytest.mark.tex

NOTE = """\
[toc]

# 网站的写法

{% tabs 三种写法 %}
<!-- tab 递归@code -->
递归的内容。
<!-- endtab -->
<!-- tab -->
第二页的内容。
<!-- endtab -->
{% endtabs %}

{% codeblock 快速排序 lang:python %}
x = 1  # 代码的注释
{% endcodeblock %}

{% blockquote 霍尔, 论文集 https://example.org 原文 %}
被引用的话。
{% endblockquote %}

{% cq %}居中的话{% endcq %}

{{< figure src="/img/一.png" title="图的题目" width="30" >}}

{{% notice tip "提示的题目" %}} 一行里的提示 {{% /notice %}}

行内的 {{< katex >}}\\pi{{< /katex >}}，标签{% label @重点 %}。

!> 要紧的段落。

一段话。
{: .prompt-warning }

<aside>
💡 笔记软件的框。
</aside>

<table>
  <tr><td>

- 格里的列表

  </td><td>格里的字</td></tr>
</table>

用 vector<int> 和 <T>。

{% stranger 陌生的题目 %}
陌生的内容。
{% endstranger %}

{% youtube abc %}
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repo, Result]:
    """Return the project and its only build."""
    return once(tmp_path_factory, "sites", _built)


def _built(folder: Path) -> tuple[Repo, Result]:
    repo = Repo(folder).write("甲.md", NOTE).write("static/img/一.png", PNG)
    return repo, repo.build()


def test_only_what_print_does_not_have_is_named(built: tuple[Repo, Result]) -> None:
    """Nothing is lost, and nothing else is said."""
    said = [(NOTE.split("\n")[(d.line or 0) - 1], d.code) for d in built[1].note("甲").diagnostics]
    assert said == [
        ("用 vector<int> 和 <T>。", "html-as-text"),
        ("用 vector<int> 和 <T>。", "html-as-text"),
        ("{% stranger 陌生的题目 %}", "unknown-tag"),
        ("{% youtube abc %}", "tag-dropped"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        *(
            "三种写法",
            "递归",
            "三种写法2",
            "第二页的内容",
            "快速排序",
            "代码的注释",
            "——霍尔,论文集，",
            "原文",
            "居中的话",
        ),
        *(
            "图1图的题目",
            "提示的题目",
            "一行里的提示",
            "重点",
            "要紧的段落",
            "警告一段话",
            "笔记软件的框",
            "格里的列表",
        ),
        *("格里的字", "vector<int>和<T>", "陌生的题目", "陌生的内容", "youtube.com/watch?v=abc"),
    ],
)
def test_its_words_are_on_its_pages(built: tuple[Repo, Result], words: str) -> None:
    """Titles, arguments and what tags hold can be read, and copied."""
    assert words in built[0].pdf_words("网站的写法.pdf")


def test_marks_of_sites_are_not_on_its_pages(built: tuple[Repo, Result]) -> None:
    """What only a generator understands is not printed, and the title is printed once."""
    words = built[0].pdf_words("网站的写法.pdf")
    assert [mark for mark in ("{%", "{{", "{:", "endtab", "[toc]", "aside", "!>") if mark in words] == []
    assert built[0].pdf_text("网站的写法.pdf", "-l", "1").count("网站的写法") == 1


def test_who_said_it_stands_to_the_right(built: tuple[Repo, Result]) -> None:
    """The end of a quote's last line is at the right margin, where a line of text ends."""
    boxes = re.findall(r'xMax="([\d.]+)"[^>]*>([^<]*)<', built[0].pdf_text("网站的写法.pdf", "-bbox"))
    said = max(float(edge) for edge, word in boxes if "原文" in word)
    assert said > max(float(edge) for edge, _ in boxes) - 30
