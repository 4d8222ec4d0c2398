"""Bytes of a Markdown file -> front matter, title and line-true Markdown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.decoding import decode_note
from notepress.errors import Diagnostic, NoteError, Severity
from notepress.frontmatter import FrontMatter, ParsedNote, parse_note
from notepress.model import Status

FILE = "notes/a.md"
CLEAN = "---\ntitle: 概率\ndate: 2026-01-07\n---\n\n# 概率\n\n正文 $x$。\n\n```sh\n# 注释\n```\n"
TEXT = "---\ntitle: 语言模型的基础\n---\n\n我们在这里学习的是中国的语言模型，大家可以看到它的样子。\n"
TRADITIONAL = "---\ntitle: 語言模型\n---\n\n我們在這裡學習的是中國的語言，大家說這個時候來了。\n"


def parsed(text: str) -> ParsedNote:
    """Return a note's parts."""
    return parse_note(text.encode(), file=FILE)


def front(yaml: str) -> FrontMatter:
    """Return right front matter."""
    note = parsed(f"---\n{yaml}\n---\n\n正文\n")
    assert note.diagnostics == ()
    return note.front


def mistakes(yaml: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with front matter; the body survives in every case."""
    note = parsed(f"---\n{yaml}\n---\n\n正文\n")
    assert note.markdown.strip() == "正文"
    return note.diagnostics


def encoding_error(content: bytes) -> Diagnostic:
    """Return the one diagnostic of a file that cannot be decoded."""
    note = parse_note(content, file=FILE)
    assert note.markdown == ""
    [found] = note.diagnostics
    assert found.code == "encoding"
    assert found.severity is Severity.ERROR
    assert found.file == FILE
    return found


def test_front_matter_that_never_ends_is_said_to() -> None:
    """Keys after a first `---` that nothing closes are text, and a warning at line 1; a rule before text is a rule."""
    parsed = parse_note("---\ntitle: 题\n\n# 标题\n\n文字\n".encode(), file="a.md")
    assert [(d.code, d.line) for d in parsed.diagnostics] == [("unclosed-front-matter", 1)]
    assert (parsed.heading, parsed.markdown.split("\n")[1]) == ("标题", "title: 题")
    assert parse_note("---\n\n文字：一\n".encode(), file="a.md").diagnostics == ()


def test_a_heading_without_its_space_is_the_title() -> None:
    """`#标题` at the top of a note is its title, as Typora has it."""
    parsed = parse_note("#绪论\n\n##一\n".encode(), file="a.md")
    assert (parsed.heading, parsed.headline) == ("绪论", 1)


def test_every_key_is_read() -> None:
    """Front matter with all keys gives all values."""
    found = front(
        "title: n 阶马尔可夫假设\nsubtitle: 理想与近似\nabstract: 一句话\nfile: 文件名\n"
        "status: draft\ndate: 2026-01-07\ntags: [语言模型, 概率]"
    )
    assert (found.title, found.subtitle, found.abstract) == ("n 阶马尔可夫假设", "理想与近似", "一句话")
    assert (found.file, found.status, found.date) == ("文件名", Status.DRAFT, "2026-01-07")
    assert found.tags == ("语言模型", "概率")


@pytest.mark.parametrize("quote", ["'", '"'])
def test_bad_input_31_quoted_title_with_every_special_character_is_kept(quote: str) -> None:
    """Characters that TeX or Markdown would read as commands are just text in a title."""
    title = r"100% of A_B & C \input{x} #1 ~ ^ {"
    written = title.replace("\\", "\\\\") if quote == '"' else title
    assert front(f"title: {quote}{written}{quote}").title == title


def test_unquoted_title_with_special_characters_needs_no_quotes() -> None:
    """Percent signs, ampersands, braces and backslashes inside a plain YAML value stay."""
    assert front(r"title: 100% of A_B & C \input{x} ~ ^ {").title == r"100% of A_B & C \input{x} ~ ^ {"


@pytest.mark.parametrize("key", ["title", "subtitle", "abstract", "file", "date", "tags", "status"])
@pytest.mark.parametrize("nothing", ["", " null", " ~"])
def test_bad_input_31_empty_value_is_the_default(key: str, nothing: str) -> None:
    """A key left empty, as note templates do, means the same as no key."""
    assert front(f"{key}:{nothing}") == FrontMatter()


@pytest.mark.parametrize("title", ["2024", "007", "3.10", "12:30", "2026-01-07", "yes", "1e3"])
def test_title_is_text_whatever_it_looks_like(title: str) -> None:
    """Numbers, times, dates and truth values are titles to every author, as typed."""
    assert front(f"title: {title}").title == title


@pytest.mark.parametrize("yaml", ["title: [a]", "title: {a: b}", "status: finished", "tags: {a: b}", "date: [1]"])
def test_bad_input_31_wrong_value_is_an_error_at_its_line(yaml: str) -> None:
    """A list as a title or a status that does not exist is reported where it stands."""
    [found] = mistakes(f"subtitle: x\n{yaml}")
    assert (found.code, found.line, found.file) == ("bad-value", 3, FILE)


def test_all_wrong_values_are_reported_at_once() -> None:
    """An author mends a note's front matter after one run."""
    assert [(d.code, d.line) for d in mistakes("title: [a]\nstatus: finished")] == [("bad-value", 2), ("bad-value", 3)]


@pytest.mark.parametrize(
    ("yaml", "date"),
    [("date: 2026-01-07", "2026-01-07"), ("date: '2026-01-07'", "2026-01-07"), ("date: 2026 年春", "2026 年春")],
)
def test_date_is_text_in_iso_form_or_as_written(yaml: str, date: str) -> None:
    """A date is shown as the author wrote it."""
    assert front(yaml).date == date


def test_date_with_a_time_is_a_day() -> None:
    """Front matter written by other tools carries times; a note shows the day."""
    assert front("date: 2026-01-07 10:30:00").date == "2026-01-07"


def test_impossible_date_blames_no_other_line() -> None:
    """If a date that does not exist is reported, then at its own line; other values are not lost silently."""
    note = parsed("---\ntitle: 标题\ntags: [a]\ndate: 2026-02-30\n---\n")
    assert [d.line for d in note.diagnostics] in ([], [4])
    assert note.diagnostics or note.front.date == "2026-02-30"


@pytest.mark.parametrize(
    ("yaml", "tags"),
    [
        ("tags: 概率", ("概率",)),
        ("tags: 概率, 语言模型", ("概率", "语言模型")),
        ("tags: [a, 2024]", ("a", "2024")),
        ("tags:\n  - a\n  - b", ("a", "b")),
        ("tags: []", ()),
        ("tags: ''", ()),
        ("tags: a,", ("a",)),
    ],
)
def test_tags_are_a_list_or_a_line(yaml: str, tags: tuple[str, ...]) -> None:
    """Tags may be a YAML list or a string with commas; none of them is empty."""
    assert front(yaml).tags == tags


def test_bad_input_31_colon_in_a_title_gives_line_column_and_hint() -> None:
    """`title: a: b` is shown at the note's own line and says to quote."""
    [found] = mistakes("subtitle: x\ntitle: a: b")
    assert (found.code, found.line, found.column) == ("yaml-syntax", 3, 9)
    assert "quotes" in (found.hint or "")


@pytest.mark.parametrize(
    ("yaml", "code"),
    [
        ("title: &a x\nsubtitle: *a", "yaml-alias"),
        ("title: x\ntitle: y", "duplicate-key"),
        ("tags: [a]\ntitle: !!python/object/apply:os.system ['x']", "yaml-syntax"),
    ],
)
def test_bad_input_31_hostile_yaml_is_an_error_and_nothing_runs(yaml: str, code: str) -> None:
    """Aliases, repeated keys and Python tags are refused at line 3."""
    [found] = mistakes(yaml)
    assert (found.code, found.line) == (code, 3)


@pytest.mark.parametrize(
    ("yaml", "title", "lost"),
    [
        ("title: 100% of C \\input{x} #1 ~ ^ {", "100% of C \\input{x}", "#1 ~ ^ {"),
        ("title: x#y #z #w", "x#y", "#z #w"),
        ("title: 甲  # 注", "甲", "# 注"),
        ("title: C# 语言", "C# 语言", None),
        ("title: '甲 #1'", "甲 #1", None),
        ("title: a: b #1", "a: b #1", None),
        ("title: 甲\nstatus: draft # 以后", "甲", None),
    ],
)
def test_bad_input_31_a_title_that_yaml_cuts_off_is_said(yaml: str, title: str, lost: str | None) -> None:
    """What YAML takes for a comment is no part of a title, and never goes without a word."""
    note = parsed(f"---\n{yaml}\n---\n")
    assert note.front.title == title
    found = [(d.line, d.message.split("`")[1]) for d in note.diagnostics if d.code == "yaml-comment"]
    assert found == ([(2, lost)] if lost else [])


def test_bad_input_31_half_a_character_is_an_error() -> None:
    """A surrogate, which no file can hold, is an error at its line, and the title is what was typed."""
    note = parsed('---\ntitle: "\\ud800"\n---\n')
    assert [(d.code, d.line) for d in note.diagnostics] == [("yaml-syntax", 2)]
    assert note.front.title == '"\\ud800"'


def test_a_mistake_costs_its_key_and_no_other() -> None:
    """Of front matter that is no YAML, every sound key counts, and a line of text as it stands; all is reported."""
    note = parsed(
        "---\ntitle:   甲: 乙\ntags:\n  - a\n  - b\nsubtitle: [开\nabstract: &x y\n@o: p\ntags: c\nstatus: 没有\n"
        "date: 2020-01-02 10:00\nfile: !!python/object:os.system x\n---\n正文\n"
    )
    front = note.front
    assert (front.title, front.tags, front.subtitle, front.abstract) == ("甲: 乙", ("a", "b"), "[开", "y")
    assert (front.date, front.file, front.status) == ("2020-01-02", None, Status.PUBLISHED)
    assert [(d.code, d.line) for d in note.diagnostics] == [
        ("yaml-syntax", 2),
        ("yaml-syntax", 6),
        ("yaml-syntax", 8),
        ("duplicate-key", 9),
        ("bad-value", 10),
        ("yaml-syntax", 12),
    ]
    assert note.lines["date"] == 11
    assert not note.unreadable


def test_list_as_front_matter_is_an_error() -> None:
    """Front matter that is a list is said to be one; the note's text stays."""
    [found] = mistakes("- a\n- b")
    assert found.code == "yaml-syntax"
    assert "a list" in found.message


def test_key_of_another_tool_is_no_business_of_ours() -> None:
    """Jekyll, Hugo and Obsidian write their own keys; they pass in silence."""
    assert front("title: x\nlayout: post\ncategories: [a]\nmathjax: true\n1: x").title == "x"


@pytest.mark.parametrize(
    ("key", "meant"), [("titel", "title"), ("subtitel", "subtitle"), ("stauts", "status"), ("tag", "tags")]
)
def test_misspelt_key_is_a_warning_with_a_suggestion(key: str, meant: str) -> None:
    """A near miss of a known key is pointed out but does not stop the note."""
    [found] = mistakes(f"abstract: x\n{key}: draft")
    assert found.severity is Severity.WARNING
    assert (found.code, found.line, found.hint) == ("unknown-key", 3, f"did you mean `{meant}`?")


@pytest.mark.parametrize(
    "text",
    [
        "---\n\n正文一段。\n\n---\n\n又一段。\n",
        "---\n正文一段。\n---\n",
        "---\n\n# 标题\n\n正文。\n\n---\n\n又一段。\n",
        "---\n\n# 标题\n\n---\n\n又一段。\n",
        "---\n> 引文\n\n---\n",
        "---\n",
        "---",
        "----\ntitle: x\n----\n",
        "\n---\ntitle: x\n---\n",
        " ---\ntitle: x\n---\n",
    ],
)
def test_rule_at_the_top_is_no_front_matter(text: str) -> None:
    """A note may begin with a horizontal rule: not a character of it disappears and nothing is reported."""
    note = parsed(text)
    assert note.markdown.rstrip("\n") == text.rstrip("\n")
    assert note.diagnostics == ()
    assert note.front == FrontMatter()


@pytest.mark.parametrize(
    "text", ["---\n---\n正文\n", "---\n\n---\n正文\n", "---\n# title: x\n---\n正文\n", "---\ntitle: x\n...\n正文\n"]
)
def test_front_matter_is_blanked_not_cut(text: str) -> None:
    """Line numbers in the Markdown are those an editor shows, and no trace of front matter is typeset."""
    note = parsed(text)
    assert note.markdown.strip() == "正文"
    assert note.markdown.split("\n").index("正文") == text.split("\n").index("正文")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["", "正文", "# 题", "---", "```", "- a: b", "    代码"]), max_size=12), st.integers(0, 4)
)
def test_body_lines_keep_their_numbers(body: list[str], keys: int) -> None:
    """Whatever follows the front matter stands at the line where the author wrote it."""
    head = ["---", "title: x", *(f"key{n}: y" for n in range(keys)), "---"]
    note = parsed("\n".join([*head, *body, "末行"]))
    assert note.markdown.split("\n")[len(head) : len(head) + len(body) + 1] == [*body, "末行"]
    assert not any(note.markdown.split("\n")[: len(head)])


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + CLEAN.encode(),
        CLEAN.replace("\n", "\r\n").encode(),
        CLEAN.replace("\n", "\r").encode(),
        CLEAN.removesuffix("\n").encode(),
        b"\xef\xbb\xbf" + CLEAN.replace("\n", "\r\n").removesuffix("\r\n").encode(),
    ],
    ids=["bom", "crlf", "cr", "no-final-newline", "all"],
)
def test_bad_input_26_bom_and_line_ends_change_nothing(content: bytes) -> None:
    """A BOM, Windows line ends or a missing last newline give exactly the note of the clean file."""
    assert parse_note(content, file=FILE) == parsed(CLEAN)


