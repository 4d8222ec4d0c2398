"""Recompute every worked number of the note on layer normalization, and its figures."""

import math
import re
from collections.abc import Callable
from itertools import chain

from tests.numbers.algebra import Matrix, Vector, dot, row_times, times, transposed
from tests.numbers.printing import SPACED, THIN, joined, plain, vector
from tests.numbers.reading import NUMBER, WorkedNote, found

NOTE = WorkedNote("01-语言模型基础/08-层正则化.md")
TEXT = NOTE.text


def named(name: str, where: str = TEXT) -> Vector:
    r"""The one vector printed as ``\boldsymbol{x}=(…)``."""
    body = found(rf"\\boldsymbol\{{{re.escape(name)}\}}=\(([^)]*)\)", where)[1]
    return [float(x) for x in body.split(",")]


def mean(v: Vector) -> float:
    """The average."""
    return sum(v) / len(v)


def deviation(v: Vector) -> float:
    """The standard deviation, divided by the length of the vector."""
    return math.sqrt(mean([(x - mean(v)) ** 2 for x in v]))


def normalize(v: Vector, epsilon: float = 0.0) -> Vector:
    """Layer normalization without gain and shift."""
    scale = math.sqrt(deviation(v) ** 2 + epsilon)
    return [(x - mean(v)) / scale for x in v]


def root_mean_square(v: Vector) -> float:
    """Square root of the mean of squares."""
    return math.sqrt(mean([x * x for x in v]))


def only_scale(v: Vector) -> Vector:
    """RMSNorm without gain."""
    return [x / root_mean_square(v) for x in v]


FORWARD = NOTE.section("### 手算前向", "## 它忘掉了什么")
X, GAIN, SHIFT = (named(name, FORWARD) for name in ("x", r"\gamma", r"\beta"))
D = len(X)
HAT = normalize(X)
SIGMA = deviation(X)
G = [1.0, 0.0, -1.0, 2.0]
P = [a * b for a, b in zip(GAIN, G, strict=True)]
BACKWARD = NOTE.section("**手算反向**", "::: {#pit-ln-eps}")


def loss(x: Vector) -> float:
    """The example's loss as a function of the input."""
    return sum(g * (a * h + b) for g, a, h, b in zip(G, GAIN, normalize(x), SHIFT, strict=True))


def gradient() -> Vector:
    """The derived formula for the gradient with respect to the input."""
    along = mean([p * h for p, h in zip(P, HAT, strict=True)])
    return [(p - mean(P) - h * along) / SIGMA for p, h in zip(P, HAT, strict=True)]


def slope(x: Vector, i: int, step: float, f: Callable[[Vector], float]) -> tuple[float, float, float]:
    """Values of f with one component moved up and down, and the central difference."""
    up, down = ([v + sign * step * (j == i) for j, v in enumerate(x)] for sign in (1, -1))
    return f(up), f(down), (f(up) - f(down)) / (2 * step)


def component(f: Callable[[Vector], Vector], i: int) -> Callable[[Vector], float]:
    """One component of a function of vectors."""
    return lambda v: f(v)[i]


def test_batch_example() -> None:
    """One sample's normalized feature depends on its companion as printed, and vanishes alone."""
    where = NOTE.section("## 同一个样本，不同的同伴", ":::")
    assert "在样本甲上是 $2$" in where
    for other, words in ((4.0, "若同批的另一个样本是 $4$，则"), (0.0, "若同伴是 $0$，则")):
        batch = [2.0, other]
        statistics = rf"$\mu_B={plain(mean(batch))}$、$\sigma_B={plain(deviation(batch))}$"
        assert f"{words} {statistics}，甲变成 ${plain(normalize(batch)[0])}$" in where
    assert normalize([2.0], 1e-5) == [0.0]
    assert r"取 $\varepsilon=0$" in where
    assert r"若这批只有甲自己，$\mu_B=2$，甲永远变成 $0$" in where


