"""Recompute every worked number of the note on the three architectures, and its figures."""

import itertools
import math
import random
import re
from collections.abc import Callable

import pytest

from tests.numbers.algebra import divergence, entropy
from tests.numbers.reading import NUMBER, WorkedNote, found

NOTE = WorkedNote("02-大语言模型架构/01-Transformer三大架构.md")
TEXT = NOTE.text


def value(product: str) -> int:
    r"""The value of a printed sum of products such as ``12\times16+2\times9``."""
    assert re.fullmatch(r"[\d+]+", product.replace(r"\times", "")), product
    return sum(math.prod(int(x) for x in term.split(r"\times")) for term in product.split("+"))


def check_sums(where: str) -> int:
    r"""Check each ``$a\times b+c=…=n$`` of a stretch; return how many there were."""
    chains = re.findall(r"\$((?:\d|\\times|\+)+(?:=(?:\d|\\times|\+)+)+)\$", where)
    for chain in chains:
        assert len({value(part) for part in chain.split("=")}) == 1, chain
    return len(chains)


Rule = Callable[[int, int], bool]
SOURCE, TARGET = 3, 3
TOTAL = SOURCE + TARGET
RULES: dict[str, Rule] = {
    "仅编码器": lambda i, j: max(i, j) < TOTAL,
    "仅解码器": lambda i, j: j <= i,
    "前缀": lambda i, j: j <= i or j < SOURCE,
}


def kind(i: int, j: int) -> int:
    """Which attention of an encoder-decoder lets position i see position j: 0 none, 1 encoder, 2 cross, 3 decoder."""
    if i < SOURCE:
        return 1 if j < SOURCE else 0
    if j < SOURCE:
        return 2
    return 3 if j <= i else 0


