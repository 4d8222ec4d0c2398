"""Recompute every worked number of the note on greedy and beam search, and its figures."""

import itertools
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tests.numbers.algebra import single
from tests.numbers.printing import scientific
from tests.numbers.reading import WorkedNote

NOTE = WorkedNote("01-语言模型基础/11-贪心搜索还是波束搜索.md")
TEXT = NOTE.text

Tree = Callable[[str], dict[str, Fraction]]


def printed_tree() -> dict[str, dict[str, Fraction]]:
    """The conditional probabilities that the note's table prints."""
    rows = re.findall(r"^\| (（空）|[吃好]{1,2}) \| (0\.\d+) \| (0\.\d+) \|$", TEXT, re.MULTILINE)
    return {
        "" if prefix == "（空）" else prefix: {"吃": Fraction(eat), "好": Fraction(good)} for prefix, eat, good in rows
    }


TABLE = printed_tree()


def small(prefix: str) -> dict[str, Fraction]:
    """The tree in which greedy search loses."""
    return TABLE[prefix]


def triple(prefix: str) -> dict[str, Fraction]:
    """The tree in which a wider beam loses, from the four distributions in its example."""
    found = re.findall(r"(?:是|一律是) \$\((0\.\d+),(0\.\d+),(0\.\d+)\)\$", NOTE.block("exm-beam-monotone"))
    assert len(found) == 4
    numbers = dict(zip(("", "b", "aa", "other"), found, strict=True))
    return dict(zip("abc", map(Fraction, numbers.get(prefix, numbers["other"])), strict=True))


def probability(tree: Tree, sequence: str) -> Fraction:
    """The product of the edges from the root."""
    return math.prod((tree(sequence[:i])[token] for i, token in enumerate(sequence)), start=Fraction(1))


def greedy(tree: Tree, length: int) -> str:
    """Take the likeliest token at each step."""
    out = ""
    for _ in range(length):
        options = tree(out)
        out += max(options, key=lambda token: options[token])
    return out


def layers(tree: Tree, width: int, length: int) -> list[list[str]]:
    """The kept prefixes of beam search after every step, best first; earlier tokens win ties."""
    kept, out = [""], []
    for _ in range(length):
        grown = [prefix + token for prefix in kept for token in tree(prefix)]
        kept = sorted(grown, key=lambda y: (-probability(tree, y), y))[:width]
        out.append(kept)
    return out


def exhaustive(tree: Tree, length: int) -> list[str]:
    """Every leaf, best first."""
    leaves = ["".join(y) for y in itertools.product(tree(""), repeat=length)]
    return sorted(leaves, key=lambda y: (-probability(tree, y), y))


def shown(value: Fraction, digits: int = 3) -> str:
    """A probability as the note prints it."""
    return f"{float(value):.{digits}f}"


def test_distributions_sum_to_one() -> None:
    """Every printed conditional distribution is one, and the first tree has all seven prefixes."""
    assert sorted(TABLE) == sorted(["", *"吃好", *("".join(y) for y in itertools.product("吃好", repeat=2))])
    assert all(sum(row.values()) == 1 for row in TABLE.values())
    prefixes = ["", *"abc", *("".join(y) for y in itertools.product("abc", repeat=2))]
    assert all(sum(triple(prefix).values()) == 1 for prefix in prefixes)
    assert "$V=2$，$T=3$，共 $8$ 片叶子" in TEXT
    assert len(exhaustive(small, 3)) == 8
    assert "$V=3$、$T=3$。" in NOTE.block("exm-beam-monotone")


def test_size_of_the_search_space() -> None:
    """The number of leaves and of candidates a step are the printed powers and products."""
    assert rf"取 $V=50000$、$T=20$，叶子有 ${scientific(float(50000**20))}$ 片" in TEXT
    assert f"取 $V=50000$、$B=5$，每步看 ${5 * 50000}$ 个候选" in TEXT


