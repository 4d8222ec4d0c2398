"""The one rich project of a session, and empty or copied ones for tests that change things."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.e2e.repo import FORMATS, INDEX, PNG, Broken, Repo, Rich
from tests.e2e.watcher import ONE, TWO

CONFIG = """\
title: 测试之书
subtitle: 副题
author: 张三
source: {title: 原书, authors: 李四, url: "https://example.org"}
"""
# About two pages: links and contents have to find their page.
FILLING = "\n\n".join(f"第{number}段。" + "概率与统计的基本概念需要反复练习。" * 8 for number in range(1, 16))
BASICS = f"""\
---
title: 基础(_Basics_)
subtitle: 从 $n$ 到一
abstract: 一句话摘要。
date: 2026-01-07
tags: [概率, 语言模型]
---

## 开头

普通文字，**加粗的字。**后文，*强调的字*，***两者兼有***，`行内代码`，脚注[^1]，“引号”，省略……破折——完。

符号：①②③ Ⅰ ★ ■ → ≤ ≥ ∈ √ 都在。

- 列表甲
  1. 列表乙

> 引文丙

| 表头丁 | 数 |
|:--|--:|
| 单元戊 | $x^2$ |

```python
def 函数己(x):
    return x  # 注释庚
```

$$
\\begin{{align}}
a &= b \\\\
c &= \\boldsymbol{{\\theta}} + \\mathbf{{\\Sigma}}
\\end{{align}}
$$

[^1]: 脚注辛。

{FILLING}

### 细节

细节在后面的页上。

## 结尾

请看[另一篇](02-picture.md)和[下一章](../02-二/01-links.md#目标)。
"""
PICTURE = """\
# 图片

![](figure.png)

图下的字。回到[细节](01-basics.md#细节)。
"""
LINKS = """\
# 链接

先读[基础](../01-一/01-basics.md)，再读[结尾](../01-一/01-basics.md#结尾)，本篇见[目标](#目标)。

## 目标

到了。
"""


Made = TypeVar("Made")


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made], *, bare: bool = False) -> Made:
    """Make something in a new folder, once for all workers of pytest-xdist; the second one waits for the first.

    The folder is a project that finds the session's format, unless it is to be `bare`.
    """
    # Workers have folders of their own beside each other; without xdist there is only one.
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"once-{name}"
    folder.mkdir(exist_ok=True)
    result = folder / "result.pickle"
    formats = None if bare else once(factory, "formats", _formats, bare=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.is_file():
            if formats:
                Repo(folder / "project").link_formats(formats)
            made = make(folder / "project")
            result.write_bytes(pickle.dumps(made))
    found: Made = pickle.loads(result.read_bytes())
    return found


def _formats(folder: Path) -> Path:
    """Return the folder of the format that all projects without templates of their own share."""
    Repo(folder).write("first.md", "# 一\n").build()
    return folder / FORMATS


@pytest.fixture(scope="session")
def formats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The precompiled preamble, made once a session instead of once a test, which took half of the suite's time."""
    return once(tmp_path_factory, "formats", _formats, bare=True)


def _rich(folder: Path) -> Rich:
    repo = (
        Repo(folder)
        .write("notes.yaml", CONFIG)
        .write("README.md", INDEX)
        .write("notes/01-一/chapter.yaml", "title: 第一章 起步\n")
        .write("notes/01-一/01-basics.md", BASICS)
        .write("notes/01-一/02-picture.md", PICTURE)
        .write("notes/01-一/figure.png", PNG)
        .write("notes/01-一/03-planned.md", "---\ntitle: 以后再写\nstatus: planned\n---\n")
        .write("notes/02-二/01-links.md", LINKS)
        .write("notes/02-二/02-draft.md", "---\ntitle: 草稿\nstatus: draft\n---\n\n还没写完。\n")
    )
    return Rich(repo, repo.build(jobs=4))


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Rich:
    """Two chapters with every kind of content, built once a session; only to be looked at."""
    return once(tmp_path_factory, "rich", _rich)


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    """Notes with mistakes beside a good one, built once a session from the command line; only to be looked at."""
    return once(tmp_path_factory, "broken", _broken)


def _broken(folder: Path) -> Broken:
    repo = (
        Repo(folder)
        .write("good.md", "# 好\n\n好的文字。\n")
        .write("formula.md", "# 公式\n\n前文。\n\n$$\na = \\nosuchcommand{b}\n$$\n\n后文。\n")
        .write("picture.md", "# 图\n\n![示意](nowhere.png)\n\n图后的字。\n")
    )
    run = repo.cli("pdf")
    return Broken(repo, run.returncode, run.stdout + run.stderr)


@pytest.fixture
def copy(rich: Rich, tmp_path: Path) -> Repo:
    """The rich project, built, in a folder of its own."""
    return rich.repo.copy_to(tmp_path / "copy")


@pytest.fixture
def bare(tmp_path: Path) -> Repo:
    """A folder with nothing in it, not even the format: what a first build finds."""
    return Repo(tmp_path / "project")


@pytest.fixture
def repo(bare: Repo, formats: Path) -> Repo:
    """A project with nothing in it; its notes may lie at the top, where no chapter has to be joined."""
    return bare.link_formats(formats)


@pytest.fixture
def book(repo: Repo) -> Repo:
    """Two notes in a chapter, and a README."""
    return (
        repo.write("notes.yaml", "title: 书\n")
        .write("README.md", INDEX)
        .write(ONE, "# 一\n\n第一篇的字。\n")
        .write(TWO, "# 二\n\n第二篇的字。\n")
    )
