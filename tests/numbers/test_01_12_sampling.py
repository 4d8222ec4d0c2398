"""Recompute every worked number of the note on random sampling, and its figures."""

import math
import random
import re
from collections import Counter
from typing import Any

import pytest

from tests.numbers.algebra import Vector, divergence, dot, entropy, plus, slope, softmax
from tests.numbers.printing import SPACED, joined, plain, vector
from tests.numbers.reading import WorkedNote, numbers

NOTE = WorkedNote("01-语言模型基础/12-随机采样.md")
TEXT = NOTE.text


def tempered(z: Vector, tau: float) -> Vector:
    """The tempered distribution of the note's first numbered equation."""
    return softmax([x / tau for x in z])


def variance(p: Vector, z: Vector) -> float:
    """Variance of the scores under a distribution."""
    mean = dot(p, z)
    return dot(p, [(x - mean) ** 2 for x in z])


def truncated(p: Vector, size: int) -> Vector:
    """Keep the first tokens of a sorted distribution and normalise."""
    mass = sum(p[:size])
    return [x / mass if i < size else 0.0 for i, x in enumerate(p)]


def nucleus(p: Vector, rho: float) -> int:
    """The size of the nucleus of a sorted distribution; rounding of the sums must not cost a token."""
    total, size = 0.0, 0
    while total < rho - 1e-12:
        total += p[size]
        size += 1
    return size


def four() -> Vector:
    """The four probabilities that several sections use; every place prints the same."""
    found = re.findall(r"\\boldsymbol\{p\}=\(([\d.,]+)\)\^\\top", TEXT)
    assert len(found) == 3
    assert len(set(found)) == 1
    return numbers(found[0])


FOUR = four()
SCORES = numbers(re.findall(r"“好、热、冷、香”的得分为 \$\\boldsymbol\{z\}=\(([\d,-]+)\)\^\\top", TEXT)[0])


def test_tail() -> None:
    """A tail of two per cent a step is met at least once in a hundred steps with the printed probability."""
    assert f"$1-0.98^{{100}}={1 - 0.98**100:.4f}$" in TEXT
    assert "概率合计是 $0.02$，写 $100$ 个词元" in TEXT


def test_inverse_sampling() -> None:
    """The printed sums are those of the distribution, and the printed draw falls where the note says."""
    sums = [sum(FOUR[: i + 1]) for i in range(4)]
    assert f"$F$ 依次为 ${joined(sums, SPACED, plain)}$" in TEXT
    hit = NOTE.found(r"抽到 \$u=([\d.]+)\$，因为 \$([\d.]+)\\le([\d.]+)<([\d.]+)\$，取第二个")
    u, low, again, high = (float(x) for x in hit.groups())
    assert u == again
    assert math.isclose(low, sums[0])
    assert math.isclose(high, sums[1])
    assert low <= u < high


def test_gumbel_numbers() -> None:
    """The printed noise, sums and choice follow from the printed uniforms."""
    found = NOTE.found(r"\$\\boldsymbol\{z\}=\((2,1,0)\)\^\\top\$，\$\\boldsymbol\{u\}=\(([\d.,]+)\)\^\\top\$")
    z, u = numbers(found[1]), numbers(found[2])
    noise = [-math.log(-math.log(x)) for x in u]
    total = plus(z, noise)
    assert rf"\boldsymbol{{g}}={vector(noise)}^\top" in TEXT
    assert rf"相加得 ${vector(total)}^\top$，取第二个" in TEXT
    assert total.index(max(total)) == 1
    assert f"它的概率只有 ${softmax(z)[1]:.4f}$" in TEXT


def test_gumbel_theorem() -> None:
    """The integral of the proof, taken numerically, gives the softmax."""
    z = SCORES
    for j, expected in enumerate(softmax(z)):

        def integrand(x: float, j: int = j) -> float:
            density = math.exp(-(x - z[j]) - math.exp(-(x - z[j])))
            others = (math.exp(-math.exp(-(x - s))) for i, s in enumerate(z) if i != j)
            return density * math.prod(others)

        area = sum(integrand(-6 + 0.01 * i) for i in range(3601)) * 0.01
        assert math.isclose(area, expected, abs_tol=1e-6)