def test_underflow() -> None:
    """A running product of 0.1 reaches zero at the printed factor, in single and in double precision."""
    steps = []
    for rounded in (single, float):
        product, count = 1.0, 0
        while product > 0:
            product, count = rounded(product * rounded(0.1)), count + 1
        steps.append(count)
    assert f"（float32）连乘到第 ${steps[0]}$ 个因子，结果变成 $0$；双精度要到第 ${steps[1]}$ 个" in TEXT
    assert rf"上面那 ${steps[0]}$ 步的 $S$ 只是 ${steps[0]}\ln0.1={steps[0] * math.log(0.1):.2f}$" in TEXT
    assert "设每步概率都是 $0.1$" in TEXT


def test_greedy_loses() -> None:
    """Greedy search on the table ends at the printed leaf, which is third of the eight printed leaves."""
    where = NOTE.block("exm-beam-greedy")
    out = greedy(small, 3)
    ranking = exhaustive(small, 3)
    steps = [max(small(out[:i]).values()) for i in range(3)]
    factors = r"\times".join(f"{float(x):g}" for x in steps)
    assert f"得到“{out}”，概率 ${factors}={shown(probability(small, out))}$" in where
    for i, edge in enumerate(steps):
        assert f"取“{out[i]}”（${float(edge):g}>{float(1 - edge):g}$）" in where
    leaves = re.findall(r"([吃好]{3}) \$(0\.\d{3})\$", where)
    assert sorted(leaves) == sorted((y, shown(probability(small, y))) for y in ranking)
    best = ranking[0]
    factors = r"\times".join(f"{float(small(best[:i])[best[i]]):g}" for i in range(3))
    assert f"最大的是“{best}”的 ${factors}={shown(probability(small, best))}$，贪心的结果只排第三" in where
    assert ranking.index(out) == 2
    assert f"第一步取 ${float(steps[0]):g}$ 而不取 ${float(1 - steps[0]):g}$" in TEXT
    assert "，总和为 $1$。" in where


def test_beam_of_two() -> None:
    """The table of steps lists every candidate in order with its P, S and fate."""
    where = NOTE.block("exm-beam-two")
    rows = re.findall(r"^\| (\d) \| ([吃好]+) \| (0\.\d{3}) \| \$(-\d\.\d{4})\$ \| ([留剪]) \|$", where, re.MULTILINE)
    expected = []
    before = [""]
    for step, kept in enumerate(layers(small, 2, 3), start=1):
        grown = [prefix + token for prefix in before for token in "吃好"]
        for y in sorted(grown, key=lambda y: -probability(small, y)):
            p = probability(small, y)
            expected.append((str(step), y, shown(p), f"{math.log(p):.4f}", "留" if y in kept else "剪"))
        before = kept
    assert rows == expected
    assert before[0] == exhaustive(small, 3)[0]
    assert "## 同一棵树，宽度为 2" in TEXT
    assert ": 宽度为 2 的波束搜索，" in TEXT
    assert "![宽度为 2 的波束搜索。" in TEXT
    assert "是 $B=2$ 在上一节那棵树" in TEXT


def test_second_of_the_beam_is_not_the_second() -> None:
    """The beam's second sentence is worse than the true second, whose prefix was cut third."""
    where = NOTE.block("pit-beam-nbest")
    first, second = layers(small, 2, 3)[-1]
    true = exhaustive(small, 3)[1]
    assert true != second
    assert f"最后剩下 ${shown(probability(small, first))}$ 和 ${shown(probability(small, second))}$" in where
    assert f"真正的第二名是“{true}”的 ${shown(probability(small, true))}$" in where
    assert f"“{true[:2]}”在第二步以 ${shown(probability(small, true[:2]))}$ 排第三" in where
    assert "例中宽度为 2 的波束最后剩下" in where


def test_ends_of_the_width() -> None:
    """Width one is greedy search and width V^(T-1) is exhaustive search, on both trees."""
    for tree, v in ((small, 2), (triple, 3)):
        assert layers(tree, 1, 3)[-1] == [greedy(tree, 3)]
        assert layers(tree, v**2, 3)[-1][0] == exhaustive(tree, 3)[0]


