"""Recompute every worked number of the note on the feed-forward layer, and its figures."""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import product

from tests.numbers.algebra import Matrix, Vector, applied, dot, logistic, plus, row_times, slope, softmax, times
from tests.numbers.printing import SPACED, THIN, joined, plain, vector
from tests.numbers.reading import NUMBER, WorkedNote, numbers

NOTE = WorkedNote("01-语言模型基础/07-全连接前馈层.md")
TEXT = NOTE.text

WORDS = ("巴黎", "东京", "欧元", "日元")


def relu(z: float) -> float:
    """Zero below zero."""
    return max(0.0, z)


def gelu(z: float) -> float:
    """The exact Gaussian error linear unit."""
    return z / 2 * (1 + math.erf(z / math.sqrt(2)))


def gelu_tanh(z: float, a: float = 0.044715) -> float:
    """The tanh approximation, with its cubic coefficient."""
    return z / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + a * z**3)))


def silu(z: float) -> float:
    """Z times the logistic function of z."""
    return z * logistic(z)


ROWS = re.findall(rf"^\| (\d) \| \$\(([^)]*)\)\$ \| \$({NUMBER})\$ \| \$\(([^)]*)\)\$ \| (.*?) \|$", TEXT, re.MULTILINE)
KEYS = [numbers(line[1]) for line in ROWS]
BIAS = [float(line[2]) for line in ROWS]
VALUES = [numbers(line[3]) for line in ROWS]
EMBEDDING = [numbers(re.findall(rf"e\}}_\{{\\text\{{{word}\}}\}}&=\(([^)]*)\)", TEXT)[0]) for word in WORDS]


def coefficients(x: Vector, act: Callable[[float], float] = relu) -> Vector:
    """The coefficient of each memory for the reading half of an input."""
    return [act(dot(x, key) + b) for key, b in zip(KEYS, BIAS, strict=True)]


def written(h: Vector, values: Matrix) -> Vector:
    """The writing half of the output: the weighted sum of the values."""
    return row_times(h, values)


def scores(out: Vector) -> Vector:
    """The score of each word."""
    return applied(EMBEDDING, out)


X = [1.0, 0.2, 1.0, 0.0]
H = coefficients(X)
OUT = written(H, VALUES)


def test_linear_layer_is_absorbed() -> None:
    """A linear layer can go: readers times I + M, later writers times its inverse, and every reading stays."""
    assert r"读这个向量的矩阵，都像 $\boldsymbol{W}_Q$ 这样左乘 $\boldsymbol{I}+\boldsymbol{M}$" in TEXT
    assert r"往上加的量，都先右乘 $(\boldsymbol{I}+\boldsymbol{M})^{-1}$" in TEXT

    m, c = [[1.0, 1.0], [0.0, -2.0]], [0.5, -1.0]
    grown = [[2.0, 1.0], [0.0, -1.0]]  # I + M
    inverse = [[0.5, 0.5], [0.0, -1.0]]
    assert times(grown, inverse) == [[1.0, 0.0], [0.0, 1.0]]
    reader, x, later = [[1.0, 3.0], [-2.0, 0.5]], [3.0, -1.5], [0.25, 4.0]
    with_layer = row_times(plus(plus(plus(x, row_times(x, m)), c), later), reader)
    moved = times(grown, reader)
    without = plus(row_times(plus(x, row_times(later, inverse)), moved), row_times(c, reader))
    assert all(math.isclose(a, b) for a, b in zip(with_layer, without, strict=True))


