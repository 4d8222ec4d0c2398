"""Recompute every worked number of the note on BERT, and its figures."""

import itertools
import math
import re
from functools import partial

import pytest

from tests.numbers.algebra import Vector, applied, dot, entropy, plus, row_times, slope, softmax
from tests.numbers.printing import SPACED, bare, joined, places, whole_or_four
from tests.numbers.reading import WorkedNote

NOTE = WorkedNote("02-大语言模型架构/03-BERT模型架构.md")
TEXT = NOTE.text

V, D, LAYERS, PLACES, SEGMENTS, D_FF = 30522, 768, 12, 512, 2, 3072
PICK, MASKED, RANDOM, KEPT = 0.15, 0.8, 0.1, 0.1


def items(values: Vector) -> str:
    """Numbers as the example prints them in a sentence."""
    return joined(values, SPACED, whole_or_four)


def test_sizes() -> None:
    """The sizes that the tests compute with are those that the note states."""
    assert f"BERT-base 取 $V={V}$，$d={D}$" in TEXT
    assert f"$d_{{\\mathrm{{ff}}}}=4d={D_FF}$" in TEXT
    assert D_FF == 4 * D
    assert r"$2\times d$ | 段嵌入，两行" in TEXT
    assert rf"${PLACES}\times d$ | 位置嵌入" in TEXT
    assert f"位置嵌入只有 ${PLACES}$ 行" in TEXT
    assert f"有 $12$ 个头，$d_k={D // 12}$" in TEXT
    assert rf"$T\le{PLACES}$" in TEXT


def test_expected_counts() -> None:
    """The expected numbers of chosen, masked, replaced and kept tokens are exact products."""
    assert r"以概率 $0.15$ 选中" in TEXT
    assert "以概率 $0.8$ 换成 `[MASK]`，以概率 $0.1$ 换成词表里均匀抽取的随机词元，以概率 $0.1$ 保持原样" in TEXT
    assert rf"$0.15\times0.8={PICK * MASKED:.2f}$，被随机替换和被选中而不改各是 ${PICK * RANDOM:.3f}$" in TEXT
    assert "一个 $T=128$ 的成对输入有 $3$ 个特殊词元" in TEXT
    n = 128 - 3
    counts = [n * PICK, n * PICK * MASKED, n * PICK * RANDOM, n * PICK * KEPT]
    shown = [f"{x:.3f}".rstrip("0").rstrip(".") for x in counts]
    assert f"余下 ${n}$ 个：平均选中 ${shown[0]}$ 个，其中 ${shown[1]}$ 个变成" in TEXT
    assert f"${shown[2]}$ 个被替换，${shown[3]}$ 个保持原样" in TEXT
    variance = n * PICK * (1 - PICK)
    assert rf"方差 $125\times0.15\times0.85={variance:.4f}$，标准差约 ${math.sqrt(variance):.2f}$" in TEXT
    assert f"$0.85^8={0.85**8:.4f}$" in TEXT
    share = f"{100 * PICK:.0f}"
    assert rf"原来的程序按 ${share}\%$ 定好个数" in TEXT
    assert rf"一次前向只有 ${share}\%$ 的位置有损失" in TEXT
    assert rf"${share}\%$ 是折中" in TEXT
    assert rf"各 ${100 * KEPT:.0f}\%$ 的保留与替换" in TEXT
    assert KEPT == RANDOM


def posterior(p: float, size: int = V, random: float = RANDOM, kept: float = KEPT) -> float:
    """Probability that a chosen, visible token is the original one, by summing over all the ways it can come up."""
    same = kept * p + random * p / size
    others = random * (1 - p) / size
    return same / (same + others)


def test_one_look_to_the_right_leaks_in_two_layers() -> None:
    """The causal mask never leaks, and with any single look to the right two layers do."""
    n = 6
    assert r"让位置 $i$ 看得见位置 $j$（$j>i$），两层便已泄题" in TEXT

    def leaks(extra: set[tuple[int, int]], layers: int) -> list[int]:
        sees = {i: {j for j in range(n) if j <= i or (i, j) in extra} for i in range(n)}
        reach = {i: {i} for i in range(n)}
        for _ in range(layers):
            reach = {i: set[int]().union(*(reach[j] for j in sees[i])) for i in range(n)}
        return [i for i in range(n - 1) if i + 1 in reach[i]]

    assert leaks(set(), 10) == []
    for i, j in itertools.combinations(range(n), 2):
        assert i in leaks({(i, j)}, 2)
        assert leaks({(i, j)}, 1) == ([i] if j == i + 1 else [])


