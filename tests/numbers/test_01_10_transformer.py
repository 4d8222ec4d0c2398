"""Recompute every worked number of the note on the Transformer language model, and its figures."""

import itertools
import math
import re

import pytest

from tests.numbers.algebra import Matrix, Vector, dot, plus, row_times, softmax
from tests.numbers.printing import SPACED, bare, joined, whole_or_four
from tests.numbers.reading import WorkedNote

NOTE = WorkedNote("01-语言模型基础/10-Transformer语言模型.md")
TEXT = NOTE.text

GPT2 = (50257, 1024, 768, 12)
XL = (50257, 1024, 1600, 48)
SMALL = (1000, 128, 64, 2)
RATE, BANDWIDTH = 10**14, 10**12  # the imagined accelerator: operations and bytes per second


def same(name: str, expected: Matrix) -> None:
    """Every cell of a printed matrix is the computed value."""
    assert NOTE.cells(name) == [[whole_or_four(x) for x in line] for line in expected], name


def norm(v: Vector) -> Vector:
    """Root mean square normalization with gain one."""
    return [x / math.sqrt(dot(v, v) / len(v)) for x in v]


E, P = NOTE.matrix(r"\boldsymbol{E}"), NOTE.matrix(r"\boldsymbol{P}")
W_K, W_V = NOTE.matrix(r"\boldsymbol{W}_K"), NOTE.matrix(r"\boldsymbol{W}_V")
W_1, W_2 = NOTE.matrix(r"\boldsymbol{W}_1"), NOTE.matrix(r"\boldsymbol{W}_2")
W_Q = W_O = NOTE.matrix(r"\boldsymbol{W}_Q=\boldsymbol{W}_O")
CAT, EAT, FISH, STOP = range(4)


class Row:
    """One position of the tiny network, computed from its token and the keys and values to its left."""

    def __init__(self, token: int, place: int, keys: Matrix, vals: Matrix) -> None:
        self.h0 = plus(E[token], P[place])
        self.u = norm(self.h0)
        self.q, self.k, self.v = row_times(self.u, W_Q), row_times(self.u, W_K), row_times(self.u, W_V)
        keys, vals = [*keys, self.k], [*vals, self.v]
        self.scores = [dot(self.q, key) / math.sqrt(2) for key in keys]
        self.a = softmax(self.scores)
        self.o = row_times(row_times(self.a, vals), W_O)
        self.y = plus(self.h0, self.o)
        self.hidden = [max(0.0, x) for x in row_times(norm(self.y), W_1)]
        self.h1 = plus(self.y, row_times(self.hidden, W_2))
        self.n = norm(self.h1)
        self.z = [dot(self.n, e) for e in E]
        self.pi = softmax(self.z)


def full(tokens: list[int]) -> list[Row]:
    """All rows, one after the other, each leaving its key and value to the next."""
    rows: list[Row] = []
    for t, w in enumerate(tokens):
        rows.append(Row(w, t, [r.k for r in rows], [r.v for r in rows]))
    return rows


def at_once(tokens: list[int]) -> Matrix:
    """Scores of all positions in one pass: whole matrices, and minus infinity above the diagonal."""
    h = [plus(E[w], P[t]) for t, w in enumerate(tokens)]
    q, k, v = ([row_times(norm(x), w) for x in h] for w in (W_Q, W_K, W_V))
    s = [[dot(a, b) / math.sqrt(2) + (-math.inf if j > i else 0) for j, b in enumerate(k)] for i, a in enumerate(q)]
    y = [plus(x, row_times(row_times(softmax(line), v), W_O)) for x, line in zip(h, s, strict=True)]
    f = [row_times([max(0.0, x) for x in row_times(norm(x), W_1)], W_2) for x in y]
    return [[dot(norm(plus(a, b)), e) for e in E] for a, b in zip(y, f, strict=True)]


ROWS = full([CAT, EAT, FISH])
LOSSES = [-math.log(r.pi[w]) for r, w in zip(ROWS, [EAT, FISH, STOP], strict=True)]