def test_negation_is_not_affine() -> None:
    """No affine function can give the sign product, while the printed pair of units gives it exactly."""
    where = NOTE.section("“不好”与“不坏”", "## 参数大半在这里")
    corners = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    signs = (1, -1, -1, 1)
    coefficient_sums = []
    for weights in ([s for s, _ in corners], [n for _, n in corners], [1] * 4):
        assert sum(sign * w for sign, w in zip(signs, weights, strict=True)) == 0
        coefficient_sums.append("".join(f"{sign * w:+d}" for sign, w in zip(signs, weights, strict=True)).lstrip("+"))
    assert all(sign == s * n for sign, (s, n) in zip(signs, corners, strict=True))
    assert r"$\max(0,s+n)+\max(0,-s-n)-1$" in where
    results = [relu(s + n) + relu(-s - n) - 1 for s, n in corners]
    assert results == [s * n for s, n in corners] == [abs(s + n) - 1 for s, n in corners]
    sums = joined([s + n for s, n in corners], ",", plain)
    assert f"四种输入的 $s+n$ 是 ${sums}$，结果是 ${joined(results, ',', plain)}$" in where
    for w1, w2, b in product((-2.0, 0.5, 3.0), repeat=3):
        values = [sign * (w1 * s + w2 * n + b) for sign, (s, n) in zip(signs, corners, strict=True)]
        assert min(values) <= 0
    assert r"“不坏”是 $(-1)\times(-1)=1$" in TEXT
    assert "$s=+1$ 表示形容词是“好”，$-1$ 表示“坏”；$n=+1$ 表示没有“不”，$-1$ 表示有" in TEXT
    terms = [f"{'+' if sign > 0 else '-'}f({s},{n})" for sign, (s, n) in zip(signs, corners, strict=True)]
    assert "".join(terms).lstrip("+") + "=0," in TEXT
    assert "的系数依次是 " + "、".join(f"${total}$" for total in coefficient_sums) + "，全为零" in TEXT


def test_parameter_shares() -> None:
    """The counts of attention, feed-forward layer and embeddings, and the shares drawn from them, are exact."""
    d, layers = 768, 12
    attention, ffl = 4 * d * d, 2 * 4 * d * d
    for name, formula, count in (
        ("注意力", "4d^2", attention),
        ("前馈层", "8d^2", ffl),
        ("合计", "12d^2", attention + ffl),
    ):
        assert f"| {name} | ${formula}$ | {count} | {count * layers} |" in TEXT
    assert Fraction(ffl, attention + ffl) == Fraction(2, 3)
    assert f"| 一层的权重数 | $d={d}$ | 十二层 |" in TEXT
    words, places = 50257 * d, 1024 * d
    assert rf"$50257\times768={words}$" in TEXT
    assert rf"$1024\times768={places}$" in TEXT
    share = ffl * layers / ((attention + ffl) * layers + words + places)
    assert rf"前馈层占 ${100 * share:.1f}\%$" in TEXT
    assert "（即 ReLU）、$m=4d$" in TEXT
    assert r"共 $4d^2$；前馈层有两个 $m\times d$ 的矩阵" in TEXT
    assert r"取 $m=4d$ 时共 $2\times4d\times d=8d^2$。一层合计 $12d^2$" in TEXT


def test_cost_crossing() -> None:
    """The feed-forward layer costs more multiply-adds than attention exactly below T = 2d."""
    hit = NOTE.found(r"即 \$T<2d\$。\$d=(\d+)\$ 时，序列不到 \$(\d+)\$")
    d, crossing = (int(x) for x in hit.groups())
    assert crossing == 2 * d
    for t, more in ((crossing - 1, True), (crossing, False)):
        assert (8 * d * d > 4 * d * d + 2 * t * d) is more
    assert "要 $8d^2$ 次乘加，过注意力的四个投影要 $4d^2$ 次" in TEXT
    assert "条件是 $8d^2>4d^2+2Td$，即 $T<2d$" in TEXT


def test_query_of_four_memories() -> None:
    """Coefficients, written vector, scores and probabilities follow from the printed keys and values."""
    assert [line[0] for line in ROWS] == ["1", "2", "3", "4"]
    where = NOTE.section("**匹配**", "**拆开看**")
    assert rf"$\boldsymbol{{x}}={vector(X, ',', plain)}$" in where
    assert f"其中 ${plain(X[1])}$ 是混进来的" in where
    for i, terms in enumerate(("1+1-1", "0.2+1-1", "1+0-1", "1-0.5")):
        assert f"h_{i + 1}&=\\max(0,\\,{terms})={plain(H[i])}" in where
        assert math.isclose(sum(float(x) for x in re.findall(r"-?[\d.]+", terms)), dot(X, KEYS[i]) + BIAS[i])
    parts = "+".join(rf"{plain(H[i])}\times{vector(VALUES[i], ',', plain)}" for i in (0, 1, 3))
    assert f"{parts}={vector(OUT, THIN, plain)}." in where
    z = scores(OUT)
    powers = [math.exp(x) for x in z]
    assert rf"得分依次是 ${joined(z, SPACED, plain)}$" in where
    assert rf"取指数得 ${joined(powers, SPACED)}$，和为 ${sum(powers):.4f}$" in where
    assert f"P={vector(softmax(z))}." in where
    assert f"“巴黎”占 ${softmax(z)[0]:.4f}$" in where
    assert softmax(scores([0.0] * 4)) == [0.25] * 4
    assert "四个词各 $0.25$" in where
    assert f"取 $d={len(KEYS[0]) + len(VALUES[0])}$。" in TEXT
    assert BIAS[:3] == [-1, -1, -1]
    assert "偏置 $-1$ 让前三条成了“与”门" in TEXT