def test_forward() -> None:
    """Mean, deviations, standard deviation, normalized vector and output follow from the printed input."""
    away = [x - mean(X) for x in X]
    squares = [a * a for a in away]
    assert rf"均值 $\mu={plain(sum(X))}/{D}={plain(mean(X))}$，偏差是 ${vector(away, ',', plain)}$" in FORWARD
    assert f"平方和 ${joined(squares, '+', plain)}={plain(sum(squares))}$" in FORWARD
    assert rf"$\sigma^2={plain(SIGMA**2)}$、$\sigma={plain(SIGMA)}$" in FORWARD
    assert rf"\hat{{\boldsymbol{{x}}}}={vector(HAT, THIN, plain)}" in FORWARD
    y = [a * h + b for a, h, b in zip(GAIN, HAT, SHIFT, strict=True)]
    assert rf"\boldsymbol{{y}}={vector(y, THIN, plain)}." in FORWARD
    assert f"平方和是 ${joined([h * h for h in HAT], '+', plain)}={D}$" in FORWARD
    assert math.isclose(dot(HAT, HAT), D)
    assert math.isclose(sum(HAT), 0, abs_tol=1e-12)
    assert f"取 $d={D}$，" in FORWARD


def test_invariance() -> None:
    """A positive multiple plus a constant leaves the normalized vector alone; a negative one flips it."""
    moved = [10 * x + 7 for x in X]
    assert rf"$10\boldsymbol{{x}}+7\mathbf{{1}}={vector(moved, ',', plain)}$，均值 ${plain(mean(moved))}$" in TEXT
    assert f"标准差 ${plain(deviation(moved))}$" in TEXT
    for a, c in ((10.0, 7.0), (0.3, -5.0), (-2.0, 1.0)):
        sign = 1 if a > 0 else -1
        for new, old in zip(normalize([a * x + c for x in X]), HAT, strict=True):
            assert math.isclose(new, sign * old, abs_tol=1e-12)


def test_two_features_keep_only_a_sign() -> None:
    """With two features the normalized vector is one of the two printed ones."""
    assert r"只能是 $(1,-1)$ 或 $(-1,1)$" in TEXT
    assert normalize([5.0, 2.0]) == [1, -1]
    assert normalize([-3.0, 40.0]) == [-1, 1]


def test_scale_of_a_weight_matrix() -> None:
    """Scaling the weights by a divides the gradient by a, and weights and gradient are orthogonal."""
    w = [[0.5, -1.0, 2.0], [1.5, 0.3, -0.7], [-0.2, 0.9, 1.1]]
    x, g = [1.0, -2.0, 0.5], [1.0, 0.4, -0.6]

    def of(flat: Vector) -> float:
        return dot(g, normalize(row_times(x, [flat[:3], flat[3:6], flat[6:]])))

    flat = [v for line in w for v in line]
    first = [slope(flat, i, 1e-5, of)[2] for i in range(9)]
    scaled = [slope([4 * v for v in flat], i, 1e-5, of)[2] for i in range(9)]
    assert max(abs(v) for v in first) > 0.01
    assert math.isclose(dot(flat, first), 0, abs_tol=1e-8)
    for a, b in zip(first, scaled, strict=True):
        assert math.isclose(a, 4 * b, abs_tol=1e-7)


def test_three_dimensional_example() -> None:
    """The projected vector, both lengths and the normalized vector of the example in space are recomputed."""
    where = NOTE.section("取 $d=3$ 就能画出来", "![三维情形")
    x = named("x", where)
    flat = [v - mean(x) for v in x]
    length = math.sqrt(dot(flat, flat))
    assert rf"$\boldsymbol{{x}}\boldsymbol{{P}}={vector(flat, ',', plain)}$" in where
    assert rf"$\sqrt{{{plain(dot(flat, flat))}}}={length:.4f}$" in where
    assert rf"$\sqrt3\times{plain(mean(x))}={math.sqrt(3) * mean(x):.4f}$" in where
    squares = joined([v * v for v in x], "+", plain)
    assert f"${squares}={plain(3 * mean(x) ** 2)}+{plain(dot(flat, flat))}$" in where
    assert math.isclose(dot(x, x), 3 * mean(x) ** 2 + dot(flat, flat))
    assert rf"$\hat{{\boldsymbol{{x}}}}={vector(normalize(x))}$" in where
    assert f"的均值是 ${plain(mean(x))}$" in where
    assert rf"再乘 $\sqrt3/\sqrt{{{plain(dot(flat, flat))}}}$" in where


