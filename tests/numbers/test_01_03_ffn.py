"""Recompute every worked number of the note on the feedforward network, and its figures."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from tests.numbers.algebra import Matrix, Vector, applied, dot, logistic, outer, plus, slope, softmax, transposed
from tests.numbers.printing import SPACED, joined, plain, vector
from tests.numbers.reading import NUMBER, WorkedNote, numbers

NOTE = WorkedNote("01-语言模型基础/03-前馈神经网络.md")
TEXT = NOTE.text


def pmatrix(values: Matrix) -> str:
    """A matrix of four places as the note prints it."""
    return r"\begin{pmatrix}" + r"\\".join(joined(line, "&") for line in values) + r"\end{pmatrix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """One hidden layer with biases."""

    w1: Matrix
    b1: Vector
    w2: Matrix
    b2: Vector

    def forward(self, x: Vector, act: Callable[[float], float] = math.tanh) -> tuple[Vector, Vector, Vector, Vector]:
        """Before and after the activation, scores, probabilities."""
        a = plus(applied(self.w1, x), self.b1)
        h = [act(s) for s in a]
        z = plus(applied(self.w2, h), self.b2)
        return a, h, z, softmax(z)

    def loss(self, x: Vector, label: int) -> float:
        """Cross-entropy of one sample."""
        return -math.log(self.forward(x)[3][label])


HAND = NOTE.section("## 手算：三个词", "### 学猫，狗也会了")
HEADS = re.findall(r"词表是“(.)、(.)、(.)”", HAND)[0]
CELLS = dict(re.findall(r"\\boldsymbol\{c\}_\{\\text\{(.)\}\}=\(([^()]*)\)\^\\top", HAND.split("训练样本")[0]))
WORDS = {word: numbers(CELLS[word]) for word in HEADS}
NET = Net(w1=NOTE.matrix(r"\boldsymbol{W}_1"), b1=[0.0, 0.0], w2=NOTE.matrix(r"\boldsymbol{W}_2"), b2=[0.0, 0.0, 0.0])
LABEL = HEADS.index("跑")
X = WORDS["猫"]
A, H, Z, P = NET.forward(X)
DELTA2 = [p - float(k == LABEL) for k, p in enumerate(P)]
BACK = applied(transposed(NET.w2), DELTA2)
SLOPE = [1 - h * h for h in H]
DELTA1 = [s * g for s, g in zip(SLOPE, BACK, strict=True)]
GRADX = applied(transposed(NET.w1), DELTA1)
GRAD1, GRAD2 = outer(DELTA1, X), outer(DELTA2, H)


def test_network_figure_is_counted() -> None:
    """Arrows and biases of the drawn network make the printed number of parameters."""
    source = NOTE.figure("ffn-network")
    (places,) = re.findall(r"\\foreach \\i/\\y in \{([^}]*)\} \\node\[outer\] \(x", source)
    assert r"\foreach \i in {1,2} \foreach \j in {1,2,3} \draw[->] (x\i) -- (h\j);" in source
    assert r"\foreach \i in {1,2,3} \foreach \j in {1,2,3} \draw[->] (h\i) -- (z\j);" in source
    r, d, v = len(places.split(",")), 3, 3
    assert f"$r={r}$、$d={d}$、$V={v}$" in TEXT
    arrows, biases = r * d + d * v, d + v
    assert rf"箭头有 ${r}\times{d}+{d}\times{v}={arrows}$ 条" in TEXT
    assert f"共 ${biases}$ 个，合计 ${arrows + biases}$ 个" in TEXT


def test_double_negation() -> None:
    """The printed table is exclusive or, made by the two printed thresholds; one threshold unit cannot make it."""
    where = NOTE.section("## 双重否定", "隐藏层做的事是换坐标")
    low, high = (float(x) for x in re.findall(rf"\$x_1\+x_2>({NUMBER})\$", where))
    rows = re.findall(r"^\| (\d) \| (\d) \| (\d) \| (\d) \| (\d) \|$", where, re.MULTILINE)
    assert [(int(line[0]), int(line[1])) for line in rows] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for line in rows:
        x1, x2, h1, h2, y = (int(cell) for cell in line)
        assert (h1, h2) == (int(x1 + x2 > low), int(x1 + x2 > high))
        assert y == h1 - h2 == x1 ^ x2
    grid = [k / 4 for k in range(-8, 9)]
    for w1, w2, b in product(grid, repeat=3):
        assert [w1 * x1 + w2 * x2 + b > 0 for x1, x2 in product((0, 1), repeat=2)] != [False, True, True, False]
    assert (low, high) == (0.5, 1.5)
    assert f"取 $h_1$ 在 $x_1+x_2>{low}$ 时为 $1$，$h_2$ 在 $x_1+x_2>{high}$ 时为 $1$，输出 $h_1-h_2$" in TEXT


def test_slopes_of_the_activations() -> None:
    """The derivatives have the printed maxima and saturated values, and the identity with tanh holds."""
    for a in (-3.0, -0.4, 0.0, 1.7):
        assert math.isclose(math.tanh(a), 2 * logistic(2 * a) - 1, abs_tol=1e-12)
        assert math.isclose(slope(logistic, a, 1e-5), logistic(a) * (1 - logistic(a)), rel_tol=1e-6)
        assert math.isclose(slope(math.tanh, a, 1e-5), 1 - math.tanh(a) ** 2, rel_tol=1e-6)
    steepest = max(logistic(k / 10) * (1 - logistic(k / 10)) for k in range(-50, 51))
    assert f"逻辑函数的导数最高只有 ${steepest:g}$" in TEXT
    assert rf"\sigma'(0)=\frac1{1 / steepest:g}$" in TEXT
    assert rf"$a=4$ 时 $\sigma'={logistic(4) * (1 - logistic(4)):.4f}$、$\tanh'={1 - math.tanh(4) ** 2:.4f}$" in TEXT
    assert rf"$0.25^{{10}}={0.25**10 * 1e7:.2f}\times10^{{-7}}$" in TEXT
    assert r"\tanh'(a)=4\sigma(2a)\bigl(" in TEXT
    assert math.isclose(1 - math.tanh(0.7) ** 2, 4 * logistic(1.4) * (1 - logistic(1.4)))


def test_activation_figure() -> None:
    """Every plotted point is the recomputed value of its function or derivative."""
    source = NOTE.figure("ffn-activations")
    curves: dict[str, Callable[[float], float]] = {
        "sigma": logistic,
        "tanh": math.tanh,
        "sigma-slope": lambda a: logistic(a) * (1 - logistic(a)),
        "tanh-slope": lambda a: 1 - math.tanh(a) ** 2,
    }
    plots = NOTE.plots("ffn-activations")
    for name, act in curves.items():
        assert plots[name] == [(f"{k / 5:.1f}", f"{act(k / 5):.4f}") for k in range(-20, 21)], name
    bends = [re.findall(rf"\(({NUMBER}),({NUMBER})\)", part) for part in source.split("densely dotted")[1:]]
    bend, left, right = ([(float(x), float(y)) for x, y in part] for part in bends)
    assert [x for x, _ in bend[:3]] == [-4, 0, 2]
    assert all(y == max(0.0, x) for x, y in bend[:3])
    assert left == [(-4, 0), (0, 0)]
    assert right == [(0, 1), (4, 1)]


def test_staircase_of_sigmoids() -> None:
    """The construction of the proof stays within its bound on a function that is not monotone."""

    def f(x: float) -> float:
        return math.sin(5 * x) + 0.5

    steps, steep = 40, 4000.0
    heights = [f(0.0)] + [f(j / steps) - f((j - 1) / steps) for j in range(1, steps + 1)]
    assert len(heights) == steps + 1
    epsilon = 5 / steps

    def g(x: float) -> float:
        total = 0.0
        for j, height in enumerate(heights):
            u = steep * (x - (j / steps - 1 / (2 * steps)))
            total += height * (0.0 if u < -700 else logistic(u))
        return total

    assert max(abs(g(k / 1000) - f(k / 1000)) for k in range(1001)) < 3 * epsilon
    assert "台阶法在一维要 $N+1$ 个" in TEXT
    cells, axes = (int(x) for x in re.findall(r"\$N=(\d+)\$、\$r=(\d+)\$ 已是一百万", TEXT)[0])
    assert cells**axes == 1_000_000
    assert r"=3\varepsilon ." in TEXT
    assert r"把它换成 $\varepsilon/3$ 即得" in TEXT


def test_forward_pass() -> None:
    """Hidden layer, scores, exponentials, probabilities and loss follow from the printed parameters."""
    assert rf"$\boldsymbol{{x}}=\boldsymbol{{c}}_{{\text{{猫}}}}={vector(X, ',', plain)}^\top$，$y={LABEL + 1}$" in HAND
    assert f"$V={len(NET.w2)}$，窗口只看一个词" in HAND
    assert f"网络取 $r=d={len(NET.w1)}$" in HAND
    first, second = NET.w1
    products = rf"{first[0]:g}\times{X[0]:g}+{first[1]:g}\times{X[1]:g},\ {second[0]:g}\times{X[0]:g}-{-second[1]:g}"
    assert rf"\boldsymbol{{a}}&=({products}\times{X[1]:g})^\top={vector(A, form=plain)}^\top,\\" in HAND
    assert rf"\boldsymbol{{h}}&=(\tanh1,\ \tanh(-0.5))^\top={vector(H)}^\top" in HAND
    assert rf"\boldsymbol{{z}}&=({joined(Z[:2])},\,{H[0]:.4f}-{-H[1]:.4f})^\top={vector(Z)}^\top" in HAND
    powers = [math.exp(z) for z in Z]
    assert f"取指数得 ${joined(powers, SPACED)}$，和为 ${sum(powers):.4f}$" in HAND
    assert rf"均匀地猜，损失是 $\ln3={math.log(len(P)):.4f}$" in HAND
    assert rf"\boldsymbol{{p}}={vector(P)}^\top,\qquad \ell=-\ln{P[LABEL]:.4f}={NET.loss(X, LABEL):.4f} ." in HAND


def test_backward_pass() -> None:
    """Every printed gradient is the one that the four stations give."""
    assert rf"\boldsymbol{{p}}-(0,0,1)^\top={vector(DELTA2)}^\top" in HAND
    d1, d2, d3 = DELTA2
    assert rf"=({-d1:.4f}-{-d3:.4f},\ {d2:.4f}-{-d3:.4f})^\top={vector(BACK)}^\top" in HAND
    assert rf"1-\boldsymbol{{h}}\odot\boldsymbol{{h}}&={vector(SLOPE)}^\top" in HAND
    assert rf"\boldsymbol{{\delta}}_1&={vector(DELTA1)}^\top" in HAND
    assert rf"\boldsymbol{{W}}_1^\top\boldsymbol{{\delta}}_1&={vector(GRADX)}^\top" in HAND
    for name, gradient in (("1", GRAD1), ("2", GRAD2)):
        assert rf"\partial\boldsymbol{{W}}_{name}}}={pmatrix(gradient)}" in HAND


def test_gradients_agree_with_finite_differences() -> None:
    """Every weight, bias and input, nudged both ways, gives the gradient of backpropagation."""

    def nudged(m: Matrix, i: int, j: int, t: float) -> Matrix:
        return [[w + t * (i == p and j == q) for q, w in enumerate(line)] for p, line in enumerate(m)]

    def along1(i: int, j: int, t: float) -> float:
        return replace(NET, w1=nudged(NET.w1, i, j, t)).loss(X, LABEL)

    def along2(i: int, j: int, t: float) -> float:
        return replace(NET, w2=nudged(NET.w2, i, j, t)).loss(X, LABEL)

    def along_x(j: int, t: float) -> float:
        return NET.loss([x + t * (q == j) for q, x in enumerate(X)], LABEL)

    def along_b1(i: int, t: float) -> float:
        return replace(NET, b1=[b + t * (p == i) for p, b in enumerate(NET.b1)]).loss(X, LABEL)

    def along_b2(k: int, t: float) -> float:
        return replace(NET, b2=[b + t * (p == k) for p, b in enumerate(NET.b2)]).loss(X, LABEL)

    every: list[tuple[Callable[[float], float], float]] = [
        *((partial(along1, i, j), GRAD1[i][j]) for i, j in product(range(2), range(2))),
        *((partial(along2, i, j), GRAD2[i][j]) for i, j in product(range(3), range(2))),
        *((partial(along_x, j), GRADX[j]) for j in range(2)),
        *((partial(along_b1, i), DELTA1[i]) for i in range(2)),
        *((partial(along_b2, k), DELTA2[k]) for k in range(3)),
    ]
    assert f"连同输入向量只有 ${len(every)}$ 个数，也要 ${2 * len(every)}$ 次" in TEXT
    for loss, gradient in every:
        assert math.isclose(slope(loss, 0.0, 1e-4), gradient, abs_tol=1e-7)
    cell = rf" ({NUMBER}) \|"
    signed = rf" \$({NUMBER})\$ \|"
    shown = re.findall(rf"^\| \$(.*?)\$ \|{cell}{cell}{signed}{signed}$", HAND, re.MULTILINE)
    cases: list[tuple[str, Callable[[float], float], float]] = [
        (r"(\boldsymbol{W}_2)_{12}", partial(along2, 0, 1), GRAD2[0][1]),
        (r"(\boldsymbol{W}_1)_{22}", partial(along1, 1, 1), GRAD1[1][1]),
        ("x_2", partial(along_x, 1), GRADX[1]),
    ]
    assert "上下各拨动 $0.001$" in HAND
    assert len(shown) == len(cases)
    for line, (name, loss, gradient) in zip(shown, cases, strict=True):
        up, down = loss(0.001), loss(-0.001)
        assert line == (name, f"{up:.9f}", f"{down:.9f}", f"{(up - down) / 0.002:.6f}", f"{gradient:.6f}")


def test_graph_figure() -> None:
    """The boxes of the computational graph hold the values and gradients of the example."""
    source = NOTE.figure("ffn-graph")

    def box(name: str) -> list[str]:
        (body,) = re.findall(rf"\\node\[[fb]w\] \({name}\) at \([^)]*\) \{{(.*)\}};", source)
        return re.findall(NUMBER, body)

    for name, exact in (("x", X), ("a", A)):
        assert box(name) == joined(exact, " ", plain).split()
    values = (("h", H), ("z", Z), ("gx", GRADX), ("ga", DELTA1), ("gh", BACK), ("gz", DELTA2))
    for name, gradient in values:
        assert box(name) == joined(gradient, " ").split()
    assert box("l") == [f"{NET.loss(X, LABEL):.4f}"]
    assert box("gl") == ["1"]
    assert rf"$\odot$\\${SLOPE[0]:.4f}$\\${SLOPE[1]:.4f}$" in source


def test_one_step_teaches_the_neighbour() -> None:
    """One step on one word raises its neighbour almost as much, and without the bias lowers the far word."""
    where = NOTE.section("### 学猫，狗也会了", "::: {#prp-ffn-smooth}")
    (rate,) = numbers(re.findall(r"\$\\eta=([\d.]+)\$", where)[0])

    def down(values: Vector, gradient: Vector) -> Vector:
        return [v - rate * g for v, g in zip(values, gradient, strict=True)]

    after = Net(
        w1=[down(w, g) for w, g in zip(NET.w1, GRAD1, strict=True)],
        b1=down(NET.b1, DELTA1),
        w2=[down(w, g) for w, g in zip(NET.w2, GRAD2, strict=True)],
        b2=down(NET.b2, DELTA2),
    )
    still = replace(after, b2=NET.b2)
    moved = WORDS | {"猫": down(X, GRADX)}
    found = {}
    for word, before in WORDS.items():
        cells = [
            NET.forward(before)[3][LABEL],
            after.forward(moved[word])[3][LABEL],
            still.forward(moved[word])[3][LABEL],
        ]
        found[word] = cells
        assert f"| {word} | {joined(cells, ' | ')} |" in where
    assert f"从 ${found['狗'][0]:.4f}$ 涨到 ${found['狗'][1]:.4f}$" in where
    assert f"仍涨到 ${found['狗'][2]:.4f}$" in where
    assert f"反而落到 ${found['跑'][2]:.4f}$" in where
    assert found["跑"][2] < found["跑"][0]


def test_share_of_a_neighbour() -> None:
    """Moving only the second layer shifts the scores of a word by one plus its inner product with the trained word."""
    where = NOTE.section("### 学猫，狗也会了", "::: {#prp-ffn-smooth}")
    (rate,) = numbers(re.findall(r"\$\\eta=([\d.]+)\$", where)[0])
    after = replace(
        NET,
        w2=[[w - rate * g for w, g in zip(a, b, strict=True)] for a, b in zip(NET.w2, GRAD2, strict=True)],
        b2=[b - rate * g for b, g in zip(NET.b2, DELTA2, strict=True)],
    )
    inner = {word: dot(H, NET.forward(x)[1]) for word, x in WORDS.items()}
    shown = "、".join(f"${value:.4f}$" for value in inner.values())
    assert f"对{'、'.join(inner)}依次是 {shown}" in where
    for word, x in WORDS.items():
        old, new = NET.forward(x)[2], after.forward(x)[2]
        for k, delta in enumerate(DELTA2):
            assert math.isclose(new[k] - old[k], -rate * (inner[word] + 1) * delta, abs_tol=1e-12)
    assert min(inner, key=lambda word: inner[word]) == "跑"
    assert inner["跑"] < 0 < inner["狗"] < inner["猫"]


def test_near_inputs_give_near_predictions() -> None:
    """The printed differences of scores and log-probabilities obey both bounds of the proposition."""
    near = WORDS["狗"]
    _, _, scores, chances = NET.forward(near)
    gap = max(abs(a - b) for a, b in zip(Z, scores, strict=True))
    change = abs(math.log(P[LABEL]) - math.log(chances[LABEL]))
    assert f"最多差 ${gap:.4f}$，上界是 ${2 * gap:.4f}$，而 $\\ln p_3$ 实际只差 ${change:.4f}$" in TEXT
    assert max(abs(math.log(a / b)) for a, b in zip(P, chances, strict=True)) <= 2 * gap

    def norm(m: Matrix) -> float:
        angles = [k * math.pi / 2000 for k in range(2000)]
        return max(math.hypot(*applied(m, [math.cos(t), math.sin(t)])) for t in angles)

    assert gap <= norm(NET.w1) * norm(NET.w2) * math.dist(X, near)


def net_size(v: int, m: int, d: int, n: int) -> int:
    """Parameters of the language model, part by part: embeddings, first layer, second layer."""
    return v * m + (d * n * m + d) + (v * d + v)


def test_parameter_counts() -> None:
    """The table of parts, its total, the n-gram table and the cost of the two layers are exact."""
    v, m, d, n = 10000, 50, 100, 4
    assert f"取 $V={v}$、$m={m}$、$d={d}$" in TEXT
    assert rf"| 部分 | 公式 | $n={n}$ 时 |" in TEXT
    for label, formula, count in (
        (r"嵌入表 $\boldsymbol{C}$", "$Vm$", v * m),
        (r"$\boldsymbol{W}_1,\ \boldsymbol{b}_1$", "$dnm+d$", d * n * m + d),
        (r"$\boldsymbol{W}_2,\ \boldsymbol{b}_2$", "$Vd+V$", v * d + v),
        ("合计", "", net_size(v, m, d, n)),
        (r"直连 $\boldsymbol{D}$（可选）", "$Vnm$", v * n * m),
    ):
        assert f"| {label} | {formula} | {count} |".replace("|  |", "| |") in TEXT
    assert net_size(v, m, d, n) == v * (m + d + 1) + d * (n * m + 1)
    assert v**n * (v - 1) == 9999 * 10**16
    assert r"| n-gram 表 | $V^n(V-1)$ | $9.999\times10^{19}$ |" in TEXT
    assert v ** (n + 1) * (v - 1) == 9999 * 10**20
    more = net_size(v, m, d, n + 1) - net_size(v, m, d, n)
    assert rf"网络多 ${more}$ 个参数，表则变成 $9.999\times10^{{23}}$" in TEXT
    first, second = n * m * d, d * v
    assert f"第一层要 $nmd={first}$ 次乘加，第二层要 $dV={second}$ 次" in TEXT
    assert rf"后者占 ${100 * second / (first + second):.2f}\%$" in TEXT
    assert f"$3^4={3**4}$ 个窗口" in TEXT
    assert f"若窗口里 ${n}$ 个词各可换成 $3$ 个相近的词" in TEXT
    assert f"窗口从 ${n}$ 加到 ${n + 1}$" in TEXT
    assert "语料有 $10^{13}$ 个词元，存下的就不会多于 $10^{13}$ 格" in TEXT


def test_parameter_figure() -> None:
    """Every plotted count is the recomputed one."""
    for name in ("table", "network"):
        points = NOTE.plots("ffn-params")[name]
        assert [n for n, _ in points] == list("123456")
        for n, value in points:
            count = 10000 ** int(n) * 9999 if name == "table" else net_size(10000, 50, 100, int(n))
            assert math.isclose(float(value), count, rel_tol=1e-12)
    assert "随窗口宽度的变化，$V=10000$、$m=50$、$d=100$，纵轴取对数。点划线是含 $10^{13}$ 个词元的语料" in TEXT
    assert "coordinates {(0.7,1e13) (6.3,1e13)}" in NOTE.figure("ffn-params")
    assert "{$10^{13}$ 个词元的语料}" in NOTE.figure("ffn-params")


def test_forgotten_word() -> None:
    """The two sentences agree on five words and differ in the sixth, and their gradients cancel at one half."""
    where = NOTE.section("## 是猫是狗，忘了", "换个说法")
    first, second = (s.split("／") for s in re.findall(r"“([^”]*／[^”]*叫)”", where))
    window = 5
    assert f"$n={window}$ 的窗口是“{'／'.join(first[-window - 1 : -1])}”" in where
    assert first[-window - 1 : -1] == second[-window - 1 : -1]
    assert first[-window - 2 : -1] != second[-window - 2 : -1]
    assert f"换成 $n={window + 1}$" in where
    half = softmax([0.0, 0.0])
    assert rf"$\boldsymbol{{p}}={vector(half, ',', plain)}$" in where
    for target in ([1.0, 0.0], [0.0, 1.0]):
        delta = [p - t for p, t in zip(half, target, strict=True)]
        assert f"(0.5,0.5)-{vector(target, ',', plain)}={vector(delta, ',', plain)}$" in where
    assert rf"$\ln2={math.log(2):.4f}$" in where
    for k in range(1, 20):
        p = k / 20
        assert -0.5 * math.log(p) - 0.5 * math.log(1 - p) >= math.log(2) - 1e-12
    assert r"-\tfrac12\ln p_u-\tfrac12\ln p_v=-\tfrac12\ln(p_up_v)\ge-\tfrac12\ln\tfrac14=\ln2," in TEXT
    assert r"\right)^2\le\frac14$，等号在 $p_u=p_v=\frac12$ 时成立" in TEXT


def test_moved_word() -> None:
    """The unit that knows a word in the near place is blind to it in the far place, and gets no gradient there."""
    where = NOTE.section("## “不”挪了一步", "窗口加宽")
    (far, near) = numbers(re.findall(r"W\^\{\(1\)\}\)=\(([^)]*)\)", where)[0])
    not_, very = (float(x) for x in re.findall(r"“[不很]”为 \$(\d)\$", where))
    for distant, close in ((very, not_), (not_, very)):
        a = far * distant + near * close
        assert rf"$a={far:g}\times{distant:g}+{near:g}\times{close:g}={a:g}$" in where
    assert rf"$h=\tanh2={math.tanh(near * not_):.4f}$" in where
    assert very == 0
    assert r"$\delta_1\times0=0$" in where
    assert "取 $n=2$、$m=d=1$，词向量是一个数" in where
    assert "$h=0$，认不出" in where


def test_answers() -> None:
    """The numbers in the answers are the recomputed ones."""
    where = NOTE.answers
    for t in (-2.0, 0.0, 0.3, 1.0, 5.0):
        assert math.isclose(logistic(t), 0.5 + 0.5 * math.tanh(t / 2))
        assert max(0.0, t) - max(0.0, t - 1) == min(1.0, max(0.0, t))
    assert r"$\sigma(t)=\frac12+\frac12\tanh\frac t2$" in where
    assert r"$\max(0,t)-\max(0,t-1)$" in where
    a, h, z, p = NET.forward(X, lambda s: max(0.0, s))
    assert rf"$\boldsymbol{{h}}={vector(h, ',', plain)}^\top$，$\boldsymbol{{z}}={vector(z, ',', plain)}^\top$" in where
    assert rf"$\boldsymbol{{p}}={vector(p)}^\top$" in where
    delta2 = [q - float(k == LABEL) for k, q in enumerate(p)]
    back = applied(transposed(NET.w2), delta2)
    delta1 = [g if s > 0 else 0.0 for g, s in zip(back, a, strict=True)]
    assert rf"$\boldsymbol{{\delta}}_1=({delta1[0]:.4f},\,{delta1[1]:g})^\top$" in where
    v, m, d, n = 50000, 100, 200, 5
    assert f"$V={v}$、$m={m}$、$d={d}$、$n={n}$" in where
    assert f"窗口加倍到 ${2 * n}$ 呢" in where
    size, wide = net_size(v, m, d, n), net_size(v, m, d, 2 * n)
    assert rf"${v}\times{m + d + 1}+{d}\times{n * m + 1}={size}$" in where
    assert rf"多 ${d}\times{n * m}={wide - size}$ 个，共 ${wide}$，只多 ${100 * (wide - size) / size:.2f}\%$" in where
    assert "第二个单元没有激活，局部导数是 $0$" in where