def test_single_memories() -> None:
    """Each memory alone induces the printed distribution, and none of them equals the sum's."""
    where = NOTE.section("**拆开看**", "![四条记忆")
    first, fourth = scores(VALUES[0]), scores(VALUES[3])
    shown = [vector(z, ",", plain) for z in (first, fourth)]
    assert f"系数都当作 $1$，只用第一条记忆，得分是 ${shown[0]}$；只用第四条，得分是 ${shown[1]}$" in where
    for z in (first, fourth):
        assert f"{vector(softmax(z))}" in where
        assert not math.isclose(softmax(z)[0], softmax(scores(OUT))[0], abs_tol=1e-3)


def test_memory_figure() -> None:
    """The figure's coefficients, values and scores are those of the example; only a zero is dashed."""
    source = NOTE.figure("ffl-memory")
    rows = re.findall(rf"(\d)/{NUMBER}/[^/]+/({NUMBER})/\{{\(([^)]*)\)\}}/(solid|off)", source)
    assert [line[0] for line in rows] == ["1", "2", "3", "4"]
    for (_, shown, value, style), h, v in zip(rows, H, VALUES, strict=True):
        assert shown == plain(h)
        assert numbers(value) == v
        assert (style == "off") is (h == 0)
    assert dict(re.findall(rf"([巴东欧日].) \$({NUMBER})\$", source)) == {
        word: plain(z) for word, z in zip(WORDS, scores(OUT), strict=True)
    }
    assert f"${vector(X, ',', plain)}$" in source


def test_tanh_coefficient() -> None:
    """Matching the cubic terms gives the printed coefficient; the paper's has the smaller maximal error."""
    a = 2 / (3 * math.pi) - 1 / 6
    assert rf"a=c^2/3-1/6=\frac{{2}}{{3\pi}}-\frac16={a:.6f}" in TEXT
    assert r"\left(z+0.044715\,z^3\right)" in TEXT
    assert "论文的 $0.044715$ 与它略有出入" in TEXT
    grid = [k / 1000 for k in range(-6000, 6001)]
    errors = [max(abs(gelu(z) - gelu_tanh(z, c)) for z in grid) for c in (a, 0.044715)]
    shown = [rf"{1e4 * e:.2f}\times10^{{-4}}" for e in errors]
    assert errors[1] < errors[0]
    assert f"用 $0.045540$ 的最大误差是 ${shown[0]}$，用 $0.044715$ 是 ${shown[1]}$" in TEXT
    assert r"\left(z-\frac{z^3}{6}+\cdots\right)" in TEXT
    assert r"c\,z+\left(ca-\frac{c^3}{3}\right)z^3" in TEXT
    assert "比较三次项，$ca-c^3/3=-c/6$" in TEXT
    assert "在 $[-6,6]$ 上逐点比较" in TEXT


def test_activation_table() -> None:
    """Every cell of the table of activations is the function's value at four places."""
    rows = re.findall(rf"^\| \$?({NUMBER})\$? \|((?: \$?{NUMBER}\$? \|){{4}})$", TEXT, re.MULTILINE)
    assert [line[0] for line in rows] == ["-3", "-1", "-0.5", "0.5", "1", "3"]
    for z, cells in rows:
        first, *others = re.findall(NUMBER, cells)
        assert float(first) == relu(float(z))
        assert others == [f"{act(float(z)):.4f}" for act in (gelu, gelu_tanh, silu)]