def block(d: int) -> dict[str, int]:
    """Parameters of one block, counted matrix by matrix."""
    attention = sum(d * d + d for _ in "QKVO")
    feed_forward = (d * 4 * d + 4 * d) + (4 * d * d + d)
    return {"attention": attention, "feed forward": feed_forward, "norm": 2 * (d + d)}


def parameters(v: int, length: int, d: int, layers: int) -> int:
    """Parameters of the whole network, with tied output."""
    return v * d + length * d + layers * sum(block(d).values()) + 2 * d


def test_parameter_formula() -> None:
    """Counting matrix by matrix gives the printed closed form, for every printed model."""
    assert "注意力有四个 $d\\times d$ 的投影和四个偏置，计 $4d^2+4d$" in TEXT
    assert "计 $8d^2+5d$；两个层正则化计 $2\\times2d=4d$。合计 $12d^2+13d$" in TEXT
    for d in (64, 768, 1600):
        assert list(block(d).values()) == [4 * d * d + 4 * d, 8 * d * d + 5 * d, 4 * d]
    assert r"N=Vd+T_{\max}d+L\left(12d^2+13d\right)+2d." in TEXT
    for v, length, d, layers in (GPT2, XL, SMALL):
        assert parameters(v, length, d, layers) == v * d + length * d + layers * (12 * d * d + 13 * d) + 2 * d
    assert r"$d_{\mathrm{ff}}=4d$。" in TEXT
    assert r"前馈有 $d\times4d$ 与 $4d\times d$ 两个矩阵和长为 $4d$ 与 $d$ 的偏置" in TEXT


def test_small_model() -> None:
    """The small model's parts and total follow from its printed sizes."""
    v, length, d, layers = SMALL
    one = sum(block(d).values())
    assert rf"小模型取 $V={v}$、$T_{{\max}}={length}$、$d={d}$、$L={layers}$" in TEXT
    assert rf"词嵌入 ${v * d}$，位置 ${length * d}$，每块 $12\times64^2+13\times64={one}$，两块 ${2 * one}$" in TEXT
    assert f"末尾 ${2 * d}$，共 ${parameters(*SMALL)}$ 个" in TEXT


