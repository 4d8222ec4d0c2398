"""Lines that editors read otherwise than CommonMark -> what CommonMark reads so."""

from __future__ import annotations

import pytest

from notepress.looselines import space_headings, tighten


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#绪论\n\n文字\n\n##方法\n文字", "# 绪论\n\n文字\n\n## 方法\n文字"),
        ("文字\n###1.2 定义\n", "文字\n### 1.2 定义\n"),
        ("##SVM的对偶\n", "## SVM的对偶\n"),
        ("> ##引用里\n", "> ## 引用里\n"),
        ("文\n#“引号”\n文", "文\n# “引号”\n文"),
        ("文\n#一、绪论\n文", "文\n# 一、绪论\n文"),
        ("文\n#1.绪论\n文", "文\n# 1.绪论\n文"),
        ("#一\n文\n#二\n", "# 一\n文\n# 二\n"),
    ],
)
def test_a_heading_without_a_space_is_one(text: str, expected: str) -> None:
    """A line of #, and hanzi right after it, is a heading as in Typora."""
    assert space_headings(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "#概率 #语言模型\n\n文字\n",
        "#概率\n\n文字\n",
        "文字\n\n#概率\n",
        "# 绪论\n\n#概率\n\n文字\n",
        "## 小节\n\n#标签 后面的话\n",
        "#include <x>\n",
        "#1 号问题\n",
        "文字 #标签\n",
        "```\n#注释\n##注释\n```\n",
        "    #缩进的代码\n",
        "##define X\n",
        "#######七个\n",
        "\\#不是\n",
    ],
)
def test_tags_and_code_are_no_headings(text: str) -> None:
    """Tags of Obsidian, code and what begins otherwise stay as they are."""
    assert space_headings(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一句话。 ^abc123\n", "一句话。 \n"),
        ("| 表 |\n|--|\n| 1 |\n\n^my-table\n", "| 表 |\n|--|\n| 1 |\n\n\n"),
        ("面积是 x ^2\n", "面积是 x ^2\n"),
        ("指数 ^n\n", "指数 ^n\n"),
        ("```\na ^abcdef\n```\n", "```\na ^abcdef\n```\n"),
        ("文\n　　\n文\n", "文\n\n文\n"),
        ("　　缩进\n", "　　缩进\n"),
        ("[TOC]\n文\n", "\n文\n"),
        ("> [[toc]]\n\n@[TOC](目录)\n- TOC\n{:toc}\n", "> \n\n\n\n\n"),
        ("```\n[TOC]\n```\n文[TOC]\n", "```\n[TOC]\n```\n文[TOC]\n"),
    ],
)
def test_what_nobody_sees_goes(text: str, expected: str) -> None:
    """The name of a block at the end of its line, and a line of full-width spaces, are not printed."""
    assert tighten(text) == expected
