"""Recompute every worked number of the note on residual connections, and its figures."""

import math
import random
import re
from collections.abc import Callable
from itertools import combinations

from tests.numbers.algebra import Vector, applied, dot, logistic, row_times, times
from tests.numbers.printing import SPACED, joined, plain, scientific
from tests.numbers.reading import NUMBER, WorkedNote

NOTE = WorkedNote("01-语言模型基础/09-残差连接.md")
TEXT = NOTE.text

WEIGHTS = [float(x) for x in re.findall(rf"\$w_[012]=({NUMBER})\$", NOTE.section("## 标量网络", ":::"))]
START = 1.0
SCALAR = NOTE.section("**残差网络**　逐块代入", "@fig-res-gradnorm 把同样的比较")


def scalar(x: float, *, shortcut: bool, weights: Vector | None = None) -> tuple[Vector, Vector, Vector]:
    """Branch outputs, states and branch derivatives of the scalar network."""
    branches, states, slopes = [], [x], []
    for w in WEIGHTS if weights is None else weights:
        f = math.tanh(w * states[-1])
        branches.append(f)
        slopes.append(w * (1 - f * f))
        states.append(states[-1] + f if shortcut else f)
    return branches, states, slopes


F, X, J = scalar(START, shortcut=True)
SLOPE = math.prod(1 + j for j in J)


def test_bounds_example() -> None:
    """Fifty blocks with branches of norm 1/50 keep the printed bounds, with and without the shortcut."""
    assert f"$0.98^{{50}}={0.98**50:.4f}$ 与 $1.02^{{50}}={1.02**50:.4f}$" in TEXT
    assert f"上界是 $0.02^{{50}}={scientific(0.02**50)}$" in TEXT
    assert 1 / 50 == 0.02
    assert r"取 $L=50$、$\rho=1/50$" in TEXT


def test_shortcut_is_no_guarantee() -> None:
    """Branches of minus and plus a tenth give the printed shrinkage and growth over fifty blocks."""
    where = NOTE.section("## 有捷径不等于不会爆炸、不会消失", ":::")
    assert f"$F(x)=-0.1x$ 时，五十个块的倍数是 $0.9^{{50}}={0.9**50:.4f}$" in where
    assert f"$F(x)=0.1x$ 时是 $1.1^{{50}}={1.1**50:.2f}$" in where


def test_expansion_of_matrices() -> None:
    """The ordered product of I + J equals the sum over all subsets, for matrices that do not commute."""
    rng = random.Random(3)
    size, depth = 3, 4
    js = [[[rng.random() - 0.5 for _ in range(size)] for _ in range(size)] for _ in range(depth)]
    one = [[float(i == k) for k in range(size)] for i in range(size)]

    product = one
    for j in js:
        step = [[one[i][k] + j[i][k] for k in range(size)] for i in range(size)]
        product = times(step, product)
    total = [[0.0] * size for _ in range(size)]
    count = 0
    for length in range(depth + 1):
        for chosen in combinations(range(depth), length):
            term = one
            for index in chosen:
                term = times(js[index], term)
            total = [[total[i][k] + term[i][k] for k in range(size)] for i in range(size)]
            count += 1
    assert count == 2**depth
    for i in range(size):
        for k in range(size):
            assert math.isclose(product[i][k], total[i][k], abs_tol=1e-12)


def test_scalar_forward_and_derivative() -> None:
    """States, branch derivatives and their product follow from the printed weights."""
    assert WEIGHTS == [0.5, -0.4, 0.8]
    assert "输入 $x_0=1$" in TEXT
    inner = ["0.5", f"({WEIGHTS[1] * X[1]:.6f})", f"{WEIGHTS[2] * X[2]:.6f}"]
    for i, end in enumerate((r",\\", r",\\", ".\n")):
        line = rf"F_{i}&=\tanh{inner[i]}={F[i]:.6f}, & x_{i + 1}&={X[i + 1]:.6f}, & j_{i}&={J[i]:.6f}{end}"
        assert line in SCALAR
    factors = r"\times".join(f"{1 + j:.6f}" for j in J)
    assert f"={factors}={SLOPE:.6f}." in SCALAR
    assert r"取 $d=1$，$F_l(x)=\tanh(w_lx)$" in TEXT


