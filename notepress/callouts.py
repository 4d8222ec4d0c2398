"""The names that GitHub, Obsidian, MkDocs, VuePress, Docusaurus, Quarto, GitBook and Hexo give to boxes -> their kinds.

A kind is what the template knows (colour and weight); many names share one, and each has a Chinese title of its own.
"""

from __future__ import annotations

from types import MappingProxyType

BLOCK = "block"
# For each kind, names and their titles in turn.
_NAMES = {
    "note": "note 注 info 信息 default 注 primary 注 secondary 注 remark 注 memo 备忘 notice 注 "
    "property 性质 notation 记号 details 详情 detail 详情 fold 详情 folding 详情 spoiler 详情 "
    "collapse 详情 hidetoggle 详情 hideblock 详情 expand 详情 toggle 详情 accordion 详情 accordion-item 详情 "
    "callout 注 alert 注 admonition 注 message 注 box 注 panel 注",
    "abstract": "abstract 摘要 summary 摘要 tldr 摘要 todo 待办",
    "tip": "tip 提示 tips 提示 hint 提示 success 成功 check 完成 done 完成 solution 解答 answer 答案",
    "important": "important 重要 axiom 公理 law 定律",
    "question": "question 问题 help 帮助 faq 常见问题 problem 问题 exercise 练习",
    "warning": "warning 警告 caution 小心 attention 注意 warn 警告",
    "danger": "danger 危险 error 错误 failure 失败 fail 失败 missing 缺失 bug 缺陷",
    "example": "example 示例 case 示例",
    # Not boxes of a colour but blocks of mathematics, which print their names themselves (lua/theorems.lua).
    BLOCK: "theorem 定理 lemma 引理 corollary 推论 proposition 命题 conjecture 猜想 definition 定义 proof 证明",
    "quote": "quote 引用 cite 引用 quotation 引用",
}
KINDS = MappingProxyType(
    {
        name: (kind, title)
        for kind, words in _NAMES.items()
        for name, title in zip(words.split()[::2], words.split()[1::2], strict=True)
    }
)


def kind_of(name: str) -> str:
    """Return the kind of a box by its name in any of the dialects; of an unknown one, `note`."""
    return KINDS.get(name.lower(), ("note", ""))[0]


def title_of(name: str) -> str:
    """Return the title of a box that has none of its own; an unknown name is its own title."""
    return KINDS[name.lower()][1] if name.lower() in KINDS else name