def test_temperature_table() -> None:
    """Distribution, entropy, variance and slope at each temperature follow from the scores."""
    where = NOTE.block("exm-smp-temp")
    powers = [math.exp(x / 0.5) for x in SCORES]
    assert f"指数为 ${joined(powers, SPACED)}$，和为 ${sum(powers):.4f}$" in where
    rows = re.findall(r"^\| (0\.5|1|2) \|((?: \d\.\d{4} \|){7})$", where, re.MULTILINE)
    assert [tau for tau, _ in rows] == ["0.5", "1", "2"]
    for tau, line in rows:
        t = float(tau)
        p = tempered(SCORES, t)
        spread = variance(p, SCORES)
        expected = [*p, entropy(p), spread, spread / t**3]
        assert [cell.strip() for cell in line.split("|")[:-1]] == [f"{x:.4f}" for x in expected]
    assert rf"取 $\tau=0.5$，$z_j/\tau$ 为 ${joined([x / 0.5 for x in SCORES], ',', plain)}$" in where


def test_slope_of_the_entropy() -> None:
    """The printed difference quotient agrees with Var / tau^3, here and at other temperatures."""
    up, down = (entropy(tempered(SCORES, t)) for t in (1.001, 0.999))
    left = r"\frac{H(1.001)-H(0.999)}{0.002}"
    assert rf"{left}=\frac{{{up:.6f}-{down:.6f}}}{{0.002}}={(up - down) / 0.002:.4f}." in NOTE.block("exm-smp-temp")
    for t in (0.3, 0.7, 1.0, 2.5):
        measured = slope(lambda tau: entropy(tempered(SCORES, tau)), t, 1e-4)
        assert math.isclose(measured, variance(tempered(SCORES, t), SCORES) / t**3, rel_tol=1e-5)
    assert r"用差商核对 $\tau=1$ 处" in TEXT


def test_limits_of_the_temperature() -> None:
    """Near zero the maxima share everything equally; at a large temperature all tokens are equal."""
    assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(tempered([1, 3, 3], 0.01), [0, 0.5, 0.5], strict=True))
    assert all(math.isclose(p, 0.25, abs_tol=1e-5) for p in tempered(SCORES, 1e6))


TAUS = [i / 10 for i in range(1, 31)]


def test_temperature_figure() -> None:
    """Every plotted probability is the recomputed one, and every label stands at its curve's end."""
    source = NOTE.figure("samp-temp")
    curves = NOTE.plots("samp-temp")
    assert list(curves) == [f"{token} {z:g}" for token, z in zip("好热冷香", SCORES, strict=True)]
    for j, points in enumerate(curves.values()):
        assert points == [(f"{t:g}", f"{tempered(SCORES, t)[j]:.4f}") for t in TAUS]
    ends = re.findall(r"at \(axis cs:3,([\d.]+)\) \{(.)\}", source)
    assert ends == [(f"{p:.4f}", token) for p, token in zip(tempered(SCORES, 3), "好热冷香", strict=True)]
    assert "(axis cs:0,0.25) -- (axis cs:3,0.25)" in source
    assert f"（虚线 1/{len(SCORES)}）" in TEXT


def test_entropy_figure() -> None:
    """Entropy and slope are the recomputed ones, the dotted line is ln 4, the slope peaks below one."""
    source = NOTE.figure("samp-entropy")
    curves = NOTE.plots("samp-entropy")
    slopes = [variance(tempered(SCORES, t), SCORES) / t**3 for t in TAUS]
    assert curves["entropy"] == [(f"{t:g}", f"{entropy(tempered(SCORES, t)):.4f}") for t in TAUS]
    assert curves["slope"] == [(f"{t:g}", f"{s:.4f}") for t, s in zip(TAUS, slopes, strict=True)]
    level = f"{math.log(4):.4f}"
    assert f"(axis cs:0,{level}) -- (axis cs:3,{level})" in source
    assert TAUS[slopes.index(max(slopes))] < 1
    assert f"趋近点线 ln {len(SCORES)}；温度小于 1 时变化最快" in TEXT
    assert rf"(axis cs:3,{level}) {{$\ln {len(SCORES)}$}}" in source
    assert f"(axis cs:3,{slopes[-1]:.4f}) {{$\\mathrm{{d}}H" in source


def test_cost_of_truncation() -> None:
    """The divergence is minus the log of the kept mass, and no other distribution on the kept set is nearer."""
    assert rf"$-\ln0.9={-math.log(0.9):.4f}$ 奈特" in TEXT
    rng = random.Random(7)
    p = softmax([rng.gauss(0, 2) for _ in range(12)])
    p.sort(reverse=True)
    for size in (1, 3, 8):
        q = truncated(p, size)
        assert math.isclose(divergence(q, p), -math.log(sum(p[:size])), abs_tol=1e-12)
        for _ in range(50):
            other = softmax([rng.gauss(0, 1) for _ in range(size)]) + [0.0] * (12 - size)
            assert divergence(other, p) >= divergence(q, p) - 1e-12


def shapes() -> dict[str, Vector]:
    """The peaked and the flat distribution as printed."""
    found = re.findall(r"\\text\{(尖|平)：\}&\(([^)]*)\)", NOTE.block("exm-smp-trunc"))
    return {name: numbers(values) for name, values in found}