def test_paths_of_the_scalar_example() -> None:
    """The eight printed contributions, grouped by length, add up to the product."""
    totals = []
    for length in range(4):
        paths = list(combinations(range(3), length))
        terms = [math.prod(J[i] for i in chosen) for chosen in paths]
        totals.append(sum(terms))
        names = SPACED.join("".join(f"j_{i}" for i in chosen) for chosen in paths)
        path, shown = (f"${names}$", joined(terms, SPACED)) if length else ("捷径到底", "1")
        assert f"\n| {length} | {path} | ${shown}$ | ${sum(terms):.4f}$ |\n" in SCALAR
    assert math.isclose(sum(totals), SLOPE)
    assert f"四个小计相加得 ${sum(round(t, 4) for t in totals):.4f}$" in SCALAR
    assert f"{SLOPE:.4f}" == f"{sum(round(t, 4) for t in totals):.4f}"


def test_plain_scalar_network() -> None:
    """Without shortcuts the same weights give the printed states and the one product of three factors."""
    _, states, slopes = scalar(START, shortcut=False)
    shown = "，".join(f"$x_{i}={states[i]:.6f}$" for i in (1, 2, 3))
    assert shown in SCALAR
    a, b, c = slopes
    assert rf"导数 ${a:.6f}\times({b:.6f})\times{c:.6f}={a * b * c:.6f}$" in SCALAR
    assert f"只剩长度为 ${len(slopes)}$ 的那一条路" in SCALAR


def test_finite_differences() -> None:
    """Moving the input up and down gives the printed values and slopes of both networks."""
    assert "把 $x_0$ 上下各拨动 $0.001$" in SCALAR
    for shortcut in (True, False):
        up, down = (scalar(START + h, shortcut=shortcut)[1][-1] for h in (0.001, -0.001))
        slope = (up - down) / 0.002
        exact = math.prod(j + shortcut for j in scalar(START, shortcut=shortcut)[2])
        assert math.isclose(slope, exact, abs_tol=1e-6)
        if shortcut:
            assert rf"\frac{{{up:.9f}-{down:.9f}}}{{0.002}}={slope:.6f}" in SCALAR
        else:
            assert f"普通网络给出 ${slope:.6f}$" in SCALAR


def gradient_lengths(shortcut: float, scale: float) -> Vector:
    """Gradient lengths from layer 0 to 50 over that at the output, in the random network of the figure."""
    size, depth = 16, 50
    rng = random.Random(7)

    def uniform(width: float) -> float:
        return width * (2 * rng.random() - 1)

    bound = math.sqrt(3) * 0.9 / math.sqrt(size)
    weights = [[[uniform(bound) for _ in range(size)] for _ in range(size)] for _ in range(depth)]
    x = [uniform(math.sqrt(3)) for _ in range(size)]
    g = [uniform(math.sqrt(3)) for _ in range(size)]
    slopes = []
    for w in weights:
        h = [math.tanh(a) for a in applied(w, x)]
        slopes.append([scale * (1 - v * v) for v in h])
        x = [shortcut * a + scale * b for a, b in zip(x, h, strict=True)]
    lengths = [math.hypot(*g)]
    for w, s in zip(reversed(weights), reversed(slopes), strict=True):
        z = [a * b for a, b in zip(g, s, strict=True)]
        g = [shortcut * a + b for a, b in zip(g, row_times(z, w), strict=True)]
        lengths.append(math.hypot(*g))
    return [v / lengths[0] for v in reversed(lengths)]


