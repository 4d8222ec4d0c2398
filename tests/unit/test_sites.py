"""Tags of static site generators -> the Markdown that they mean, line for line, and what is said of the rest."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress.blocksyntax import arrange
from notepress.fences import plain_infos
from notepress.sitecode import fence_code
from notepress.sites import Settled, settle_tags
from notepress.sitetags import TAG, read_tag, visible_words


def settled(markdown: str) -> Settled:
    """Return what a note becomes."""
    return settle_tags(fence_code(markdown), file="甲.md", written=markdown)


@pytest.mark.parametrize(
    ("written", "name", "words", "values"),
    [
        ("{% note info 标题 %}", "note", ("info", "标题"), {}),
        ("{%- raw -%}", "raw", (), {}),
        ('{{< figure src="a b.png" title=图 >}}', "figure", (), {"src": "a b.png", "title": "图"}),
        ("{{<\nfigure\nsrc='a'\n>}}", "figure", (), {"src": "a"}),
        ("{{< br />}}", "br", (), {}),
        ('{% codeblock 题 lang:c http://a.b/ "两 词" %}', "codeblock", ("题", "http://a.b/", "两 词"), {"lang": "c"}),
        ("{% btn https://a.b, 文字 %}", "btn", ("https://a.b", "文字"), {}),
    ],
)
def test_a_tag_has_a_name_words_and_values(written: str, name: str, words: tuple[str, ...], values: object) -> None:
    """Words in quotes are one, `key=value` and a few options with a colon are values, addresses are words."""
    match = TAG.fullmatch(written)
    assert match
    tag = read_tag(match)
    assert (tag.name, tag.words, tag.values, tag.closes) == (name, words, values, False)


@pytest.mark.parametrize("text", ["{%d} 与 {%}", "{{ x }}", "{{</* a */>}}", "{% %}", "{%\n\nnote %}", "{% 注 %}"])
def test_what_is_no_tag_is_none(text: str) -> None:
    """Percent signs, values, escapes and what goes over a blank line are no tags."""
    assert TAG.search(text) is None


@pytest.mark.parametrize(
    ("markdown", "made"),
    [
        ("{% asset_img a.png 图注 %}", "![图注](<a.png>){.wikilink}"),
        ("{% img /i/a.png 300 200 \"题 '代'\" %}", '![题：代](</i/a.png>){width="300" height="200"}'),
        ('{{< figure src="a.png" caption="[1] 题" >}}', "![\\[1\\] 题](<a.png>){.wikilink}"),
        ('{% include image.html url="/a.png" description="题" %}', "![题](</a.png>)"),
        ("{% post_link 乙 题目 %}", "[题目](<乙>){.wikilink}"),
        ("[文]({% post_url 2020-01-01-a %})", "[文](<2020-01-01-a>){.wikilink}"),
        ('[文]({{< relref "b/_index.md" >}}#节)', "[文](<b/_index.md#节>){.wikilink}"),
        ("![图]({% asset_path a.png %})", "![图](<a.png>){.wikilink}"),
        ("[文]({{ site.baseurl }}/a.md)", "[文](/a.md)"),
        ('![]({{ "/a.png" | relative_url }})', "![](/a.png)"),
        ("{% label primary@字 %}", "==字=="),
        ("{% label 字 green %}", "==字=="),
        ("{% span red, 字 %}", "字"),
        ("{% kbd Ctrl %}", "<kbd>Ctrl</kbd>"),
        ("{{< kbd >}}Ctrl{{< /kbd >}}", "<kbd>Ctrl</kbd>"),
        ("{% btn https://a.b, 文字, fas fa-x %}", "[文字](<https://a.b>)"),
        ('{{< button href="https://a.b" >}}文字{{< /button >}}', "[文字](<https://a.b>)"),
        ("{% checkbox checked, 做完 %}", "☒ 做完"),
        ("甲{% raw %}{{ a }}{% b %}{% endraw %}乙", "甲{{ a }}{% b %}乙"),
        ("{% comment %}\n藏\n{% endcomment %}尾", "\n\n尾"),
        ("{{</* x */>}}", "`{{< x >}}`"),
        ("甲{% highlight js %}a*b{% endhighlight %}乙", "甲`a*b`乙"),
        ("{% include toc.html %}", ""),
        ("`{% note %}` 与 {{ a.b }}", "`{% note %}` 与 {{ a.b }}"),
    ],
)
def test_a_tag_becomes_what_it_means(markdown: str, made: str) -> None:
    """Pictures, links, marks, values of the site and what is only for the site: without a word."""
    result = settled(markdown)
    assert (result.markdown, result.diagnostics) == (made, ())


@pytest.mark.parametrize(
    ("markdown", "made", "code"),
    [
        ("前\n\n{% youtube abc 片子 %}", "前\n\n[片子](<https://www.youtube.com/watch?v=abc>)", "tag-dropped"),
        ('前\n\n{% embed url="https://a.b" %}', "前\n\n<https://a.b>", "tag-dropped"),
        ("前\n\n{% if a %}甲{% endif %}", "前\n\n甲", "tag-dropped"),
        ("前\n\n{% stranger 话 %}", "前\n\n`{% stranger 话 %}`", "unknown-tag"),
        ("前\n\n{% endnote %}", "前\n\n`{% endnote %}`", "unknown-tag"),
        ("前\n\n{% note 话 %}", "前\n\n`{% note 话 %}`", "unclosed-block"),
    ],
)
def test_what_print_does_not_have_is_named_at_its_line(markdown: str, made: str, code: str) -> None:
    """The text of a tag arrives, as far as there is any, and a diagnostic says where it stands."""
    result = settled(markdown)
    assert result.markdown == made
    assert [(d.code, d.file, d.line, d.column) for d in result.diagnostics] == [(code, "甲.md", 3, 1)]


@pytest.mark.parametrize(
    ("markdown", "made"),
    [
        ("- 甲 {% highlight c %}\n  a\n  {% endhighlight %}", "- 甲 \n  ```c\n  a\n  ```"),
        ("[^1]: 甲 {% note %}乙{% endnote %}", "[^1]: 甲 乙"),
        ("甲 {% note %} 乙 {% endnote %} 丙", "甲 \n\n{% note  %}\n乙\n{% endnote %}\n丙"),
        ("- {% note %}乙{% endnote %}", "- \n  {% note  %}\n  乙\n  {% endnote %}"),
        ("> {% note %}乙\n> 丙{% endnote %}", "> {% note  %}\n> 乙\n> 丙\n> {% endnote %}"),
        ("| {% note %}乙{% endnote %} |", "| 乙 |"),
        ("# {% stranger 题 %}乙{% endstranger %}", "# **题** 乙"),
        ("{{% notice tip %}}乙{{% /notice %}}", "{% notice tip %}\n乙\n{% endnotice %}"),
        ('{{< tabs "id" >}}\n{{< /tabs >}}', "{% tabs  %}\n{% endtabs %}"),
        (
            "{% tabs 组 %}\n<!-- tab 甲@x -->\n一\n<!-- tab -->\n二\n{% endtabs %}",
            '{% tabs 组 %}\n{% tab "甲" %}\n一\n{% endtab %}\n{% tab "组 2" %}\n二\n{% endtab %}\n{% endtabs %}',
        ),
        ('{% include tip.html content="话" %}', "{% note tip %}\n话\n{% endnote %}"),
    ],
)
def test_a_box_gets_lines_of_its_own(markdown: str, made: str) -> None:
    """A box in the middle of a line begins one in its quote or list; in a row of a table there is no room for it."""
    assert settled(markdown).markdown == made


@pytest.mark.parametrize(
    ("markdown", "made"),
    [
        ("{% codeblock 题 lang:py %}\na\n{% endcodeblock %}", '```py {title="题"}\na\n```'),
        ("{% highlight py linenos %}\na\n{% endhighlight %}", "```py {.numberLines startFrom=1}\na\n```"),
        (
            '{{< highlight go "linenostart=7,linenos=table" >}}\na\n{{< /highlight >}}',
            "```go {.numberLines startFrom=7}\na\n```",
        ),
        ("> {% mermaid %}\n> a\n> {% endmermaid %}", "> ```mermaid\n> a\n> ```"),
        ("{% codeblock %}\n````\n{% endcodeblock %}", "`````\n````\n`````"),
        ("- {% codeblock %}\n  a\n  {% endcodeblock %}", "- ```\n  a\n  ```"),
        ('{% code title="a.js" %}\n```js\na\n```\n{% endcode %}', '\n```js {title="a.js"}\na\n```\n'),
        ("```\n{% codeblock %}\n{% endcodeblock %}\n```", "```\n{% codeblock %}\n{% endcodeblock %}\n```"),
        ("{% raw %}\n{% codeblock %}\n{% endraw %}", "{% raw %}\n{% codeblock %}\n{% endraw %}"),
        ("{% codeblock 没有结束 %}\na", "{% codeblock 没有结束 %}\na"),
    ],
)
def test_code_between_tags_is_fenced(markdown: str, made: str) -> None:
    """Language, title and numbers stay, no line moves, and code about tags is left alone."""
    assert plain_infos(fence_code(markdown)) == made


def test_the_first_line_of_code_in_a_fence_may_be_named_in_brackets() -> None:
    """The names that VitePress gives to files are titles, as those in quotes are."""
    made = plain_infos("```js{1,3} [配置 a.js]\n```\n```sh title='b'\n```").split("\n")[::2]
    assert made == ['```js {title="配置 a.js"}', '```sh {title="b"}']


pieces = st.lists(
    st.sampled_from(
        (
            *("甲文 ", "{% note 题目 %}", "{% endnote %}", "{% tabs 组名 %}", "<!-- tab 页名 -->", "<!-- endtab -->"),
            *("\n", "\n\n", "{% endtabs %}", "> ", "- ", "| ", "```\n", "`", "{% stranger 生词 %}"),
            *("{% endstranger %}", "{{< hint >}}", "{{< /hint >}}", "{% raw %}", "{% endraw %}"),
            *("{% blockquote 某人 %}", "{% endblockquote %}", "{% label 字样 %}"),
        )
    ),
    max_size=14,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(pieces)
def test_every_word_arrives_at_its_line(markdown: str) -> None:
    """Whatever stands where: all text and all titles are there once, and each line knows from which line it came."""
    result = settled(markdown)
    lines = result.markdown.split("\n")
    came = result.lines or tuple(range(1, len(lines) + 1))
    assert len(came) == len(lines)
    assert sorted(set(came)) == list(range(1, markdown.count("\n") + 2))
    source = markdown.split("\n")
    for number, line in zip(came, lines, strict=True):
        assert all(char in source[number - 1] or char in "组名" for char in re.findall("[\u4e00-\u9fff]", line))
    for char in "甲文题目生词某人字样":
        assert result.markdown.count(char) == markdown.count(char)


@settings(max_examples=200, deadline=None)
@given(pieces)
def test_boxes_keep_the_words_and_the_lines(markdown: str) -> None:
    """What is made of tags goes through the boxes without a loss, at lines of the note."""
    result = settled(markdown)
    arranged = arrange(result.markdown, file="甲.md", lines=result.lines)
    assert set(arranged.lines or range(1, arranged.markdown.count("\n") + 2)) == set(range(1, markdown.count("\n") + 2))
    for char in "甲文生词字样":
        assert arranged.markdown.count(char) == markdown.count(char)


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("{% note info 题 %}", ["题"]),
        ("{% post_link 文件名 题 %}", ["题"]),
        ('{{< figure src="图.png" title="题" alt="代" >}}', ["题"]),
        ("{% comment %}藏{% endcomment %}", []),
        ("{::comment}藏{:/comment}", []),
        ("{{ 值 }}", ["值"]),
    ],
)
def test_the_audit_looks_for_what_is_meant_to_be_read(markdown: str, seen: list[str]) -> None:
    """Titles are looked for in the pages; names of files, other texts for a picture and comments are not."""
    assert re.findall("[\u4e00-\u9fff]+", visible_words(markdown)) == seen


@pytest.mark.parametrize(
    "part", ['{% note "', "{{< x a=", "{% raw %}", "<!-- tab ", "{% note %}\n", "{{", "{% x \"\" '' "]
)
def test_time_grows_with_the_length(part: str) -> None:
    """Nothing that is never closed is read again from every place."""

    def seconds(repeat: int) -> float:
        note = part * repeat
        started = time.process_time()
        settle_tags(fence_code(note), file="甲.md", written=note)
        return time.process_time() - started + 0.005

    assert min(seconds(2000) / seconds(250) for _ in range(3)) < 30