def test_geometry_figure() -> None:
    """Every point is drawn at its coordinates in the plane and its image on the circle of radius root three."""
    source = NOTE.figure("ln-geometry")
    pair = rf"\(({NUMBER}),({NUMBER})\)"
    arrows = re.findall(rf"thick\] {pair} -- {pair}; % \(([^)]*)\)", source)
    assert len(arrows) == 5

    def plane(v: Vector) -> Vector:
        return [(v[0] - v[1]) / math.sqrt(2), (v[0] + v[1] - 2 * v[2]) / math.sqrt(6)]

    for a, b, c, d, name in arrows:
        x = [float(v) for v in name.split(",")]
        for shown, exact in zip((a, b, c, d), plane(x) + plane(normalize(x)), strict=True):
            assert math.isclose(float(shown), exact, abs_tol=6e-5), name
        assert math.isclose(math.hypot(float(c), float(d)), math.sqrt(3), abs_tol=1e-4)
        assert f"({a},{b}) {{$({name})$}}" in source
        assert rf"fill=white] ({a},{b}) circle[radius=2pt]; \fill ({c},{d}) circle" in source
    assert f"circle[radius={math.sqrt(3):.4f}]" in source
    x = [6.0, 2.0, 1.0]
    assert rf"\sqrt d\,\mu={math.sqrt(3) * mean(x):.4f}$" in source
    assert rf"\sqrt d\,\sigma={math.sqrt(3) * deviation(x):.4f}$" in source
    along, across = math.sqrt(3) * deviation(x), math.sqrt(3) * mean(x)
    assert rf"\draw[->, dashed, thick] ({along:.4f},{across:.4f}) -- ({along:.4f}," in source
    assert r"半径 $\sqrt3$" in source


def test_jacobian() -> None:
    """The derived Jacobian equals finite differences, and sigma times it is the projection of rank d - 2."""
    jacobian: Matrix = [[((i == j) - 1 / D - HAT[i] * HAT[j] / D) / SIGMA for j in range(D)] for i in range(D)]
    for i in range(D):
        for j in range(D):
            numeric = slope(X, j, 1e-4, component(normalize, i))[2]
            assert math.isclose(jacobian[i][j], numeric, abs_tol=1e-8)
    for null in ([1.0] * D, HAT, X):
        assert all(math.isclose(dot(line, null), 0, abs_tol=1e-12) for line in jacobian)
    q = [[SIGMA * v for v in line] for line in jacobian]
    for twice, once in zip(chain(*times(q, q)), chain(*q), strict=True):
        assert math.isclose(twice, once, abs_tol=1e-12)
    assert math.isclose(sum(q[i][i] for i in range(D)), D - 2)


def test_backward() -> None:
    """Each printed partial derivative follows from the formula, sums to zero and is orthogonal to x."""
    assert named("g", BACKWARD) == G
    assert named("p", BACKWARD) == P
    assert r"$\mathcal{L}=y_1-y_3+2y_4$" in BACKWARD
    products = [p * h for p, h in zip(P, HAT, strict=True)]
    along = mean(products)
    assert rf"$\bar p={plain(mean(P))}$" in BACKWARD
    terms = "".join(("+" if v >= 0 and k else "") + plain(v) for k, v in enumerate(products))
    assert rf"$\overline{{p\hat{{x}}}}=({terms})/{D}={plain(along)}$" in BACKWARD
    grad = gradient()
    for i, value in enumerate(grad):
        inner = f"{plain(P[i])}-{plain(mean(P))}{-HAT[i] * along:+.2f}"
        line = rf"\partial\mathcal{{L}}/\partial x_{i + 1}&=\left({inner}\right)/{plain(SIGMA)}={value:.3f}"
        assert line in BACKWARD
    parts = "".join(f"{g * x:+.3f}" for g, x in zip(grad, X, strict=True))
    assert f"与 $\\boldsymbol{{x}}$ 的点积 ${parts}=0$" in BACKWARD
    assert math.isclose(sum(grad), 0, abs_tol=1e-12)
    assert math.isclose(dot(grad, X), 0, abs_tol=1e-12)
    assert f"增益的梯度是 ${vector([g * h for g, h in zip(G, HAT, strict=True)], THIN, plain)}$" in BACKWARD
    assert "四个数之和是 $0$" in BACKWARD