def test_gradient_figure() -> None:
    """Every plotted gradient length is recomputed, and the text quotes the ones at the input."""
    curves = {
        "plain": gradient_lengths(0, 1),
        "res": gradient_lengths(1, 1),
        "scaled": gradient_lengths(1, 1 / math.sqrt(50)),
    }
    plots = NOTE.plots("res-gradnorm")
    assert list(plots) == list(curves)
    for name, points in plots.items():
        assert points == [(str(k), f"{v:.4g}") for k, v in enumerate(curves[name])], name
    assert f"只剩 ${scientific(curves['plain'][0], 1)}$" in TEXT
    assert f"放大到 ${curves['res'][0]:.1f}$ 倍" in TEXT
    assert rf"支路再乘 $1/\sqrt{{50}}$，是 ${curves['scaled'][0]:.2f}$ 倍" in TEXT
    assert "方差 $0.81/16$" in TEXT
    assert math.isclose(0.9**2, 0.81)
    assert r"支路乘 $1/\sqrt{50}$" in NOTE.figure("res-gradnorm")


def binomial(n: int, k: int, p: float) -> float:
    """The binomial probability."""
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


def test_path_lengths_in_the_text() -> None:
    """The share of middle lengths and the shifted mean follow from the binomial distribution."""
    hit = NOTE.found(r"有 \$54\$ 个块，平均长度 \$27\$，长度在 \$(\d+)\$ 到 \$(\d+)\$ 之间的路径占 \$([\d.]+)")
    low, high = int(hit[1]), int(hit[2])
    share = sum(math.comb(54, k) for k in range(low, high + 1)) / 2**54
    assert hit[3] == f"{100 * share:.1f}"
    p = 0.3 / 1.3
    assert rf"取 $\rho=0.3$，$p={p:.4f}$：$L=54$ 时，贡献的平均长度是 ${54 * p:.2f}$" in TEXT
    weights = [math.comb(54, k) * 0.3**k for k in range(55)]
    assert math.isclose(sum(k * w for k, w in enumerate(weights)) / sum(weights), 54 * p)
    assert "不到 $27$ 的一半" in TEXT
    assert 54 * p < 27 / 2
    shallow = sum(math.comb(54, k) for k in range(5, 18)) / 2**54
    assert rf"合 $5$ 到 $17$ 个块；按条数，它们只占全部的 ${100 * shallow:.2f}\%$" in TEXT
    assert f"只有 ${2 * 5}$ 到 ${2 * 17}$ 层深的路径，一个块有两层" in TEXT


def test_length_figure() -> None:
    """Every bar is the binomial share of its length, and the caption names both means."""
    p = 0.3 / 1.3
    plots = NOTE.plots("res-lengths")
    assert list(plots) == ["count", "weight"]
    for points, q in zip(plots.values(), (0.5, p), strict=True):
        assert points == [(str(k), f"{binomial(16, k, q):.4f}") for k in range(17)]
    assert r"![十六个块、$\rho=0.3$ 时的路径长度" in TEXT
    assert f"白柱是条数，平均 {16 // 2}；斜线柱是贡献，平均 {16 * p:.2f}]" in TEXT


def test_paths_figure() -> None:
    """The unrolled picture shows each subset of three blocks once, with its factors and length."""
    rows = re.findall(r"(\d)/(\d)/(\d)/(\d)/([^/]+)/(\d)", NOTE.figure("res-paths"))
    assert [line[0] for line in rows] == [str(r) for r in range(8)]
    assert len({line[1:4] for line in rows}) == 8
    for _, *marks, factor, length in rows:
        used = [i for i, mark in enumerate(marks) if mark == "1"]
        assert int(length) == len(used)
        assert re.findall(r"J\}_(\d)", factor) == [str(i) for i in reversed(used)]
        assert used or factor == r"\boldsymbol{I}"
    counts = ",".join(str(math.comb(3, k)) for k in range(4))
    assert f"各有 ${counts}$ 条" in NOTE.figure("res-paths")
    assert "$2^3=8$ 条路径，长度为 $0,1,2,3$ 的" in NOTE.figure("res-paths")
    assert "画出 $L=3$ 的八条" in TEXT