def test_posterior() -> None:
    """Bayes' rule gives the printed closed form, the printed values, and both limiting rules."""
    proof = NOTE.section("由贝叶斯公式，先写联合概率", ":::")
    assert rf"$0.1\,p(x)$；随机替换恰好抽中 $x$，概率 ${RANDOM}\,p(y)/V$" in proof
    assert r"$0.1\,p(x)+0.1\sum_yp(y)/V=0.1\left(p(x)+1/V\right)$" in proof
    assert r"$0.1\,p(x)+0.1\,p(x)/V$。相除，约去 $0.1$" in proof
    for p in (0.5, 1e-2, 1 / V, 1e-6):
        assert math.isclose(posterior(p), p * (1 + 1 / V) / (p + 1 / V))
        assert math.isclose(posterior(p, random=0, kept=0.2), 1)
        assert math.isclose(posterior(p, random=0.2, kept=0), p)
    assert (
        f"$p(x)=0.01$，可信度是 ${posterior(0.01):.4f}$，几乎照抄；$p(x)=10^{{-6}}$ 时只有 ${posterior(1e-6):.4f}$"
        in TEXT
    )
    assert math.isclose(posterior(1 / V), 0.5, abs_tol=1e-4)


def test_posterior_by_counting() -> None:
    """Counting every case of a vocabulary of four gives the same posterior as the formula."""
    prior = [0.4, 0.3, 0.2, 0.1]
    for shown in range(4):
        cases = [0.0] * 4
        for original, drawn in itertools.product(range(4), repeat=2):
            cases[original] += prior[original] * RANDOM / 4 * (drawn == shown)
        cases[shown] += prior[shown] * KEPT
        assert math.isclose(cases[shown] / sum(cases), posterior(prior[shown], size=4))


def test_posterior_figure() -> None:
    """Every plotted point lies on the posterior curve, and the dashed line stands at 1/V."""
    source = NOTE.figure("bert-posterior")
    points = re.findall(r"\(([\d.e-]+),([\d.]+)\)", source.split("coordinates")[1].split("};")[0])
    assert len(points) == 25
    for k, (p, y) in enumerate(points):
        assert p == f"{10 ** (k / 3 - 8):.4g}"
        assert y == f"{posterior(float(p)):.4f}", p
    line = re.findall(r"axis cs:([\d.e-]+),0\) -- \(axis cs:([\d.e-]+),", source)
    assert line == [(f"{1 / V:.3e}".replace("e-0", "e-"),) * 2]
    assert f"画出这条曲线，$V={V}$" in TEXT


def test_next_sentence_guess() -> None:
    """A blind guess between two classes costs ln 2."""
    assert rf"$\ln2={math.log(2):.4f}$。总损失" in TEXT


def parts() -> dict[str, int]:
    """Parameters of BERT-base, weight by weight."""
    linear = {"attention": 4 * (D * D + D), "feed forward": (D * D_FF + D_FF) + (D_FF * D + D), "norm": 2 * 2 * D}
    return {
        "词嵌入": V * D,
        "位置嵌入": PLACES * D,
        "段嵌入": SEGMENTS * D,
        "入口的层正则化": 2 * D,
        "每层的注意力": linear["attention"],
        "每层的前馈": linear["feed forward"],
        "每层的正则化": linear["norm"],
        "十二层": LAYERS * sum(linear.values()),
        "池化层": D * D + D,
    }


def total() -> int:
    """All parameters of BERT-base without the heads of pre-training."""
    return sum(count for name, count in parts().items() if not name.startswith("每层"))


def value(formula: str) -> int:
    """A printed sum of products, with squares."""
    plain = formula.strip("$").replace(r"\times", "*").replace("^2", "^")
    assert re.fullmatch(r"[\d*+^]+", plain), formula
    return sum(math.prod(int(f.rstrip("^")) ** (1 + f.endswith("^")) for f in t.split("*")) for t in plain.split("+"))