def test_finite_differences() -> None:
    """The printed losses on both sides give the printed slope, and all four slopes equal the derivation."""
    assert "把 $x_1$ 上下各拨动 $0.01$" in BACKWARD
    up, down, first = slope(X, 0, 0.01, loss)
    left = rf"\frac{{\mathcal{{L}}({X[0] + 0.01:.2f})-\mathcal{{L}}({X[0] - 0.01:.2f})}}{{0.02}}"
    assert rf"{left}=\frac{{{up:.7f}+{-down:.7f}}}{{0.02}}={first:.4f}." in BACKWARD
    slopes = [slope(X, i, 0.01, loss)[2] for i in range(D)]
    assert f"得 ${joined(slopes[1:], SPACED)}$" in BACKWARD
    for numeric, exact in zip(slopes, gradient(), strict=True):
        assert math.isclose(numeric, exact, abs_tol=1e-6)


def test_pitfalls() -> None:
    """The unbiased deviation and the shrunken inputs give the printed wrong or weakened results."""
    where = NOTE.section("## 除以谁，加在哪", ":::")
    unbiased = SIGMA * math.sqrt(D / (D - 1))
    assert f"标准差成了 ${unbiased:.4f}$" in where
    assert f"从 ${plain(HAT[3])}$ 变成 ${(X[3] - mean(X)) / unbiased:.4f}$" in where
    small, smaller = (normalize([c * x for x in X], 1e-5)[3] for c in (1e-3, 1e-4))
    assert rf"缩小到千分之一时 $\hat{{x}}_4$ 是 ${small:.4f}$，缩小到万分之一时只剩 ${smaller:.4f}$" in where
    assert r"取 $\varepsilon=10^{-5}$，上例的" in where


def test_rms() -> None:
    """The root mean square is the printed one, and the derived Jacobian of RMSNorm is right."""
    r = root_mean_square(X)
    assert rf"$\sqrt{{{plain(mean(X) ** 2)}+{plain(SIGMA**2)}}}={r:.4f}$" in TEXT
    assert f"结果为 ${vector(only_scale(X))}$" in TEXT
    bar = only_scale(X)
    for i in range(D):
        for j in range(D):
            numeric = slope(X, j, 1e-4, component(only_scale, i))[2]
            assert math.isclose(((i == j) - bar[i] * bar[j] / D) / r, numeric, abs_tol=1e-8)
    centred = [x - mean(X) for x in X]
    for a, b in zip(only_scale(centred), normalize(centred), strict=True):
        assert math.isclose(a, b)


def test_table_of_invariances() -> None:
    """Every cell of the table is what the three normalizations do to a small batch."""
    batch = [[1.0, 4.0, -2.0], [3.0, 0.5, 5.0], [-1.0, 2.0, 0.7], [2.5, -3.0, 1.0]]
    c = 3.0

    def columns(b: Matrix) -> Matrix:
        return transposed([normalize(feature) for feature in transposed(b)])

    methods: list[Callable[[Matrix], Matrix]] = [
        columns,
        lambda b: [normalize(v) for v in b],
        lambda b: [only_scale(v) for v in b],
    ]
    changes: dict[str, Callable[[int, int, float], float]] = {
        "一个词元的所有特征同乘 $c$": lambda n, _, v: v * c if n == 1 else v,
        "一个词元的所有特征同加 $c$": lambda n, _, v: v + c if n == 1 else v,
        "所有词元、所有特征同乘 $c$": lambda _n, _, v: v * c,
        "所有词元的某一个特征同乘 $c$": lambda _, j, v: v * c if j == 2 else v,
        "所有词元的某一个特征同加 $c$": lambda _, j, v: v + c if j == 2 else v,
    }
    for name, change in changes.items():
        cells = []
        moved = [[change(n, j, v) for j, v in enumerate(line)] for n, line in enumerate(batch)]
        for method in methods:
            pairs = zip(chain(*method(batch)), chain(*method(moved)), strict=True)
            cells.append("不变" if all(math.isclose(a, b, abs_tol=1e-9) for a, b in pairs) else "变")
        assert f"| {name} | {' | '.join(cells)} |" in TEXT