def test_scaled_and_gated_shortcuts() -> None:
    """The powers of scaled shortcuts and of a nearly closed gate are the printed ones."""
    scaled = rf"$\lambda=0.9$ 时是 ${scientific(0.9**100)}$，$\lambda=1.1$ 时是 ${scientific(1.1**100)}$"
    assert scaled in TEXT
    gate = logistic(-2)
    assert rf"例如 $-2$，$\sigma(-2)={gate:.4f}$" in TEXT
    assert f"$1-{gate:.4f}={1 - gate:.4f}$" in TEXT
    assert f"${1 - gate:.4f}^{{50}}={(1 - gate) ** 50:.4f}$" in TEXT


def test_stream_example() -> None:
    """The scores of the two words are the sums of the contributions of the three writers."""
    start = r"^\| [^|]*\$\\boldsymbol\{([xf])\}_\d\$ \| \$\(([^)]*)\)\$"
    rows = re.findall(rf"{start} \| \$({NUMBER})\$ \| \$({NUMBER})\$ \|$", TEXT, re.MULTILINE)
    assert len(rows) == 4
    vectors = [[float(v) for v in line[1].split(",")] for line in rows]
    cat, fish = [2.0, 1.0], [0.0, 2.0]
    assert "“猫”$(2,1)$、“鱼”$(0,2)$" in TEXT
    for v, line in zip(vectors, rows, strict=True):
        scores = [dot(v, e) for e in (cat, fish)]
        assert [line[2], line[3]] == [plain(s) for s in scores]
    *writers, total = vectors
    assert [sum(v[j] for v in writers) for j in range(2)] == total
    for name, v in zip((r"x}_0", r"f}_0", r"f}_1", r"x}_2"), vectors, strict=True):
        assert rf"$\boldsymbol{{{name}=({plain(v[0])},{plain(v[1])})$" in TEXT
    assert f"以 ${rows[-1][3]}$ 比 ${rows[-1][2]}$ 胜出" in TEXT
    assert f"取 $d={len(cat)}$，某个位置的词嵌入" in TEXT
    assert [row[2:] for row in rows[1:2]] == [("2", "2")]
    assert "第一个子层两边各加 $2$" in TEXT


def test_growth_table() -> None:
    """Every cell of the table of variances follows from its recursion."""
    rows = re.findall(r"^\| (\d+) \| (\S+) \| (\d+) \| (\d+) \| ([\d.]+) \|$", TEXT, re.MULTILINE)
    assert [line[0] for line in rows] == ["12", "24", "48", "96"]
    for line in rows:
        n = int(line[0])
        free = steady = scaled = tamed = 1.0
        for _ in range(n):
            free += free
            steady += 1
            scaled += 1 / n
            tamed += tamed / n
        assert line[1] == f"{free:.2e}"
        assert (int(line[2]), line[3]) == (steady, plain(scaled))
        assert line[4] == f"{tamed:.3f}"
    assert rf"（`4.10e+03` 即 ${scientific(2.0**12)}$。）" in TEXT
    assert rf"$\mathrm{{e}}={math.e:.3f}$" in TEXT
    assert rf"$L=12$ 时 $1/\sqrt{{24}}={1 / math.sqrt(24):.4f}$" in TEXT
    assert "| $N$ | 无 LN，$c=1$ | 前置，$s=1$ |" in TEXT
    assert "残差流的方差，起点为 1 {#" in TEXT
    assert "最后一列是 $(1+1/N)^N$" in TEXT


def simulated(*, normalized: bool, scale: float, depth: int = 48) -> Vector:
    """Mean square of the stream after 0 to depth random linear branches, averaged over 32 networks."""
    size, networks = 32, 32
    rng = random.Random(11)
    bound = math.sqrt(3 / size)
    total = [0.0] * (depth + 1)
    for _ in range(networks):
        x = [math.sqrt(3) * (2 * rng.random() - 1) for _ in range(size)]
        start = math.sqrt(sum(v * v for v in x) / size)
        x = [v / start for v in x]
        for n in range(depth + 1):
            square = sum(v * v for v in x) / size
            total[n] += square / networks
            seen = [v / math.sqrt(square) for v in x] if normalized else x
            h = [sum(bound * (2 * rng.random() - 1) * v for v in seen) for _ in range(size)]
            x = [a + scale * b for a, b in zip(x, h, strict=True)]
    return total