def test_gpt2_table() -> None:
    """Each line of the table is its own product, and the lines add up to 124 439 808."""
    v, length, d, layers = GPT2
    parts = block(d)
    one = sum(parts.values())
    expected = [
        ("词嵌入", v * d),
        ("位置编码", length * d),
        ("每块的注意力", parts["attention"]),
        ("每块的前馈", parts["feed forward"]),
        ("每块的正则化", parts["norm"]),
        ("每块小计", one),
        ("十二块", layers * one),
        ("末尾正则化", 2 * d),
        ("**总数**", parameters(*GPT2)),
    ]
    lines = re.findall(r"^\| (\S+) \| (.*) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert [(name, int(count)) for name, _, count in lines] == expected
    for name, formula, count in lines:
        if name != "每块小计":
            plain = formula.strip("$").replace(r"\times", "*").replace("^2", "**2")
            assert re.fullmatch(r"[\d*+ ]+", plain), formula
            total = sum(math.prod(power(f) for f in re.split(r"(?<!\*)\*(?!\*)", term)) for term in plain.split("+"))
            assert total == int(count), name
    assert rf"GPT-2 的最小一档取 $V={v}$、$T_{{\max}}={length}$、$d={d}$、$L={layers}$" in TEXT
    assert f"总数 ${parameters(*GPT2)}$，即通常说的 124M" in TEXT
    assert f"要再加 ${v * d}$，变成 ${parameters(*GPT2) + v * d}$" in TEXT
    assert rf"代入 $V={XL[0]}$、$T_{{\max}}={XL[1]}$、$d={XL[2]}$、$L={XL[3]}$，得" in TEXT
    assert f"$d=1600$、$L=48$，得 ${parameters(*XL)}$" in TEXT


def power(factor: str) -> int:
    """An integer, or an integer squared as ``n**2``."""
    base, _, exponent = factor.strip().partition("**")
    return int(int(base) ** int(exponent or 1))


def test_share_figure() -> None:
    """Every bar of the parameter figure is that part's percentage of the model's total."""
    source = NOTE.figure("tlm-share")
    shown = [
        [float(x) for x in re.findall(r"\(([\d.]+),[^)]*\)", line)]
        for line in re.findall(r"\\addplot.*coordinates \{(.*)\};", source)
    ]
    assert r"\legend{词嵌入, 注意力, 前馈层, 位置与正则化}" in source
    columns = []
    for v, length, d, layers in (SMALL, GPT2, XL):
        parts = block(d)
        rest = length * d + layers * parts["norm"] + 2 * d
        counts = [v * d, layers * parts["attention"], layers * parts["feed forward"], rest]
        assert sum(counts) == parameters(v, length, d, layers)
        columns.append([round(100 * n / sum(counts), 2) for n in counts])
    assert shown == [list(line) for line in zip(*columns, strict=True)]
    assert re.sub(r"\([\d.]+,", "(", source).count("{(小模型) (GPT-2 124M) (GPT-2 1558M)}") == 4


def test_initial_loss() -> None:
    """A uniform guess over the vocabulary costs ln V."""
    assert f"$V=50257$ 时是 ${math.log(50257):.3f}$" in TEXT


def test_padding_pitfall() -> None:
    """The three ways to average the printed losses give the three printed numbers."""
    where = NOTE.section("## 先在句内平均，再在句间平均", ":::")
    first, second = [0.5, 1.0, 0.9], [2.0]
    assert r"损失 $0.5,\ 1.0,\ 0.9$；另一句只有一个答案，损失 $2.0$" in where
    total = sum(first) + sum(second)
    assert f"按词元平均是 ${total:.1f}/4={total / 4:.1f}$" in where
    mean = sum(first) / 3
    assert f"$({mean:.1f}+2.0)/2={(mean + 2) / 2:.1f}$" in where
    assert rf"直接除以 $2\times3=6$，得 ${total / 6:.4f}$" in where
    assert "短句那个词元的权重从 $1/4$ 变成 $1/2$" in where


def test_floating_point_operations() -> None:
    """The training cost per token and per run follows from 6N plus the attention term."""
    where = NOTE.section("## 训练一个 124M 模型", ":::")
    v, length, d, layers = GPT2
    weights = 12 * layers * d * d + v * d
    assert rf"$N_{{\mathrm{{mat}}}}=12\times12\times768^2+50257\times768={weights}$" in where
    pairs = sum(4 * d for t in range(1, length + 1) for _ in range(t))
    attention = 3 * layers * pairs // length
    assert attention == 6 * layers * d * (length + 1)
    both = 6 * weights + attention
    assert f"取 $T={length}$，第一项" in where
    assert f"第一项 ${6 * weights}$，第二项 ${attention}$，合计 ${both}$" in where
    assert rf"注意力只占 ${100 * attention / both:.1f}\%$" in where
    assert f"约 ${weights / (layers * d) / 1e4:.2f}$ 万个词元" in where
    run = both * 10**10
    assert rf"需 ${run / 1e18:.2f}\times10^{{18}}$ 次" in where
    assert f"要跑 ${run / (0.4 * RATE) / 3600:.1f}$ 小时" in where
    assert "每个词元约 $6N$ 次浮点运算" in TEXT
    assert r"前向 $2$，反向 $4$，共 $6$。" in TEXT
    assert r"就是 $6N_{\mathrm{mat}}$ 次" in TEXT
    assert "各头合计 $2d+2d=4d$ 次" in TEXT
    assert r"=6N_{\mathrm{mat}}+6Ld(T+1)." in TEXT
    assert "训练 $10^{10}$ 个词元需" in where
    assert r"每秒做 $10^{14}$ 次、实际用上 $40\%$ 的加速器" in where


def test_hand_example_attention() -> None:
    """The printed input, keys, values, weights and first sum follow from the printed parameters."""
    same(r"\boldsymbol{H}^{(0)}", [r.h0 for r in ROWS])
    same(r"\boldsymbol{U}=\operatorname{Norm}(\boldsymbol{H}^{(0)})", [r.u for r in ROWS])
    same(r"\boldsymbol{K}", [r.k for r in ROWS])
    same(r"\boldsymbol{V}", [r.v for r in ROWS])
    third = [math.exp(s) for s in ROWS[2].scores]
    scores, powers = (joined(v, SPACED, whole_or_four) for v in (ROWS[2].scores, third))
    assert f"第三行的三个分数是 ${scores}$，取指数得 ${powers}$，和为 ${sum(third):.4f}$" in TEXT
    same(r"\boldsymbol{A}", [r.a + [0.0] * (3 - len(r.a)) for r in ROWS])
    same(r"\boldsymbol{Y}=\boldsymbol{H}^{(0)}+\boldsymbol{A}\boldsymbol{V}", [r.y for r in ROWS])
    assert f"取 $V={len(E)}$，词表“猫、吃、鱼、。”编号 $1$ 到 ${len(E)}$；$d={len(E[0])}$，一个头，$L=1$" in TEXT
    assert rf"$d_{{\mathrm{{ff}}}}={len(W_1[0])}$，前馈的激活函数" in TEXT
    assert f"答案“吃鱼。”，$T={len(ROWS)}$。" in TEXT
    assert r"\boldsymbol{x}/\sqrt{(x_1^2+x_2^2)/2}$，结果的长度恒为 $\sqrt2$" in TEXT
    assert math.hypot(*norm([3.0, 1.0])) == pytest.approx(math.sqrt(2))
    assert "$d=2$ 时只会剩下 $(1,-1)$ 或 $(-1,1)$，两个分量相等时更是只剩零" in TEXT
    assert r"打分、除以 $\sqrt2$、按行归一成权重" in TEXT


def test_hand_example_output() -> None:
    """The printed hidden layer, residual stream, scores and probabilities follow."""
    hidden = "、".join(f"${bare(r.hidden)}$" for r in ROWS)
    assert f"的三行是 {hidden}，乘" in TEXT
    same(r"\boldsymbol{H}^{(1)}", [r.h1 for r in ROWS])
    same(r"\boldsymbol{N}", [r.n for r in ROWS])
    same(r"\boldsymbol{Z}", [r.z for r in ROWS])
    same(r"\boldsymbol{\Pi}", [r.pi for r in ROWS])


def test_hand_example_loss() -> None:
    """The printed losses, mean, perplexity and gradient follow from the probabilities."""
    answers = [r.pi[w] for r, w in zip(ROWS, [EAT, FISH, STOP], strict=True)]
    shown = "，".join(rf"$-\ln{p:.4f}={-math.log(p):.4f}$" for p in answers)
    mean = sum(LOSSES) / 3
    assert shown + rf"，平均 $\mathcal{{L}}={mean:.4f}$" in TEXT
    assert NOTE.found(r"困惑度（perplexity）\$e\^\{([\d.]+)\}=([\d.]+)\$").groups() == (
        f"{mean:.4f}",
        f"{math.exp(mean):.4f}",
    )
    gradient = [(p - (j == EAT)) / 3 for j, p in enumerate(ROWS[0].pi)]
    assert f"第一行是 ${bare(gradient)}$，和为零" in TEXT
    assert math.isclose(sum(gradient), 0, abs_tol=1e-12)
    assert f"答案的编号依次是 ${EAT + 1},{FISH + 1},{STOP + 1}$" in TEXT
    assert f"比乱猜的 ${len(E)}$ 好" in TEXT
    assert math.exp(mean) < len(E)


def test_gradient_of_the_scores() -> None:
    """The formula (pi - y)/T is the slope of the mean loss measured by moving one score."""
    step = 1e-5
    for t, answer in enumerate([EAT, FISH, STOP]):
        for j in range(4):
            moved = [[z + s * step * (i == j) for i, z in enumerate(ROWS[t].z)] for s in (1, -1)]
            up, down = (-math.log(softmax(z)[answer]) / 3 for z in moved)
            exact = (ROWS[t].pi[j] - (j == answer)) / 3
            assert math.isclose((up - down) / (2 * step), exact, abs_tol=1e-9)


def test_one_pass_equals_row_by_row() -> None:
    """The masked pass over the whole matrix and the pass that keeps a cache give the same scores for any tokens."""
    # without an epsilon, the norm of a token that its place cancels is not defined
    choices = [[w for w in range(4) if any(plus(E[w], P[t]))] for t in range(3)]
    assert [len(c) for c in choices] == [4, 3, 3]
    for tokens in itertools.product(*choices):
        rows = full(list(tokens))
        for r, z in zip(rows, at_once(list(tokens)), strict=True):
            assert r.z == pytest.approx(z, abs=1e-12)


def test_cached_decoding() -> None:
    """Decoding the third token from a cache of two gives the numbers of the full pass, as printed."""
    where = NOTE.section("## 用缓存再算一遍“鱼”", ":::")
    prefix = full([CAT, EAT])
    keys, vals = [r.k for r in prefix], [r.v for r in prefix]
    step = Row(FISH, 2, keys, vals)
    assert step.z == pytest.approx(at_once([CAT, EAT, FISH])[2], abs=1e-12)
    cache = "、".join(f"${bare(k)}$" for k in keys) + " 与 " + "、".join(f"${bare(v)}$" for v in vals)
    assert cache in where
    assert rf"{bare(E[FISH])}+{bare(P[2])}={bare(step.h0)},\qquad" in where
    assert rf"\boldsymbol{{q}}_3=\boldsymbol{{u}}_3={bare(step.q)}," in where
    assert step.q == step.u
    assert rf"\boldsymbol{{k}}_3&={bare(step.k)},\qquad \boldsymbol{{v}}_3={bare(step.v)}" in where
    terms = "+".join(rf"{a:.4f}\,{bare(v)}" for a, v in zip(step.a, [*vals, step.v], strict=True))
    assert rf"\boldsymbol{{o}}_3&={terms}\\" + "\n" + f"&={bare(step.o)}," in where
    assert rf"\boldsymbol{{y}}_3&={bare(step.y)},\qquad \boldsymbol{{h}}_3^{{(1)}}={bare(step.h1)}," in where
    assert rf"\boldsymbol{{z}}_3&={bare(step.z)}." in where
    assert f"的概率仍是 ${step.pi[STOP]:.4f}$，损失仍是 ${LOSSES[2]:.4f}$" in where
    assert "位置号是 $3$：" in where


def test_saved_rows() -> None:
    """Without a cache each new token costs its whole prefix; with one it costs a single row."""
    without = sum(range(512, 1024))
    cached = 512 + 511
    assert r"提示 $512$ 个，生成 $512$ 个。不用缓存，要依次送入长为 $512,513,\ldots,1023$ 的前缀" in TEXT
    assert f"共 ${without}$ 行；用缓存只算 ${cached}$ 行，约为 $1/{without / cached:.0f}$" in TEXT


def cache_bytes(layers: int, length: int, width: int) -> int:
    """Bytes of keys and values of one sequence, two bytes a number."""
    return 2 * layers * length * width * 2


def test_cache_memory() -> None:
    """The sizes of the caches follow from the formula, for all heads, eight and one."""
    small = cache_bytes(12, 1024, 768)
    assert "$L=12$、$gd_k=768$、$T=1024$、$s=2$：" in TEXT
    assert f"$s=2$：${small}$ 字节，即 ${small // 2**20}$ MiB" in TEXT
    assert small % 2**20 == 0
    large = [cache_bytes(32, 4096, g * 128) for g in (32, 8, 1)]
    assert large == [2 * 2**30, 512 * 2**20, 64 * 2**20]
    assert "换成 $L=32$、$h=32$、$d_k=128$、$T=4096$ 的模型，是 $2$ GiB" in TEXT
    assert "$g=8$ 时是 $512$ MiB，$g=1$ 时是 $64$ MiB" in TEXT
    assert r"M=2\,L\,T\,g" in TEXT
    assert "上面那个 $2$ GiB 的例子" in TEXT


def test_decoding_waits_for_memory() -> None:
    """Bytes, operations, times and intensities of one decoding step follow from the model's sizes."""
    v, length, d, layers = GPT2
    weights, cache = 2 * parameters(*GPT2), cache_bytes(layers, length, d)
    assert f"读权重 ${weights}$ 字节，读缓存 ${cache}$ 字节" in TEXT
    reading = (weights + cache) / BANDWIDTH * 1000
    assert f"要 ${reading:.3f}$ 毫秒" in TEXT
    work = 2 * (12 * layers * d * d + v * d) + layers * 4 * d * length
    assert f"运算 ${work}$ 次，只要 ${work / RATE * 1000:.5f}$ 毫秒" in TEXT
    assert f"${100 * (1 - work / RATE * 1000 / reading):.0f}\\%$ 的时间在等" in TEXT
    assert f"强度要到 ${RATE // BANDWIDTH}$ 才喂得饱" in TEXT
    assert f"取 $B=64$，总强度只有 ${64 * work / (weights + 64 * cache):.2f}$" in TEXT
    assert f"$B$ 再大也只逼近 ${work / cache:.2f}$" in TEXT
    assert "每秒 $10^{14}$ 次运算、每秒读 $10^{12}$ 字节" in TEXT
    assert "$B=1$ 时，124M 模型读权重" in TEXT


def test_cache_figure() -> None:
    """In the figure prefill fills the triangle of four rows and each later step adds one row to the cache."""
    source = NOTE.figure("tlm-cache")
    assert r"\foreach \i in {1,...,4} \foreach \j in {1,...,\i}" in source
    assert r"\foreach \row/\all in {2/4,4.5/5,5.5/6,6.5/7}" in source
    steps = re.findall(r"解码：送入 \$w_(\d)\$，选出 \$w_(\d)\$", source)
    assert steps == [("5", "6"), ("6", "7"), ("7", "8")]
    assert "由第 4 行选出 $w_5$" in source
    assert source.count(r"\foreach \i in {5,6,7}") == 3
    assert (source.count(r"\foreach \i in {1,...,7}"), source.count(r"\foreach \j in {1,...,7}")) == (1, 1)
    places = {5: "4.5", 6: "5.5", 7: "6.5"}
    kept = ",".join(f"{places[now]}/{before}" for now in (6, 7) for before in range(5, now))
    added = ",".join(f"{place}/{now}" for now, place in places.items())
    assert rf"\foreach \row/\j in {{{kept}}} \draw[fill=black!18]" in source
    assert rf"\foreach \row/\j in {{{added}}} \fill[black!80]" in source


def test_question_three() -> None:
    """With another third token the second prediction stands, and its loss is that of the new answer."""
    assert at_once([CAT, EAT, CAT])[:2] == at_once([CAT, EAT, FISH])[:2]
    p = ROWS[1].pi[CAT]
    assert rf"$-\ln{p:.4f}={-math.log(p):.4f}$" in NOTE.section("**问题三**", "**问题四**")


def test_question_two() -> None:
    """Six heads of 128 numbers cache as much as twelve heads of 64."""
    where = NOTE.section("**问题二**", "**问题三**")
    assert "$h$ 从 $12$ 改成 $6$" in where
    assert f"从 ${768 // 12}$ 到 ${768 // 6}$" in where
    assert cache_bytes(12, 1024, 12 * 64) == cache_bytes(12, 1024, 6 * 128)
    assert "124M 模型里，把" in where