def test_direct_path() -> None:
    """The printed shares of the direct path are powers of one over root two."""
    hit = NOTE.found(r"剩下 \$2\^\{-N/2\}\$ 倍：\$N\$ 为 ([^时]*) 时，依次是 (\S*)。")
    depths = [int(n) for n in re.findall(r"\$(\d+)\$", hit[1])]
    assert depths == [12, 24, 48]
    shown = []
    for n in depths:
        digits, power = f"{2 ** (-n / 2):.2e}".split("e")
        shown.append(rf"${digits}\times10^{{{int(power)}}}$")
        assert math.isclose(math.sqrt(1 / 2) ** n, 2 ** (-n / 2))
    assert hit[2] == "、".join(shown)


def test_gradient_norm_identity() -> None:
    """The squared gradient is what Pythagoras leaves of p, divided by the variance."""
    where = NOTE.section("用前例核对", "要说清证据的边界")
    whole, ones, hats = dot(P, P), sum(P) ** 2 / D, dot(P, HAT) ** 2 / D
    rest = whole - ones - hats
    assert rf"\rVert^2={plain(whole)}$，减去 ${plain(ones)}$ 与 ${plain(hats)}$ 剩 ${plain(rest)}$" in where
    assert f"除以 ${plain(SIGMA**2)}$ 得 ${plain(rest / SIGMA**2)}$" in where
    grad = gradient()
    squares = "+".join(f"{abs(v):.3f}^2" for v in grad)
    assert f"${squares}={dot(grad, grad):.4f}$" in where
    assert math.isclose(dot(grad, grad), rest / SIGMA**2)


def test_outlier() -> None:
    """One large component among a hundred takes the printed value, the largest that is possible."""
    x = [1.0] + [0.0] * 99
    assert f"设 $d={len(x)}$，一个分量为 $1$，其余为 $0$" in TEXT
    shown = f"均值 ${mean(x):.2f}$，标准差 ${deviation(x):.4f}$，这个分量变成 ${normalize(x)[0]:.2f}$"
    assert f"{shown}，其余都是 ${normalize(x)[1]:.4f}$" in TEXT
    assert math.isclose(normalize(x)[0], math.sqrt(99))
    assert r"\hat{x}_i^2\frac{d}{d-1}\le d$" in TEXT
    for sample in ([3.0, -1.0, 2.0, 7.0], [0.0, 0.0, 5.0]):
        size = len(sample)
        for v in normalize(sample):
            assert v * v * size / (size - 1) <= size + 1e-12
    assert "可达三百多倍" in TEXT
    assert 300 < 1 / math.sqrt(1e-5) < 400
    assert r"$\varepsilon=10^{-5}$ 时可达三百多倍" in TEXT


def test_answers() -> None:
    """The numbers in the answers are the recomputed ones."""
    where = NOTE.answers
    x = [*X[:3], 100.0]
    hat = normalize(x)
    assert f"的最后一个分量改成 ${plain(x[3])}$" in where
    assert f"均值 ${plain(mean(x))}$，标准差 ${deviation(x):.4f}$" in where
    assert rf"$\hat{{\boldsymbol{{x}}}}={vector(hat)}$" in where
    assert f"原本相差 ${plain(x[2] - x[0])}$，归一后只相差 $8/{deviation(x):.4f}={hat[2] - hat[0]:.4f}$" in where
    assert rf"$\sqrt{{3}}={math.sqrt(3):.4f}$" in where
    for a, b in zip(normalize(HAT), HAT, strict=True):
        assert math.isclose(a, b)
    wrong = [p / SIGMA for p in P]
    assert rf"$\boldsymbol{{p}}/\sigma={vector(wrong, THIN, plain)}$" in where
    ones, along = plain(sum(wrong)), plain(dot(wrong, X))
    assert rf"与 $\mathbf{{1}}$ 的点积是 ${ones}$，与 $\boldsymbol{{x}}$ 的点积是 ${along}$" in where
    assert "若把支路输出乘上 $0.1$，$N=24$ 时" in where
    total = 1 + 0.1**2
    assert f"方差是 $1+{0.1**2:.2f}={total:.2f}$，每过一个子层乘 $1/\\sqrt{{{total:.2f}}}$，$24$ 个之后" in where
    assert math.isclose(math.sqrt(total) ** -24, 1.01**-12)
    assert f"$1.01^{{-12}}={1.01**-12:.4f}$" in where
    assert rf"把 $\boldsymbol{{x}}={vector(X, ',', plain)}$ 的最后一个分量改成" in where