@pytest.mark.parametrize(
    ("text", "encoding", "likely"),
    [
        (TEXT, "gb2312", "GB18030"),
        (TEXT, "gb18030", "GB18030"),
        (TRADITIONAL, "big5", "BIG5"),
        (TEXT, "utf-16", "UTF-16"),
        ("\ufeff" + TEXT, "utf-16-be", "UTF-16"),
        ("# plain English title\n\nand plain English text\n", "utf-16-le", "UTF-16LE"),
        (TEXT, "utf-16-le", "UTF-16LE"),
        (TEXT, "utf-16-be", "UTF-16BE"),
        ("# 甲\n", "utf-16-le", "UTF-16LE"),
        (TEXT, "utf-32", "UTF-32"),
        ("# 甲\n", "gbk", "GB18030"),
        ("# 概率论\n\n文字。“引”\n", "gbk", "GB18030"),
        ("# 乙\n", "big5", "BIG5"),
    ],
)
def test_bad_input_26_other_encoding_is_an_error_that_names_it(text: str, encoding: str, likely: str) -> None:
    """A file saved in a Chinese legacy encoding or UTF-16 says which it probably is, and how to convert."""
    found = encoding_error(text.encode(encoding))
    assert likely in (found.hint or "")
    assert "offset" in found.message


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("bad", [b"\xff", b"\0"], ids=["invalid", "nul"])
def test_bad_input_26_bad_byte_is_found_at_its_offset_and_line(prefix: bytes, bad: bytes) -> None:
    """The offset is that of a hex editor, counted in bytes of the file, and the line that of a text editor."""
    before = prefix + "# 标题\n\n正文".encode()
    found = encoding_error(before + bad + b"abc\n")
    assert found.line == 3
    assert re.search(rf"offset {len(before)}$", found.message)
    assert bad == b"\0" or "0xFF" in found.message