SHAPES = shapes()


def test_truncation_example() -> None:
    """Sizes, kept mass and cost in the table follow from the two printed distributions."""
    where = NOTE.block("exm-smp-trunc")
    assert all(math.isclose(sum(p), 1) and p == sorted(p, reverse=True) and len(p) == 8 for p in SHAPES.values())
    assert r"取 $k=4$、$\rho=0.9$" in where
    rows = re.findall(r"^\| (尖|平) \| (Top-k|核) \| (\d) \| (0\.\d\d) \| (0\.\d{4}) \|$", where, re.MULTILINE)
    expected = []
    for name, p in SHAPES.items():
        for method, size in (("Top-k", 4), ("核", nucleus(p, 0.9))):
            mass = sum(p[:size])
            cost = divergence(truncated(p, size), p)
            expected.append((name, method, str(size), f"{mass:.2f}", f"{cost:.4f}"))
    assert rows == expected
    for name, p in SHAPES.items():
        size = nucleus(p, 0.9)
        sums = r",\ ".join(f"{sum(p[: i + 1]):.2f}" for i in range(size))
        assert f"{name}的分布累计为 ${sums}$" in where
        assert f"核有 ${size}$ 个" in where
    peaked = truncated(SHAPES["尖"], 2)
    assert f"尖的分布经核采样变成 ${peaked[0]:.4f}$ 与 ${peaked[1]:.4f}$" in where
    assert "第二个就到了 $0.9$" in where


def test_truncation_figure() -> None:
    """Every bar has its probability, and its pattern and the lines above say who keeps it."""
    source = NOTE.figure("samp-trunc")
    bars = NOTE.plots("samp-trunc")
    looks = {"both": "fill=black!35", "topk": "north east lines", "nucleus": "crosshatch", "none": "fill=white"}
    for name, p in SHAPES.items():
        core = nucleus(p, 0.9)
        groups: dict[str, list[tuple[str, str]]] = {}
        for rank, value in enumerate(p, start=1):
            kept = (rank <= 4, rank <= core)
            group = {(True, True): "both", (True, False): "topk", (False, True): "nucleus", (False, False): "none"}[
                kept
            ]
            groups.setdefault(group, []).append((str(rank), f"{value:g}"))
        assert {k: v for k, v in bars.items() if k[0] == name} == {f"{name}的分布 {k}": v for k, v in groups.items()}
        for group in groups:
            assert looks[group] in source.split(f"% {name}的分布 {group}\n")[1].split("coordinates")[0]
        panel = source.split(f"xlabel={{{name}的分布")[1].split(r"\nextgroupplot")[0]
        ends = re.findall(r"-- \(axis cs:([\d.]+),[\d.]+\) node\[right\] \{(Top-k|核)\}", panel)
        assert ends == [("4.4", "Top-k"), (f"{core + 0.4:g}", "核")]
    assert "只有 Top-k（k=4）留，网格柱只有核采样（ρ=0.9）留" in TEXT


def test_bounds() -> None:
    """The cost of top-k on a uniform distribution and the bound over a hundred steps are as printed."""
    assert f"$V=50000$、$k=40$ 时达到 ${math.log(50000 / 40):.4f}$ 奈特" in TEXT
    assert rf"上界是 $-100\ln0.9={-100 * math.log(0.9):.4f}$ 奈特" in TEXT
    assert "核采样写 $100$ 个词元，上界是" in TEXT


def test_off_by_one() -> None:
    """The wrong condition keeps nothing where the right one keeps the first token."""
    where = NOTE.block("pit-smp-offbyone")
    first = SHAPES["尖"][0]
    assert rf"$\rho=0.8$ 时，第一个的累计已是 ${first:g}$，结果一个也不剩" in where
    assert first > 0.8
    assert nucleus(SHAPES["尖"], 0.8) == 1
    assert "第一名的“之前”是 $0$" in where


def test_order_of_the_filters() -> None:
    """Top-k before or after the nucleus, and heating before or after it, keep different sets."""
    where = NOTE.block("exm-smp-order")
    two = truncated(FOUR, 2)
    assert f"归一化为 ${joined(two[:2], SPACED)}$" in where
    assert nucleus(two[:2], 0.5) == 1
    assert min(nucleus(FOUR, 0.5), 2) == 2
    hot = tempered([math.log(x) for x in FOUR], 2)
    assert f"为 ${joined(hot, SPACED)}$" in where
    assert f"前两个累计 ${sum(hot[:2]):.4f}<0.65$，要到第三个的 ${sum(hot[:3]):.4f}$ 才够" in where
    assert (nucleus(FOUR, 0.65), nucleus(hot, 0.65)) == (2, 3)
    sums = f"{FOUR[0]:g}", f"{FOUR[0] + FOUR[1]:g}"
    assert r"$k=2$、$\rho=0.5$。先 Top-k" in where
    assert rf"第一个已达 $0.5$，只剩一个。先取核：${sums[0]}<0.5\le{sums[1]}$" in where
    assert rf"$\tau=2$、$\rho=0.65$。先取核：${sums[0]}<0.65\le{sums[1]}$" in where