def test_printed_program() -> None:
    """The program in the note returns the same beams as the definition, for every width."""
    code = TEXT.split("```python\n")[1].split("```")[0]
    space: dict[str, Any] = {}
    exec(code, space)
    for tree in (small, triple):

        def step(prefix: tuple[str, ...], tree: Tree = tree) -> dict[str, float]:
            return {token: math.log(p) for token, p in tree("".join(prefix)).items()}

        for width in range(1, 10):
            got = space["beam"](step, width, 3)
            expected = layers(tree, width, 3)[-1]
            assert len(got) == len(expected)
            for (score, _), best in zip(got, expected, strict=True):
                assert math.isclose(score, math.log(probability(tree, best)))
            assert "".join(got[0][1]) == expected[0]


def test_printed_program_breaks_ties_by_the_smaller_number() -> None:
    """Among equal scores the printed program keeps the smallest token numbers, as the theorem agrees."""
    space: dict[str, Any] = {}
    exec(TEXT.split("```python\n")[1].split("```")[0], space)
    assert "约定同分时取词元编号小的" in TEXT
    flat = dict.fromkeys((1, 0, 2), math.log(1 / 3))
    assert [prefix for _, prefix in space["beam"](lambda _: flat, 2, 2)] == [(0, 0), (0, 1)]


def test_wider_is_not_better() -> None:
    """Width two is worse than width one on the second tree, and widths three to nine find the optimum."""
    where = NOTE.block("exm-beam-monotone")
    results = {width: probability(triple, layers(triple, width, 3)[-1][0]) for width in range(1, 10)}
    assert results[2] < results[1] == results[3]
    assert {results[width] for width in range(3, 10)} == {probability(triple, exhaustive(triple, 3)[0])}
    values = r",\ ".join(f"{float(results[width]):g}" for width in (1, 2, 3))
    assert f"于是结果依次是 ${values}$；宽度 $3$ 到 $9$ 都是 ${float(results[3]):g}$，而 $9=V^{{T-1}}$" in where
    candidates = re.findall(r"\$\\mathrm\{([abc]+)\}\$（(?:各 )?\$(0\.\d+)\$）", where)
    assert [name for name, _ in candidates] == ["a", "b", "ba", "bb", "aa", "ac", "bc", "ca"]
    for name, value in candidates:
        assert probability(triple, name) == Fraction(value), name
    assert probability(triple, "ab") == probability(triple, "ac")
    assert layers(triple, 1, 3) == [["a"], ["aa"], ["aaa"]]
    assert layers(triple, 2, 3)[:2] == [["a", "b"], ["ba", "bb"]]
    assert layers(triple, 2, 3)[2][0] == "baa"
    assert layers(triple, 3, 3)[1] == ["ba", "bb", "aa"]
    assert rf"概率 $0.4\times0.4\times0.9={float(results[1]):g}$" in where
    assert rf"概率 $0.175\times0.4={float(results[2]):g}$" in where
    assert "宽度 $3$：第二步多出" in where
    assert rf"第三步又找回 $\mathrm{{aaa}}$ 的 ${float(results[3]):g}$" in where
    assert "## 宽度 2 输给宽度 1" in where
    assert r"宽度 $1$：$\mathrm{a}$，然后" in where
    assert "宽度 $2$：第一步留" in where
    assert "“宽度 $2$ 至少不比贪心差”" in TEXT


def test_empty_translation() -> None:
    """The empty sentence wins from the printed length on, and not one token earlier."""
    bound = math.log(0.001) / math.log(0.8)
    assert rf"\frac{{\ln0.001}}{{\ln0.8}}={bound:.2f}," in TEXT
    length = math.ceil(bound)
    assert f"译文长到 ${length}$ 个词元" in TEXT
    assert 0.8**length < 0.001 < 0.8 ** (length - 1)
    assert "每个词元都有 $q=0.8$ 的概率" in TEXT
    assert r"留了 $\varepsilon=0.001$" in TEXT
    assert "最后的 EOS 概率为 $1$；" in TEXT


def lp(length: int, alpha: float) -> float:
    """The length penalty of Wu et al. (2016), equation 14."""
    return math.pow((5 + length) / (5 + 1), alpha)


def candidates() -> dict[str, tuple[int, float]]:
    """Length and log probability of the three candidates, as printed."""
    found = re.findall(
        r"([短中长]句) \$\\lvert Y\\rvert=(\d+)\$、\$\\ln P=(-\d\.\d)\$", NOTE.block("exm-beam-lp").split("\n\n")[0]
    )
    assert [name for name, _, _ in found] == ["短句", "中句", "长句"]
    return {name: (int(length), float(value)) for name, length, value in found}