@pytest.mark.parametrize(
    "content",
    [b"# title\n\nab\0c\n", "# 标题\n\n正\0文\n".encode(), "中文字".encode()[:-1], "# 题\n\n概率论与统".encode()[:-2]],
    ids=["nul-ascii", "nul-utf8", "cut", "cut-long"],
)
def test_damaged_utf8_is_not_taken_for_another_encoding(content: bytes) -> None:
    """One bad byte in a UTF-8 file never suggests an iconv that would garble the rest."""
    found = encoding_error(content)
    assert not re.search("GB18030|BIG5|UTF-16", found.hint or "")


def test_bad_input_26_latin_text_is_not_taken_for_chinese() -> None:
    """Where nothing speaks for an encoding, none is named."""
    assert encoding_error("# café\n\nrésumé über\n".encode("latin-1")).hint == "save it as UTF-8"


def test_decode_note_raises_what_parse_note_reports() -> None:
    """Callers that want an exception get the same diagnostic."""
    content = TEXT.encode("gb18030")
    with pytest.raises(NoteError) as caught:
        decode_note(content, file=FILE)
    assert caught.value.diagnostics == (encoding_error(content),)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_make_it_raise(content: bytes) -> None:
    """Whatever the file holds, the result is a note, with an error if it is no text."""
    note = parse_note(content, file=FILE)
    assert all(d.file == FILE and (d.line or 0) >= 1 for d in note.diagnostics)