def test_visibility_figure_and_counts() -> None:
    """Each panel is drawn from the definition of its visibility, and the printed counts are its cells."""
    panels = re.findall(r"\{\(\w\) (\S+?)\}/(\d+)/\{(\{[\d,{}]+\})\}", NOTE.figure("arch-masks"))
    assert [name for name, _, _ in panels] == [*RULES, "编码器—解码器"]
    drawn = {
        name: [[int(c) for c in row.split(",")] for row in re.findall(r"\{([\d,]+)\}", rows)]
        for name, _, rows in panels
    }
    for name, rule in RULES.items():
        assert drawn[name] == [[int(rule(i, j)) for j in range(TOTAL)] for i in range(TOTAL)]
    assert drawn["编码器—解码器"] == [[kind(i, j) for j in range(TOTAL)] for i in range(TOTAL)]
    counts = [sum(c > 0 for row in drawn[name] for c in row) for name, _, _ in panels]
    assert counts == [int(count) for _, count, _ in panels]
    hit = NOTE.found(r"取 \$T_s=T_t=(\d)\$，四个数是 \$([\d,\\ ]+)\$")
    assert int(hit[1]) == SOURCE == TARGET
    assert [int(x) for x in re.findall(r"\d+", hit[2])] == counts
    prefix = SOURCE**2 + TARGET * SOURCE + TARGET * (TARGET + 1) // 2
    assert counts == [TOTAL**2, TOTAL * (TOTAL + 1) // 2, prefix, prefix]
    assert "全部可见是 $T^2$；因果的第 $i$ 行有 $i$ 格，共 $T(T+1)/2$。" in TEXT
    assert r"{T_s^2}_{\text{源看源}}+\underbrace{T_tT_s}_{\text{目标看源}}+\underbrace{\frac{T_t(T_t+1)}{2}}" in TEXT
    gap = int(NOTE.found(r"\$T_s\(T_s-1\)/2=(\d+)\$")[1])
    assert gap == SOURCE * (SOURCE - 1) // 2 == counts[2] - counts[1]


def test_encoder_decoder_sees_what_a_prefix_model_sees() -> None:
    """A pair is visible in the encoder-decoder exactly when it is visible under the prefix mask."""
    for i, j in itertools.product(range(TOTAL), repeat=2):
        assert (kind(i, j) > 0) == RULES["前缀"](i, j)


WORDS = {"香蕉": 0.5, "苹果": 0.5}


def marginal(place: int) -> dict[str, float]:
    """Distribution of one character of the two-word corpus."""
    out: dict[str, float] = {}
    for word, p in WORDS.items():
        out[word[place]] = out.get(word[place], 0) + p
    return out


def conditional(place: int, word: str) -> float:
    """Probability of one character of a word given its other character."""
    same = {w: p for w, p in WORDS.items() if w[1 - place] == word[1 - place]}
    return same.get(word, 0) / sum(same.values())


def test_fruit_example() -> None:
    """The product of marginals, the gap, the chain rule and the sum of pseudo-likelihoods are as printed."""
    where = NOTE.section("## 香蕉与苹果", "## 怎样出题")
    first, second = marginal(0), marginal(1)
    product = {a + b: p * q for (a, p), (b, q) in itertools.product(first.items(), second.items())}
    names = found(r"乘起来，“(\S+?)”各得 \$1/(\d)\$", where)
    assert set(names[1].split("、")) == set(product)
    assert set(product.values()) == {1 / int(names[2])}
    assert "一半的概率落在不存在的词上" in where
    assert sum(p for w, p in product.items() if w not in WORDS) == 0.5
    gap = entropy(first.values()) + entropy(second.values()) - entropy(WORDS.values())
    assert rf"$\ln2+\ln2-\ln2={gap:.4f}$" in where
    assert divergence(WORDS.values(), [product[w] for w in WORDS]) == pytest.approx(gap)
    assert r"$P(\text{香})\,P(\text{蕉}\mid\text{香})=1/2\times1=1/2$" in where
    assert first["香"] * conditional(1, "香蕉") == WORDS["香蕉"] == 0.5
    scores = [conditional(0, word) * conditional(1, word) for word in WORDS]
    assert r"=1\times1=1$，“苹果”也是 $1$，总和是 $2$" in where
    assert scores == [1, 1]
    assert "第一个字“香”“苹”各 $1/2$，第二个字“蕉”“果”各 $1/2$" in where
    assert set(first.values()) == set(second.values()) == {1 / 2}


def test_the_marginals_are_the_best_product() -> None:
    """No product of distributions comes closer to the joint one than the product of its marginals."""
    joint = {("a", "c"): 0.4, ("a", "d"): 0.2, ("b", "c"): 0.1, ("b", "d"): 0.3}
    left, right = 0.6, 0.5

    def distance(p: float, q: float) -> float:
        model = [(p if x == "a" else 1 - p) * (q if y == "c" else 1 - q) for x, y in joint]
        return divergence(joint.values(), model)

    best = distance(left, right)
    parts = entropy([left, 1 - left]) + entropy([right, 1 - right])
    assert best == pytest.approx(parts - entropy(joint.values()))
    grid = [k / 20 for k in range(1, 20)]
    assert all(distance(p, q) >= best - 1e-12 for p, q in itertools.product(grid, repeat=2))


def test_hiding_more_tokens_costs_more_on_average() -> None:
    """The gap of the theorem, averaged over what is seen, does not become smaller when one more token is hidden."""
    assert r"多遮一个词元 $w_k$，差距平均只增不减" in NOTE.answers
    rng = random.Random(1)
    for _ in range(50):
        weights = [rng.random() ** 4 for _ in range(16)]
        joint = {w: p / sum(weights) for w, p in zip(itertools.product("ab", repeat=4), weights, strict=True)}

        def known(places: tuple[int, ...], joint: dict[tuple[str, ...], float] = joint) -> float:
            """Entropy of the tokens at these places."""
            out: dict[tuple[str, ...], float] = {}
            for word, p in joint.items():
                key = tuple(word[k] for k in places)
                out[key] = out.get(key, 0) + p
            return entropy(out.values())

        gaps = []
        for hidden in ((0,), (0, 1), (0, 1, 2), (0, 1, 2, 3)):
            seen = tuple(k for k in range(4) if k not in hidden)
            singles = sum(known((*seen, k)) - known(seen) for k in hidden)
            gaps.append(singles - (known(tuple(range(4))) - known(seen)))
        assert gaps[0] == pytest.approx(0, abs=1e-12)
        assert all(more >= less - 1e-12 for less, more in itertools.pairwise(gaps))


def test_objectives_figure() -> None:
    """The three panels hide the same tokens of one sentence, and their shaded cells are the counts of the caption."""
    line = r"^    -?\d+/\{(\S+?)\}/(\d)/\{([^{}]*)\}/\{([01,]*)\}[,}]"
    lines = re.findall(line, NOTE.figure("arch-objectives"), re.MULTILINE)
    cells = [
        [(w, int(g)) for w, g in zip(words.split(","), greys.split(","), strict=True)] for _, _, words, greys in lines
    ]
    assert [name for name, _, _, _ in lines] == ["输入", "目标", "编码器输入", "解码器输入", "目标", "输入", "目标"]
    masked, answers, broken, fed, spans, shifted, sentence = ([w for w, _ in row] for row in cells)
    counted = [sum(g for _, g in row) for row in cells]
    assert (counted[1], counted[4], counted[6]) == (3, 6, 8) == (masked.count("[M]"), len(spans), len(sentence))
    assert sum(counted) == 17
    assert [a if m == "[M]" else m for m, a in zip(masked, answers, strict=True)] == sentence
    assert all((m == "[M]") == (a != "·") for m, a in zip(masked, answers, strict=True))
    pieces = re.split(r"\[[XYZ]\]", " ".join(spans))
    assert pieces[0] == pieces[-1] == ""
    filled = " ".join(broken).replace("[X]", pieces[1].strip()).replace("[Y]", pieces[2].strip())
    assert filled.split() == sentence
    assert " ".join(pieces).split() == [a for a in answers if a != "·"]
    assert fed == ["BOS", *spans[:-1]]
    assert shifted == ["BOS", *sentence[:-1]]
    assert len([w for w in spans if w.startswith("[")]) == 3
    assert "(a) 只有被遮的三格；(b) 目标共六格，其中三个是哨兵；(c) 八格全部计入" in TEXT
    assert [int(drawn) for _, drawn, _, _ in lines] == [len(row) for row in cells]


def test_training_signals() -> None:
    """The counts of positions and of losses, and their ratio, follow from length, rate and span length."""
    where = NOTE.section("**数一数信号**", "## 同样的宽度与层数")
    hit = found(
        r"取一段 \$T=(\d+)\$ 的文字，破坏 \$(\d+)\\%\$ 即 \$(\d+)\$ 个词元，片段长 \$(\d)\$，共 \$(\d+)\$ 段", where
    )
    length, rate, hidden, span, spans = (int(x) for x in hit.groups())
    assert hidden * 100 == length * rate
    assert spans * span == hidden
    assert f"${length}-{hidden}+{spans}={length - hidden + spans}$" in where
    assert f"${hidden}+{spans}+1={hidden + spans + 1}$" in where
    rows = re.findall(r"^\| (\S+) \| (\d+) \| (\d+)(?:（其中词元 (\d+)）)? \| (\d+)% \|$", where, re.MULTILINE)
    target = hidden + spans + 1
    assert rows == [
        ("掩码语言模型", str(length), str(hidden), "", str(100 * hidden // length)),
        ("片段破坏", str(length - hidden + spans + target), str(target), str(hidden), str(100 * hidden // length)),
        ("自回归", str(length), str(length), "", "100"),
    ]
    assert f"${length}/{hidden}={length / hidden:.2f}$ 倍" in where
    costs = NOTE.found(rf"12d\^2\\times200/30=({NUMBER})d\^2\$；片段破坏 \$14d\^2\\times221/41=({NUMBER})d\^2\$")
    positions = length - hidden + spans + target
    assert costs.groups() == (f"{12 * length / hidden:g}", f"{14 * positions / target:.1f}")
    assert rf"BERT 遮住约 ${rate}\%$ 的位置" in TEXT
    assert rf"选用的设置也是破坏 ${rate}\%$，片段平均长 ${span}$" in TEXT
    assert f"| 计损失的词元 | 约 {rate}% | {rate}% 或整段目标 | 100% |" in TEXT
    assert rf"实际的 ${rate}\%$ 是在两者之间折中" in TEXT
    assert "只计投影、各取 $L=1$" in TEXT


def parameters(d: int, *, cross: bool) -> int:
    """Weights of one layer: self-attention, feed-forward of width 4d, and cross-attention if there is one."""
    return 4 * d * d + 2 * d * (4 * d) + (4 * d * d if cross else 0)


def test_parameters_of_published_models() -> None:
    """The printed weight counts of GPT-3 and T5-Base follow from their depths and widths."""
    gpt = NOTE.found(r"\$L=(\d+)\$、\$d=(\d+)\$\[@brown2020\]，\$12Ld\^2=(\d+)\$，论文说是 (\d+) 亿")
    layers, d, total, claimed = (int(x) for x in gpt.groups())
    assert total == layers * parameters(d, cross=False)
    assert claimed == 1750
    assert abs(total / 1e8 / claimed - 1) < 0.01
    t5 = NOTE.found(
        r"各 \$(\d+)\$ 层、\$d=(\d+)\$\[@raffel2020\]，\$28Ld\^2=(\d+)\$，"
        rf"加上约 \$({NUMBER})\$ 万个词元的词嵌入 \$(\d+)\$，约 \$({NUMBER})\$ 亿"
    )
    vocabulary = round(float(t5[4]) * 10000)
    layers, d, total, embedding = (int(t5[k]) for k in (1, 2, 3, 5))
    assert total == layers * (parameters(d, cross=False) + parameters(d, cross=True))
    assert embedding == vocabulary * d
    assert f"{(total + embedding) / 1e8:.1f}" == t5[6]


def one_stack(t: int, d: int) -> int:
    """Multiply-adds of one layer over t positions, all cells of the attention matrix counted."""
    return parameters(d, cross=False) * t + 2 * t * t * d


def two_stacks(s: int, t: int, d: int) -> tuple[int, int]:
    """Multiply-adds of one encoder layer and of one decoder layer, term by term."""
    own = 4 * d * d * t + 2 * t * t * d
    cross = 2 * d * d * t + 2 * d * d * s + 2 * t * s * d
    return one_stack(s, d), own + cross + 8 * d * d * t


def test_cost_formula_for_two_stacks() -> None:
    """The collected formula equals the sum of the terms of one encoder and one decoder layer."""
    assert r"14d^2(T_s+T_t)+2d\left(T_s^2+T_t^2+T_sT_t\right)" in TEXT
    for s, t, d in itertools.product((0, 1, 3, 50), (0, 1, 3, 70), (2, 4, 64)):
        assert sum(two_stacks(s, t, d)) == 14 * d * d * (s + t) + 2 * d * (s * s + t * t + s * t)
    s, d = 5, 4
    assert sum(two_stacks(s, 0, d)) - one_stack(s, d) == 2 * d * d * s
    assert rf"$28/12\approx{28 / 12:.2f}$" in TEXT


def test_worked_comparison() -> None:
    """Weights, multiply-adds, FLOPs and ratios of the six-position example are recomputed layer by layer."""
    where = NOTE.section("## 六个位置的账", ":::")
    assert "取 $d=4$、$T_s=T_t=3$，$d^2=16$" in where
    d, s, t = 4, 3, 3
    assert check_sums(where) == 6
    single, both = parameters(d, cross=False), parameters(d, cross=False) + parameters(d, cross=True)
    cost, (encoder, decoder) = one_stack(s + t, d), two_stacks(s, t, d)
    assert rf"参数 $12\times16={single}$；" in where
    assert f"={cost}$，即 ${2 * cost}$ FLOP" in where
    assert rf"参数 $28\times16={both}$。" in where
    assert re.search(rf"编码器 \$12[^$]*={encoder}\$；解码器 \$14[^$]*={decoder}\$。", where)
    assert f"合计 ${encoder + decoder}$，即 ${2 * (encoder + decoder)}$ FLOP" in where
    assert re.search(rf"复核：\$[^$]*={encoder + decoder}\$", where)
    assert f"参数之比 ${both}/{single}={both / single:.2f}$" in where
    assert f"算力之比 ${encoder + decoder}/{cost}={(encoder + decoder) / cost:.2f}$" in where


def test_cost_of_one_step() -> None:
    """The cost of writing the third target token is recomputed for each architecture."""
    where = NOTE.found(r"仍取 \$d=4\$、\$T_s=3\$，写第 \$3\$ 个目标词元.*?。")[0]
    d, s, t = 4, 3, 3
    total = s + t
    assert check_sums(where) == 3
    assert f"仅解码器 ${12 * d * d}+{2 * total * d}={12 * d * d + 2 * total * d}$" in where
    steps = (14 * d * d, 2 * t * d, 2 * s * d)
    assert f"编码器—解码器 ${steps[0]}+{steps[1]}+{steps[2]}={sum(steps)}$" in where
    assert f"仅编码器 ${12 * d * d * total}+{2 * total * total * d}={one_stack(total, d)}$" in where


def test_question_on_sharing() -> None:
    """Two stacks exceed two single layers, and sharing all but the cross-attention brings them below."""
    where = NOTE.section("**问题一**", "**问题二**")
    d = 4
    limit = 2 * parameters(d, cross=False)
    both = parameters(d, cross=False) + parameters(d, cross=True)
    shared = parameters(d, cross=False) + 4 * d * d
    assert f"（${limit}$）" in where
    assert f"${both}>{limit}$" in where
    assert both > limit > shared
    assert rf"$12\times16+4\times16={shared}$" in where
    assert "不超过仅解码器的 $2$ 层" in where


def test_decoder_layer_overcount() -> None:
    """Counting a decoder-only layer as one with cross-attention overstates it by a third."""
    assert "会多算三分之一" in TEXT
    assert 3 * (parameters(4, cross=True) - parameters(4, cross=False)) == parameters(4, cross=False)


def polynomial(tex: str, **values: int) -> float:
    r"""The value of a printed polynomial such as ``12d^2T_s+2d\left(T_s^2+1\right)``."""
    tokens = re.findall(r"\d+|T_[st]|[TLd()+/]|\^\d", re.sub(r"\\left|\\right", "", tex))
    out = ""
    for token in tokens:
        if token.startswith("^"):
            out += "*" * 2 + token[1:]
        else:
            factor = str(values.get(token, token))
            joined = out and out[-1] not in "(+/" and token not in ")+/"
            out += ("*" if joined else "") + factor
    return float(eval(out, {"__builtins__": {}}))  # digits and signs only, by the tokens above


def test_printed_formulas() -> None:
    """Every printed polynomial for weights, cost, step and cache equals the count made from the parts."""
    d, s, t, layers = 3, 5, 7, 11
    symbols = {"d": d, "T_s": s, "T_t": t, "T": s + t, "L": layers}
    plain, crossed = parameters(d, cross=False), parameters(d, cross=True)
    encoder, decoder = two_stacks(s, t, d)

    def check(pattern: str, expected: float) -> None:
        for part in NOTE.found(pattern)[1].split("="):
            assert polynomial(part, **symbols) == expected, part

    check(r"一层\}&=(4d\^2\+8d\^2=[^,]*),", plain)
    check(r"解码器一层\}&=(4d\^2\+4d\^2[^.]*)\.", crossed)
    check(r"\$L\$ 层都是 \$([^$]*)\$", layers * plain)
    check(r"各 \$L\$ 层是 \$([^$]*)\$", layers * (plain + crossed))
    check(r"多出来的 \$([^$]*)\$ 全在交叉注意力上", layers * (crossed - plain))
    check(r"C_1\(T\)=([^ ]*) \.", one_stack(s + t, d))
    check(r"C_2\(T_s,T_t\)&=(.*?)\\\\", encoder + decoder)
    check(r"\n&=(14d\^2\(T_s.*?)\.\n", encoder + decoder)
    check(r"写位置 \$T\$ 的一步，每层是 \$([^$]*)\$", plain + 2 * (s + t) * d)
    check(r"只剩查询与输出两个投影，每层是 \$([^$]*)\$", crossed - 2 * d * d + 2 * t * d + 2 * s * d)
    check(r"每层每步 \$([^$]*)\$", one_stack(s + t, d))
    check(r"共 \$(2LT_sd\+2LT_td=2LTd)\$", 2 * layers * (s + t) * d)
    check(r"\$L\$ 层共 \$(2LTd)\$", 2 * layers * (s + t) * d)
    check(r"投影一项是它的 \$(14/12)\$ 倍", (plain + crossed) / 2 / plain)
    check(r"把 GPT 的一层当成 \$([^$]*)\$", crossed)
    check(r"自回归 \$(12d\^2)\$。同样的算力", plain)
    empty = sum(two_stacks(s + t, 0, d))
    check(r"后者是 \$(14d\^2T[^$]*)\$", empty)
    check(r"多 \$(2d\^2T)\$", empty - one_stack(s + t, d))
    row = NOTE.found(r"\| 参数（每摞 \$L\$ 层） \| \$(.*?)\$ \| \$(.*?)\$ \| \$(.*?)\$ \|")
    assert [polynomial(x, **symbols) for x in row.groups()] == [
        layers * plain,
        layers * (plain + crossed),
        layers * plain,
    ]
    assert r"自注意力的四个投影是 $4d^2$；前馈层有 $d\times4d$ 与 $4d\times d$ 两个矩阵，共 $8d^2$；" in TEXT
    assert "交叉注意力同样有四个投影，也是 $4d^2$。" in TEXT
    assert "自注意力是 $4d^2T_t+2T_t^2d$" in TEXT
    assert "前馈层是 $8d^2T_t$。" in TEXT
    assert "当 $T_s=T$、$T_t=0$ 时" in TEXT
    assert "是 $2d^2T_t$，键和值的投影作用在 $T_s$ 个源位置上，是 $2d^2T_s$，打分与取值是 $2T_tT_sd$" in TEXT
    assert "每层存 $2Td$ 个数" in TEXT
    assert "查询 $T_q$ 个、键 $T_k$ 个时共 $2T_qT_kd$ 次" in TEXT
    assert "| 键值缓存 | 不能用 | $2LTd$，源的部分固定 | $2LTd$，可以接着用 |" in TEXT