CANDIDATES = candidates()


def score(name: str, alpha: float) -> float:
    """The penalised score of one candidate."""
    length, value = CANDIDATES[name]
    return value / lp(length, alpha)


def crossings() -> tuple[float, float]:
    """The two alphas at which the lead changes."""
    (l1, v1), (l2, v2), (l3, v3) = CANDIDATES.values()
    first = math.log(v2 / v1) / math.log((5 + l2) / (5 + l1))
    return first, math.log(v3 / v2) / math.log((5 + l3) / (5 + l2))


def test_length_penalty_table() -> None:
    """Penalties and scores in the table follow from the lengths and log probabilities."""
    where = NOTE.block("exm-beam-lp")
    rows = re.findall(r"^\| (\d(?:\.\d)?) \|((?: \$?-?\d\.\d{4}\$? \|){6})$", where, re.MULTILINE)
    assert [alpha for alpha, _ in rows] == ["0", "0.7", "1"]
    for alpha, line in rows:
        penalties = [f"{lp(length, float(alpha)):.4f}" for length, _ in CANDIDATES.values()]
        scores = [f"${score(name, float(alpha)):.4f}$" for name in CANDIDATES]
        assert [cell.strip() for cell in line.split("|")[:-1]] == penalties + scores
    first, second = crossings()
    assert rf"\alpha=\ln(4/3)/\ln(13/8)={first:.4f}$" in where
    assert rf"\alpha=\ln(5.6/4)/\ln(20/13)={second:.4f}$" in where
    for alpha, best in ((0.0, "短句"), (first - 0.01, "短句"), (0.7, "中句"), (second + 0.01, "长句"), (1.0, "长句")):
        assert max(CANDIDATES, key=lambda name: score(name, alpha)) == best
    assert first < 0.7 < second
    assert r"=\frac{(5+\lvert Y\rvert)^\alpha}{(5+1)^\alpha}" in TEXT
    assert r"常数 $5$ 让很短的句子之间差别不至于太大，分母 $6^\alpha$ 使 $\lvert Y\rvert=1$ 时恰为 $1$" in TEXT
    assert lp(1, 0.7) == 1
    shown_lp = "、".join(rf"$({5 + length}/6)^\alpha$" for length, _ in CANDIDATES.values())
    assert rf"$\operatorname{{lp}}$ 分别是 {shown_lp}" in where
    assert r"要求 $3.0/8^\alpha=4.0/13^\alpha$，即" in where
    assert r"$\alpha=0$ 时短句最高，$\alpha=1$ 时长句最高" in where


def test_stopping_bound() -> None:
    """The bound of a living prefix is its score over the largest penalty, above the finished score."""
    largest = lp(20, 0.7)
    assert rf"$\operatorname{{lp}}_{{\max}}=(25/6)^{{0.7}}={largest:.4f}$" in TEXT
    finished = score("中句", 0.7)
    assert f"上例的中句已完成，得分 ${finished:.4f}$" in TEXT
    assert f"上界是 $-5.0/{largest:.4f}={-5.0 / largest:.4f}$，还不能停" in TEXT
    assert -5.0 / largest > finished
    assert r"取 $\alpha=0.7$、$T_{\max}=20$" in TEXT
    assert "若有前缀 $S=-5.0$" in TEXT
    assert f"尽管 $-5.0$ 比中句的 ${CANDIDATES['中句'][1]:.1f}$ 差" in TEXT


def test_typical_and_likeliest() -> None:
    """The likeliest hundred tosses and the mass of the sequences with sixty heads are as printed."""
    assert rf"$0.6^{{100}}={scientific(0.6**100)}$" in TEXT
    assert f"合起来却占 ${math.comb(100, 60) * 0.6**60 * 0.4**40:.4f}$" in TEXT
    assert "正面概率 $0.6$ 的硬币 $100$ 次" in TEXT
    assert "恰有 $60$ 个正面的那些序列" in TEXT