def test_gelu_slope_and_minima() -> None:
    """GELU has slope one half at zero and both smooth curves have the printed minima."""
    assert "在 $z=0$ 处是 $0.5$" in TEXT
    assert math.isclose(slope(gelu, 0.0, 1e-5), 0.5, abs_tol=1e-9)
    minima = [min(act(k / 1000) for k in range(-4000, 0)) for act in (gelu, silu)]
    assert f"最低点分别约为 ${minima[0]:.3f}$ 与 ${minima[1]:.3f}$" in TEXT


def test_activation_figure() -> None:
    """Every plotted point is the recomputed value of its function."""
    curves: dict[str, Callable[[float], float]] = {"relu": relu, "gelu": gelu, "silu": silu}
    plots = NOTE.plots("ffl-activations")
    assert list(plots) == list(curves)
    for name, points in plots.items():
        assert points == [(f"{k / 5:.1f}", f"{curves[name](k / 5):.4f}") for k in range(-20, 11)], name


def test_gated_width() -> None:
    """Three matrices of two thirds of the width hold as many weights as two of the full one."""
    d = 4096
    width = Fraction(8 * d, 3)
    assert 3 * width * d == 2 * 4 * d * d
    assert f"例如 $d=4096$，$m'={float(width):.2f}$" in TEXT
    assert "向上取到 $256$ 的倍数" in TEXT
    rounded = 256 * math.ceil(width / 256)
    assert rf"得 ${rounded}={rounded // 256}\times256$" in TEXT
    source = NOTE.figure("ffl-gate")
    wide, narrow = (float(x) for x in re.findall(r"minimum width=([\d.]+)cm\] \([ag]\)", source))
    assert math.isclose(2 * wide, 3 * narrow)
    assert r"3\,m'd=2\,md\ \Longrightarrow\ m'=\tfrac23m,\qquad m=4d\ \text{时}\ m'=\tfrac83d ." in TEXT
    assert source.count(r"$m'=\frac83d$") == 2
    assert "SwiGLU：$3m'd=8d^2$" in source


def test_gated_coefficient() -> None:
    """One gated memory, computed from its printed rows, writes its value with the opposite sign."""
    x, gate, up = [1.0, -1.0], [2.0, 0.0], [1.0, 2.0]
    for name, printed in (("x", x), ("g", gate), ("u", up)):
        assert rf"$\boldsymbol{{{name}}}={vector(printed, ',', plain)}$" in TEXT
    opened, score = silu(dot(x, gate)), dot(x, up)
    assert rf"$\operatorname{{SiLU}}({plain(dot(x, gate))})={opened:.4f}$" in TEXT
    assert f"打分是 $1-2={plain(score)}$，系数 ${opened * score:.4f}$" in TEXT


def test_edit_is_the_least_disturbance() -> None:
    """For any C the derived edit meets its target, solves the printed condition, and is the smallest that does."""
    assert r"$2\boldsymbol{C}\boldsymbol{\Delta}=\boldsymbol{h}_*^\top\boldsymbol{\lambda}$" in TEXT
    assert r"$\boldsymbol{\Delta}=\frac12\boldsymbol{C}^{-1}\boldsymbol{h}_*^\top\boldsymbol{\lambda}$" in TEXT
    c, inverse = [[2.0, 1.0], [1.0, 1.0]], [[1.0, -1.0], [-1.0, 2.0]]
    assert times(c, inverse) == [[1.0, 0.0], [0.0, 1.0]]
    h, target = [3.0, 0.5], 1.5
    through = applied(inverse, h)
    edit = [target * v / dot(h, through) for v in through]
    assert math.isclose(dot(h, edit), target)
    multiplier = 2 * target / dot(h, through)
    for left, right in zip(applied(c, edit), h, strict=True):
        assert math.isclose(2 * left, multiplier * right)
    for size in (-1.0, -0.01, 0.01, 1.0):
        other = plus(edit, [size * h[1], -size * h[0]])
        assert math.isclose(dot(h, other), target)
        assert dot(other, applied(c, other)) > dot(edit, applied(c, edit))