def test_growth_figure() -> None:
    """The lines are the formulas and the circles the simulation, which agrees within a factor of 1.5."""
    cases: dict[str, tuple[Callable[[int], float], Vector, int]] = {
        "none": (lambda n: 2.0**n, simulated(normalized=False, scale=1, depth=19), 19),
        "pre": (lambda n: 1.0 + n, simulated(normalized=True, scale=1), 48),
        "scaled": (lambda n: 1 + n / 48, simulated(normalized=True, scale=1 / math.sqrt(48)), 48),
    }
    plots = NOTE.plots("res-growth")
    assert len(plots) == 6
    for name, (formula, circles, top) in cases.items():
        assert plots[f"{name}-formula"] == [(str(n), f"{formula(n):.4g}") for n in range(top + 1)], name
        step = 2 if name == "none" else 4
        assert plots[f"{name}-simulated"] == [(str(n), f"{circles[n]:.4g}") for n in range(0, top + 1, step)], name
        for n in range(0, top + 1, step):
            assert 1 / 1.5 < circles[n] / formula(n) < 1.5, (name, n)
    assert "$d=32$" in TEXT
    assert "圆点是 32 个随机网络的平均" in TEXT
    assert "at (axis cs:48,49) {前置：$1+n$}" in NOTE.figure("res-growth")
    assert "at (axis cs:48,2) {前置且缩放：$1+n/48$}" in NOTE.figure("res-growth")


def test_consequences_of_growth() -> None:
    """The shares of late blocks are the printed fractions, and the product telescopes to N + 1."""
    assert "$n=3$ 时一半，$n=24$ 时五分之一，$n=99$ 时十分之一" in TEXT
    assert [1 / math.sqrt(n + 1) for n in (3, 24, 99)] == [1 / 2, 1 / 5, 1 / 10]
    for n in (1, 7, 96):
        assert math.isclose(math.prod((k + 2) / (k + 1) for k in range(n)), n + 1)
    assert r"=\frac21\cdot\frac32\cdots" in TEXT
    assert "起点方差与 $s^2$ 都是 $1$。第 $n$ 个块写入的标准差是 $1$" in TEXT


def test_answers() -> None:
    """The numbers in the answers are the recomputed ones."""
    where = NOTE.answers
    _, states, slopes = scalar(START, shortcut=True, weights=[WEIGHTS[0], WEIGHTS[2]])
    assert rf"按新的输入 $x_1={states[1]:.6f}$ 重算，为 ${slopes[1]:.6f}$" in where
    product = (1 + slopes[0]) * (1 + slopes[1])
    assert rf"${1 + slopes[0]:.6f}\times{1 + slopes[1]:.6f}={product:.6f}$" in where
    root = math.sqrt(96)
    assert rf"$n=95$，流的标准差是 $\sqrt{{96}}={root:.3f}$，占 $1/{root:.3f}={1 / root:.4f}$" in where
    assert r"$\alpha=0.2$、$N=24$" in where
    factor = 1 - 0.2**2
    assert rf"$\lambda^N={factor:.2f}^{{12}}={factor**12:.4f}$" in where
    assert math.isclose(math.sqrt(factor) ** 24, factor**12)
    assert "$L=48$ 层的 Transformer（$N=96$）" in where
    assert "残差块有 $N=2L$ 个" in TEXT
    # A branch times 1/sqrt(N) adds s^2 = 1 in all, and the shortcut stays 1.
    assert math.isclose(sum((1 / math.sqrt(24)) ** 2 for _ in range(24)), 1)
    assert r"支路再乘 $1/\sqrt N$，方差总共只涨 $s^2$" in where
    assert r"剩下不含 $j_1$ 的四条：$1,\ j_0,\ j_2,\ j_0j_2$" in where