def test_greedy_in_a_window_cycles() -> None:
    """Greedy search on any window of n tokens repeats a window within V^n steps."""
    for v, n in ((2, 1), (2, 3), (3, 2)):
        windows = list(itertools.product(range(v), repeat=n))
        for seed in range(20):
            choice = {w: hash((seed, *w)) % v for w in windows}
            window, seen = windows[seed % len(windows)], []
            while window not in seen:
                seen.append(window)
                window = (*window[1:], choice[window])
            assert len(seen) <= v**n
    assert "例如 $V=2$、$n=1$，" in TEXT


def test_greedy_figure() -> None:
    """The greedy figure holds all fourteen nodes, its path is greedy and its double frame the optimum."""
    out, best = greedy(small, 3), exhaustive(small, 3)[0]
    styles = figure_nodes("beam-greedy", {y[:d] for y in exhaustive(small, 3) for d in (1, 2, 3)})
    assert {y for y, style in styles.items() if "kept" in style} == {out[:1], out[:2], out}
    assert [y for y, style in styles.items() if "best" in style] == [best]


def test_beam_figure() -> None:
    """The beam figure holds the expanded nodes only, and marks the kept ones and the answer."""
    steps = layers(small, 2, 3)
    kept = {y for step in steps for y in step}
    grown = {y + token for y in ["", *steps[0], *steps[1]] for token in "吃好"}
    styles = figure_nodes("beam-tree", grown)
    assert {y for y, style in styles.items() if "kept" in style} == kept
    assert {y for y, style in styles.items() if "cut" in style} == grown - kept
    assert [y for y, style in styles.items() if "best" in style] == [steps[2][0]]
    crosses = re.findall(r"at \(n([ch]+)\.east\) \{\$\\times\$\}", NOTE.figure("beam-tree"))
    assert {word(code) for code in crosses} == grown - kept


def word(code: str) -> str:
    """The prefix that a node's name stands for."""
    return code.replace("c", "吃").replace("h", "好")


def figure_nodes(name: str, expected: set[str]) -> dict[str, str]:
    """Check a tree's nodes, edges and leaf labels; return every node's style."""
    source = NOTE.figure(name)
    nodes = re.findall(
        r"\\node\[([^\]]*)\] \(n([ch]+)\) at \(([\d.]+),(-?[\d.]+)\) \{(.)\\enspace (0\.\d{3})\}", source
    )
    assert {word(code) for _, code, *_ in nodes} == expected
    for _, code, _, _, token, value in nodes:
        assert token == word(code)[-1]
        assert value == shown(probability(small, word(code)))
    edges = re.findall(r"\(n([ch]*)\.east\) -- node\[pr\] \{([\d.]+)\} \(n([ch]+)\.west\)", source)
    assert {word(child) for _, _, child in edges} == expected
    for parent, value, child in edges:
        assert child[:-1] == parent
        assert Fraction(value) == small(word(parent))[word(child)[-1]]
    heights = {height: word(code) for _, code, _, height, *_ in nodes if len(code) == 3}
    labels = re.findall(r"\\node\[right\] at \([\d.]+,(-?[\d.]+)\) \{([吃好]{3})\}", source)
    assert all(heights[height] == label for height, label in labels)
    assert len(labels) == len(heights)
    return {word(code): style for style, code, *_ in nodes}


def test_penalty_figure() -> None:
    """Every plotted score, both vertical lines and the labels at the curves' ends are recomputed."""
    source = NOTE.figure("beam-penalty")
    plots = re.findall(r"% (.句) (\d+) (-\d\.\d)\n\s*\\addplot\[[^\n]*\] coordinates \{([^}]*)\}", source)
    assert [(name, (int(length), float(value))) for name, length, value, _ in plots] == list(CANDIDATES.items())
    for name, _, _, body in plots:
        points = re.findall(r"\(([\d.]+),(-[\d.]+)\)", body)
        assert points == [(f"{i / 10:g}", f"{score(name, i / 10):.4f}") for i in range(13)]
    lines = re.findall(r"\(axis cs:([\d.]+),-6\) -- \(axis cs:([\d.]+),-1\)", source)
    assert lines == [(f"{x:.4f}", f"{x:.4f}") for x in crossings()]
    ends = re.findall(r"at \(axis cs:1\.2,(-[\d.]+)\) \{(.句)，\$\\lvert Y\\rvert=(\d+)\$\}", source)
    assert ends == [(f"{score(name, 1.2):.4f}", name, str(length)) for name, (length, _) in CANDIDATES.items()]
    first, second = crossings()
    tops = re.findall(r"\\node\[above\] at \(axis cs:([\d.]+),-1\) \{(.*?)\}", source)
    middles = (first / 2, (first + second) / 2, (second + 1.2) / 2)
    assert [name for _, name in tops] == ["短句最高", "中句", "长句最高"]
    assert all(math.isclose(float(x), middle, abs_tol=6e-5) for (x, _), middle in zip(tops, middles, strict=True))