def test_edit_of_one_fact() -> None:
    """The rank-one edit reaches its target exactly and moves only the second component of the values."""
    where = NOTE.section("**改一次**", "**看副作用**")
    target = [2.2, -1.6, -0.5, 0.0]
    assert f"从 ${vector(OUT, ',', plain)}$ 变为 ${vector(target, ',', plain)}$" in where
    residual = [t - o for t, o in zip(target, OUT, strict=True)]
    square = dot(H, H)
    assert rf"$\boldsymbol{{h}}_*={vector(H, ',', plain)}$" in where
    assert f"分母是 $1+0.04+0.25={square:.2f}$，差额 $\\boldsymbol{{r}}={vector(residual, ',', plain)}$" in where
    moves = [h * residual[1] / square for h in H]
    shown = r",\quad ".join("0" if m == 0 else f"{m:.4f}" for m in moves)
    assert shown + " ." in where
    check = rf"$1\times({moves[0]:.4f})+0.2\times({moves[1]:.4f})+0.5\times({moves[3]:.4f})={residual[1]:.4f}$"
    assert check in where
    assert math.isclose(dot(H, moves), residual[1])


def test_side_effect_of_the_edit() -> None:
    """After the edit a query without a country leans to the new answer by the printed amount."""
    where = NOTE.section("**看副作用**", "@hase2023")
    residual = -1.6 - OUT[1]
    after = [[v[0], v[1] + h * residual / dot(H, H), *v[2:]] for h, v in zip(H, VALUES, strict=True)]
    h = coefficients([0.0, 0.0, 1.0, 0.0])
    assert h == [0, 0, 0, 0.5]
    assert "只有第四条响，系数 $0.5$" in where
    before, now = scores(written(h, VALUES)), scores(written(h, after))
    assert f"改之前得分 ${vector(before, ',', plain)}$，两座城市各 ${softmax(before)[0]:.4f}$" in where
    assert f"第二个分量是 ${after[3][1]:.4f}$" in where
    assert rf"$({now[0]:.4f},\,{now[1]:.4f},\,{plain(now[2])},\,{plain(now[3])})$" in where
    assert f"东京 ${softmax(now)[1]:.4f}$，巴黎 ${softmax(now)[0]:.4f}$" in where
    assert r"一个没提过国家的“首都是”，$\boldsymbol{x}=(0,0,1,0)$" in where


def test_answers() -> None:
    """The numbers in the answers are the recomputed ones."""
    where = NOTE.answers
    assert coefficients(X, lambda z: z) == H
    assert f"输入 ${vector(X, ',', plain)}$ 时的系数和输出" in where
    assert f"四条的打分 ${joined(coefficients(X, lambda z: z), SPACED, plain)}$ 本来就没有负的" in where
    bare = [0.0, 0.0, 1.0, 0.0]
    linear = coefficients(bare, lambda z: z)
    assert rf"打分是 ${joined(linear, SPACED, plain)}$" in where
    silent, loud = written(coefficients(bare), VALUES), written(linear, VALUES)
    assert f"输出从 ${vector(silent, ',', plain)}$ 变成 ${vector(loud, ',', plain)}$" in where
    yen = [plain(scores(out)[3]) for out in (silent, loud)]
    assert f"“日元”的得分从 ${yen[0]}$ 涨到 ${yen[1]}$" in where
    money = [1.0, 0.2, 0.0, 1.0]
    assert rf"$\boldsymbol{{x}}={vector(money, ',', plain)}$" in where
    assert rf"打分依次是 ${joined(coefficients(money, lambda z: z), SPACED, plain)}$" in where
    z = scores(written(coefficients(money), VALUES))
    assert f"得分 ${vector(z, ',', plain)}$，欧元的概率是 ${softmax(z)[2]:.4f}$" in where
    d = 1024
    assert f"$d={d}$、$m=4d$ 的前馈层" in where
    limit = Fraction(8 * d * d, 3 * d)
    assert f"$8d^2={8 * d * d}$。$3m'd\\le{8 * d * d}$" in where
    assert rf"$m'\le{float(limit):.2f}$，取 ${math.floor(limit)}$" in where
    assert f"换成没提国家的 ${vector(bare, ',', plain)}$ 就不同了" in where
    assert f"第三条会以 ${plain(linear[2])}$ 写出" in where
    assert f"只有第三条响，系数 ${plain(coefficients(money)[2])}$" in where