def test_parameter_table() -> None:
    """Each line of the table is its own product, and the model has 109 482 240 parameters."""
    lines = re.findall(r"^\| (\S+) \| (.*) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert [(name, int(count)) for name, _, count in lines] == [*parts().items(), ("**总数**", total())]
    for name, formula, count in lines[:-1]:
        assert value(formula) == int(count), name
    assert total() == 109482240
    assert f"损失与 {total() / 1e8:.2f} 亿个参数" in TEXT
    layer = sum(count for name, count in parts().items() if name.startswith("每层"))
    assert f"每层 $12d^2+13d={layer}$ 个" in TEXT
    assert layer == 12 * D * D + 13 * D


def test_heads_of_pre_training() -> None:
    """The two heads and the model with both have the printed numbers of parameters."""
    mlm = (D * D + D) + 2 * D + V
    nsp = 2 * D + 2
    assert rf"$768^2+768+2\times768+30522={mlm}$ 个" in TEXT
    assert rf"NSP 出口 $2\times768+2={nsp}$ 个，连同它们共 ${total() + mlm + nsp}$ 个" in TEXT
    assert round((total() + mlm + nsp) / 1e6) == 110
    assert f"二分类只新增 ${nsp}$ 个参数，但所有 ${total() / 1e8:.2f}$ 亿个" in TEXT
    assert f"即论文所说的 {round((total() + mlm + nsp) / 1e6)}M。" in TEXT


def test_parameter_figure() -> None:
    """Every bar and its label are that part's millions and percentage, and the bars add up to the whole."""
    p = parts()
    named = {
        "词嵌入": p["词嵌入"],
        "池化层": p["池化层"],
        "十二层的注意力": LAYERS * p["每层的注意力"],
        "十二层的前馈": LAYERS * p["每层的前馈"],
    }
    named["其余的嵌入与正则化"] = p["位置嵌入"] + p["段嵌入"] + p["入口的层正则化"] + LAYERS * p["每层的正则化"]
    assert sum(named.values()) == total()
    bars = re.findall(r"\(([\d.]+),(\S+?)\) \[([\d.]+)（([\d.]+)\\%）\]", NOTE.figure("bert-params"))
    assert {name for _, name, _, _ in bars} == set(named)
    for length, name, label, share in bars:
        assert length == label == f"{named[name] / 1e6:.2f}", name
        assert share == f"{100 * named[name] / total():.1f}", name
    assert named["十二层的前馈"] > total() / 2
    assert 0.2 < named["词嵌入"] / total() < 0.22


E, P = NOTE.matrix(r"\boldsymbol{E}"), NOTE.matrix(r"\boldsymbol{P}")
W_Q, W_V = NOTE.matrix(r"\boldsymbol{W}_Q"), NOTE.matrix(r"\boldsymbol{W}_V")
CAT, DOG, FISH, BONE, EAT, MASK = range(6)


class Blank:
    """One position of the toy encoder, which sees all three inputs."""

    def __init__(self, tokens: tuple[int, int, int], t: int) -> None:
        self.x = [plus(E[w], P[i]) for i, w in enumerate(tokens)]
        self.q = row_times(self.x[t], W_Q)
        self.scores = [dot(self.q, k) / math.sqrt(2) for k in self.x]
        self.weights = softmax(self.scores)
        self.values = [row_times(x, W_V) for x in self.x]
        self.o = row_times(self.weights, self.values)
        self.h = plus(self.x[t], self.o)
        self.z = applied(E, self.h)
        self.pi = softmax(self.z)


STEP = NOTE.section("## 猫吃[MASK]", ":::")
ONE = Blank((CAT, EAT, MASK), 2)


def test_hand_worked_step() -> None:
    """Scores, weights, state, probabilities and loss of the blank follow from the printed matrices."""
    assert "词表六个：猫、狗、鱼、骨、吃、`[MASK]`" in TEXT
    assert f"三行输入是 {'、'.join(f'${bare(x)}$' for x in ONE.x)}。" in STEP
    assert rf"\boldsymbol{{q}}_3={bare(ONE.q)}$" in STEP
    powers = [math.exp(s) for s in ONE.scores]
    assert f"得 ${items(ONE.scores)}$，指数 ${items(powers)}$，和为 ${sum(powers):.4f}$" in STEP
    assert f"权重 ${items(ONE.weights)}$。值的第一维依次是 ${items([v[0] for v in ONE.values])}$" in STEP
    assert rf"\boldsymbol{{h}}_3&={bare(ONE.x[2])}+{bare(ONE.o)}={bare(ONE.h)}," in STEP
    assert rf"\boldsymbol{{z}}_3&={bare(ONE.z)}," in STEP
    assert rf"\boldsymbol{{\pi}}_3&={bare(ONE.pi)}." in STEP
    assert rf"损失 $-\ln{ONE.pi[FISH]:.4f}={-math.log(ONE.pi[FISH]):.4f}$" in STEP
    assert f"取 $d={len(E[0])}$，一层、一个头" in TEXT
    assert r"与三个键的点积除以 $\sqrt2$" in STEP


def test_gradient_of_the_step() -> None:
    """The printed gradients are prediction minus target, and agree with a measured slope."""
    error = [p - (j == FISH) for j, p in enumerate(ONE.pi)]
    gradient = row_times(error, E)
    assert rf"\boldsymbol{{\pi}}_3-\boldsymbol{{y}}={bare(error)}," in STEP
    assert rf"\boldsymbol{{E}}={bare(gradient)}." in STEP

    def loss(nudge: float, i: int) -> float:
        moved = [h + nudge * (k == i) for k, h in enumerate(ONE.h)]
        return -math.log(softmax(applied(E, moved))[FISH])

    for i in range(2):
        assert math.isclose(slope(partial(loss, i=i), 0.0, 1e-5), gradient[i], abs_tol=1e-8)
    assert gradient[0] < 0 < gradient[1]
    assert E[FISH] == [1, -1]


def test_both_directions() -> None:
    """With the other subject the other object wins, and the left blank is filled from the right."""
    dog, left = Blank((DOG, EAT, MASK), 2), Blank((MASK, EAT, FISH), 0)
    assert max(range(6), key=lambda v: dog.pi[v]) == BONE
    assert max(range(6), key=lambda v: left.pi[v]) == CAT
    assert rf"$\boldsymbol{{\pi}}_3$ 里“骨”得 ${dog.pi[BONE]:.4f}$" in TEXT
    assert f"在第一个位置给“猫” ${left.pi[CAT]:.4f}$" in TEXT


def test_expected_loss_of_the_step() -> None:
    """The loss averaged over masking, keeping and all random tokens is the printed one."""
    losses = [-math.log(Blank((CAT, EAT, v), 2).pi[FISH]) for v in range(6)]
    assert f"显示原词“鱼”，损失 ${losses[FISH]:.4f}$；显示“狗”，损失 ${losses[DOG]:.4f}$" in TEXT
    mean = sum(losses) / 6
    assert f"对六个词取平均 ${mean:.4f}$" in TEXT
    expected = MASKED * losses[MASK] + KEPT * losses[FISH] + RANDOM * mean
    terms = rf"0.8\times{losses[MASK]:.4f}+0.1\times{losses[FISH]:.4f}+0.1\times{mean:.4f}"
    assert f"期望损失是 ${terms}={expected:.4f}$" in TEXT
    rule = "/".join(f"{100 * share:.0f}" for share in (MASKED, KEPT, RANDOM))
    assert f"按 {rule} 加权" in TEXT
    assert f"把 {rule} 改成 100/0/0" in TEXT


def numbers(lead: str, where: str) -> Vector:
    """The list of numbers in the formula that directly follows some words."""
    assert where.count(lead) == 1, lead
    return [float(x) for x in where.split(lead)[1].split("$")[1].split(r",\ ")]


def test_span() -> None:
    """The running maximum finds the best legal span, which trying every pair confirms."""
    where = NOTE.section("## 始末各自最大，合起来未必合法", ":::")
    start, end = numbers("五个位置的起点得分是", where), numbers("终点得分是", where)
    assert len(start) == len(end) == 5
    best = [max(start[: j + 1]) for j in range(5)]
    sums = plus(best, end)
    shown = [joined(values, SPACED, places(1)) for values in (best, sums)]
    assert f"目前最大的起点得分依次是 ${shown[0]}$，与终点得分相加得 ${shown[1]}$" in where
    i, j = max(itertools.combinations_with_replacement(range(5), 2), key=lambda s: start[s[0]] + end[s[1]])
    assert start[i] + end[j] == max(sums)
    assert f"最大的 ${max(sums):.1f}$ 在 $j={j + 1}$，起点是 ${i + 1}$，答案是 $[{i + 1},{j + 1}]$" in where
    first, last = start.index(max(start)), end.index(max(end))
    assert first > last
    assert f"起点 ${first + 1}$、终点 ${last + 1}$，倒着走" in where
    answer = NOTE.section("**问题四**", "\n\n**解答**") + TEXT.split("**问题四**")[1]
    single = plus(start, end)
    assert j - i + 1 == 2
    assert f"只许一个位置时比较 ${joined(single, SPACED, places(1))}$" in answer
    k = single.index(max(single)) + 1
    assert f"答案是 $[{k},{k}]$" in answer
    assert f"最长两个，$[{i + 1},{j + 1}]$ 仍合法" in TEXT


def test_two_blanks() -> None:
    """Filling two blanks independently costs the mutual information, here ln 2, and the toy network pays it too."""
    where = NOTE.section("## 两个空的最小例子", ":::")
    joint = {("猫", "鱼"): 0.5, ("狗", "骨"): 0.5}
    marginals = [
        [sum(p for pair, p in joint.items() if pair[k] == w) for w in ws] for k, ws in enumerate(("猫狗", "鱼骨"))
    ]
    apart = sum(entropy(m) for m in marginals)
    together = entropy(list(joint.values()))
    assert rf"它的损失是 $2\ln2={apart:.4f}$" in where
    assert rf"只需 $\ln2={together:.4f}$" in where
    assert math.isclose(apart - together, math.log(2))
    assert "“猫吃骨”也得 $1/4$，真实概率却是 $0$" in where
    assert marginals[0][0] * marginals[1][1] == 0.25
    left, right = Blank((MASK, EAT, MASK), 0).pi, Blank((MASK, EAT, MASK), 2).pi
    assert f"第一个空猫、狗各 ${left[CAT]:.4f}$，第三个空鱼、骨各 ${right[FISH]:.4f}$" in where
    assert left[CAT] == pytest.approx(left[DOG])
    assert right[FISH] == pytest.approx(right[BONE])
    assert f"同为 ${left[CAT] * right[FISH]:.4f}$" in where
    assert left[CAT] * right[BONE] == pytest.approx(left[CAT] * right[FISH])
    assert "在每个空给两个候选各 $1/2$" in where
    assert marginals == [[0.5, 0.5], [0.5, 0.5]]


def test_pseudo_likelihood_is_no_probability() -> None:
    """With exact conditionals the exponentials of the pseudo-log-likelihood add up to more than one."""
    where = NOTE.section("## 指数一下，加起来不是 1", ":::")
    assert "$p(1,1)=p(2,2)=0.4$，$p(1,2)=p(2,1)=0.1$，边缘概率都是 $0.5$" in where
    joint = [[0.4, 0.1], [0.1, 0.4]]
    side = [sum(line) for line in joint]
    assert side == [0.5, 0.5]
    assert rf"$P(1\mid1)=0.4/0.5={joint[0][0] / side[0]:.1f}$，$P(1\mid2)={joint[0][1] / side[1]:.1f}$" in where
    pll = {(a, b): (joint[a][b] / side[b]) * (joint[a][b] / side[a]) for a in range(2) for b in range(2)}
    shown = joined([pll[0, 0], pll[1, 1], pll[0, 1], pll[1, 0]], SPACED, places(2))
    assert f"是 ${shown}$，和为 ${sum(pll.values()):.2f}$" in where


def test_factorized_embedding() -> None:
    """Two thin matrices in place of the embedding have the printed number of parameters."""
    k = 128
    assert f"$k={k}$ 计，从 ${V * D}$ 个降到 ${V * k + k * D}$ 个" in TEXT


def test_input_and_corruption_figures() -> None:
    """Both figures show the same nine inputs, and each treatment carries its own share."""
    source = NOTE.figure("bert-input") + NOTE.figure("bert-corrupt")
    nine = re.findall(r"\\foreach \\w \[count=\\i\] in \{(.*?)\} \{", source)
    assert len(nine) == 2
    assert nine[0] == nine[1]
    assert nine[0].replace("{", "").replace("}", "").split(",") == [
        "[CLS]",
        "猫",
        "吃",
        "鱼",
        "[SEP]",
        "它",
        "饱",
        "了",
        "[SEP]",
    ]
    shares = dict(re.findall(r"\{(遮住|不变|乱换)\\\\(\d+)\\%\}", NOTE.figure("bert-corrupt")))
    assert shares == {"遮住": f"{100 * MASKED:.0f}", "不变": f"{100 * KEPT:.0f}", "乱换": f"{100 * RANDOM:.0f}"}
    words = re.sub(r"[{}]", "", nine[0]).split(",")
    lists = re.findall(r"\\foreach \\i/\\w(?:/\\r)? in \{(.*)\} \{\n", NOTE.figure("bert-corrupt"))
    asked, kept = (re.findall(r"(\d)/\{?([^,{}]+)", entries) for entries in lists[:2])
    assert sorted(asked + kept) == [(str(i), word) for i, word in enumerate(words, 1)]
    assert re.findall(r"(?:^|,)(\d)/", lists[2]) == [i for i, _ in asked]
    first = words.index("[SEP]") + 1
    assert rf"\foreach \i in {{1,...,{first}}}" in NOTE.figure("bert-input")
    assert rf"\foreach \i in {{{first + 1},...,{len(words)}}}" in NOTE.figure("bert-input")