def test_answers() -> None:
    """The numbers in the answers are the recomputed ones."""
    where = NOTE.answers
    assert rf"$V=50000$ 时是 ${scientific(1 / 50000, 0)}$" in where
    three = layers(small, 3, 3)
    assert three[2][:2] == exhaustive(small, 3)[:2]
    assert layers(small, 2, 3)[2] != exhaustive(small, 3)[:2]
    kept = "、".join(f"“{y}”（${shown(probability(small, y))}$）" for y in three[1])
    assert f"第二步留下{kept}" in where
    first, second = three[2][:2]
    best, next_best = (shown(probability(small, y)) for y in (first, second))
    assert f"“{first}”的 ${best}$ 和“{second}”的 ${next_best}$" in where
    assert f"平均值是 $-1$ 与 ${-4 / 10:g}$，长句胜" in where
    assert f"$-1$ 与 $-4/{lp(10, 1):g}={-4 / lp(10, 1):g}$，短句胜" in where
    assert "**解答**　宽度 $3$。第二步留下" in where
    assert r"分母是 $5+\lvert Y\rvert$" in where
    assert r"取两句：$\lvert Y\rvert=1$、$\ln P=-1$，与 $\lvert Y\rvert=10$、$\ln P=-4$。" in where
    assert r"取 $\alpha=1$，与比较平均对数概率的排名一样吗" in where


def worst(prefix: str) -> dict[str, Fraction]:
    """The first answer's tree: a is slightly likelier than b, but all is open after a, and nothing after b."""
    if not prefix:
        return {"a": Fraction(501, 1000), "b": Fraction(499, 1000), "c": Fraction(0)}
    likely = Fraction(1, 3) if prefix[0] == "a" else Fraction(1)
    return {"a": likely, "b": (1 - likely) / 2, "c": (1 - likely) / 2}


def test_worst_case_of_greedy_search() -> None:
    """Greedy search loses at most a factor V at each step but the first, and comes close to that."""
    where = NOTE.answers
    for length in (2, 3, 4):
        bound = Fraction(1, 3 ** (length - 1))
        ratio = probability(worst, greedy(worst, length)) / probability(worst, exhaustive(worst, length)[0])
        assert bound <= ratio < bound * Fraction(101, 100)
    assert "比值便不低于 $1/V$" in where
    assert "一般的 $T$ 同理，下界是 $1/V^{T-1}$" in where


def sharpened(prefix: str) -> dict[str, Fraction]:
    """The small tree with every distribution raised to the fourth power and normalised."""
    row = {token: p**4 for token, p in small(prefix).items()}
    return {token: p / sum(row.values()) for token, p in row.items()}


def test_temperature_changes_the_optimum_but_not_greedy() -> None:
    """At tau = 0.25 greedy keeps its path while the optimum moves to it, with the printed probabilities."""
    where = NOTE.answers
    out, before = greedy(small, 3), exhaustive(small, 3)[0]
    assert greedy(sharpened, 3) == out == exhaustive(sharpened, 3)[0] != before
    first = sharpened("")
    assert rf"$\tau=0.25$ 时，第一步变成 ${shown(first['吃'], 4)}$ 对 ${shown(first['好'], 4)}$" in where
    factors = r"\times".join(shown(sharpened(out[:i])[out[i]], 4) for i in range(3))
    assert f"“{out}”得 ${factors}={shown(probability(sharpened, out), 4)}$" in where
    assert f"“{before}”只有 ${shown(probability(sharpened, before), 4)}$" in where
    assert rf"$\tau=1$ 时最优是“{before}”" in where