def test_temperature_and_top_k_commute() -> None:
    """Heating then keeping k equals keeping k then heating."""
    z = [math.log(x) for x in FOUR]
    for tau in (0.5, 2.0):
        first = truncated(tempered(z, tau), 2)
        second = tempered([math.log(x) for x in truncated(FOUR, 2)[:2]], tau)
        assert all(math.isclose(a, b) for a, b in zip(first, second, strict=False))


def test_typical_sampling() -> None:
    """The entropy, the four distances and the kept pair, without the likeliest token, are as printed."""
    h = entropy(FOUR)
    distances = [abs(h + math.log(x)) for x in FOUR]
    assert f"$H={h:.4f}$，四个差依次是 ${joined(distances, SPACED)}$" in TEXT
    order = sorted(range(4), key=lambda j: distances[j])
    assert order[:2] == [1, 2]
    assert FOUR[1] < 0.45 <= FOUR[1] + FOUR[2]
    assert f"阈值取 $0.45$，先留第二个，再留第三个，概率和为 ${FOUR[1] + FOUR[2]:g}$" in TEXT


def test_repetition_penalty() -> None:
    """Division by 1.2 lowers a positive score and raises a negative one, by the printed amounts."""
    assert f"$z_j=2$ 变成 ${2 / 1.2:.4f}$，确是惩罚；$z_j=-1$ 变成 ${-1 / 1.2:.4f}$，反成了奖励" in TEXT
    assert "原文推荐 $1.2$ 左右" in TEXT


def test_ten_tenths() -> None:
    """Ten tenths added one by one give the printed number, not one."""
    total = 0.0
    for _ in range(10):
        total += 0.1
    assert f"十个 $0.1$ 逐个相加得 `{total!r}`" in TEXT


def printed_program() -> Any:
    """The function `choose` of the note."""
    space: dict[str, Any] = {"math": math}
    exec(TEXT.split("```python\n")[1].split("```")[0], space)
    return space["choose"]


@pytest.mark.parametrize(("tau", "k", "rho"), [(1.0, 4, 1.0), (2.0, 4, 0.65), (1.0, 2, 1.0), (0.5, 3, 0.9)])
def test_printed_program(tau: float, k: int, rho: float) -> None:
    """The program draws from the tempered, cut and normalised distribution, and replays from its seed."""
    choose = printed_program()
    z = [math.log(x) for x in (0.2, 0.4, 0.1, 0.3)]
    order = [1, 3, 0, 2]
    top = truncated([tempered(z, tau)[j] for j in order], k)
    q = truncated(top, nucleus(top[:k], rho))
    draws = [choose(z, tau, k, rho, rng) for rng in [random.Random(3)] for _ in range(20000)]
    counts = Counter(draws)
    for j, p in zip(order, q, strict=True):
        assert math.isclose(counts[j] / 20000, p, abs_tol=0.015)
        assert (counts[j] == 0) == (p == 0)
    rng = random.Random(3)
    assert [choose(z, tau, k, rho, rng) for _ in range(100)] == draws[:100]


def test_answers() -> None:
    """The odds of the first answer and the vanishing slope of the third are the recomputed ones."""
    where = NOTE.answers
    z = [math.log(0.8), math.log(0.2)]
    for tau, ratio in ((2, 2), (0.5, 16)):
        a, b = tempered(z, tau)
        assert math.isclose(a / b, ratio)
        assert re.search(rf"\$\\tau={tau}\$ 时比值为 \${ratio}\$，概率是 \${a:.4f}\$ 与 \${b:.4f}\$", where)
    for scores in (SCORES, [2.0, 2.0, 1.0], [1.0, 1.0, 1.0]):  # one maximum, two, all of them
        assert variance(tempered(scores, 0.02), scores) / 0.02**3 < 1e-12
    assert r"两个词元的概率是 $0.8$ 与 $0.2$。$\tau=2$ 和 $\tau=0.5$ 时" in where
    assert f"比值 ${0.8 / 0.2:g}$ 取 $1/\\tau$ 次方" in where
    assert "“固定取 $u=0.5$”" in where
    assert "$p_{(1)}>0.5$ 时就是贪心" in where