@pytest.mark.parametrize(
    ("markdown", "heading", "headline"),
    [
        ("# 标题\n\n正文", "标题", 1),
        ("\n\n# 标题 #\n", "标题", 3),
        ("### 三级\n", "三级", 1),
        ("   # 缩进三格\n", "缩进三格", 1),
        ("# 标题 {#id .class}\n", "标题", 1),
        ("# 采样空间 {0, 1}\n", "采样空间 {0, 1}", 1),
        ("# 速查 $\\frac{a}{b}$\n", "速查 $\\frac{a}{b}$", 1),
        ("# C#\n", "C#", 1),
        ("标题\n===\n\n正文", "标题", 1),
        ("引言。\n\n# 标题\n", "标题", None),
        ("引言。\n\n标题\n===\n", "标题", None),
        ("```sh\n# 注释\n```\n\n# 标题\n", "标题", None),
        ("~~~\n# 注释\n```\n# 仍是\n~~~\n# 标题\n", "标题", None),
        ("````\n```\n# 注释\n```\n````\n# 标题\n", "标题", None),
        ("```\n标题\n===\n```\n", None, None),
        ("    # 缩进四格\n", None, None),
        ("#没有空格\n", None, None),
        ("####### 七个\n", None, None),
        ("# \n\n# 第二个\n", "第二个", None),
        ("```\n# 没有关上\n", None, None),
        ("", None, None),
    ],
)
def test_first_heading_is_the_title(markdown: str, heading: str | None, headline: int | None) -> None:
    """The first heading outside code names the note; only one that opens it is its headline."""
    note = parsed(markdown)
    assert note.heading == heading
    assert note.headline == headline


def test_headline_counts_lines_of_the_file() -> None:
    """The headline's line is that of the file, front matter included."""
    assert parsed("---\nstatus: draft\n---\n\n# 标题\n").headline == 5
