"""Recompute every worked number of the note on recurrent neural networks, and its figures."""

import math
import re

from tests.numbers.algebra import Matrix, Vector, applied, dot, times
from tests.numbers.printing import SPACED, joined, places, scientific, vector
from tests.numbers.reading import NUMBER, WorkedNote, found

NOTE = WorkedNote("01-语言模型基础/04-循环神经网络.md")
TEXT = NOTE.text


def norm(a: Matrix) -> float:
    """Largest singular value of a 2 by 2 matrix."""
    square = sum(x * x for row in a for x in row)
    det = a[0][0] * a[1][1] - a[0][1] * a[1][0]
    return math.sqrt((square + math.sqrt(max(square * square - 4 * det * det, 0.0))) / 2)


def equation(symbol: str, where: str) -> str:
    """The last printed value of the only line that begins with a symbol."""
    return found(re.escape(symbol) + r"&?=(?:[^\n]*=)?(\([^()]*\))\^\\top", where)[1]


W_X = NOTE.matrix(r"\boldsymbol{W}_x")
W_H = NOTE.matrix(r"\boldsymbol{W}_h")
W_O = NOTE.matrix(r"\boldsymbol{W}_o")
BIAS = [row[0] for row in NOTE.matrix(r"\boldsymbol{b}")]


class Step:
    """One step of the two-dimensional example."""

    def __init__(self, before: Vector, token: int) -> None:
        self.recurrent = applied(W_H, before)
        self.a = [W_X[i][token] + self.recurrent[i] + BIAS[i] for i in range(2)]
        self.h = [math.tanh(x) for x in self.a]
        self.z = applied(W_O, self.h)
        self.exp = [math.exp(x) for x in self.z]
        self.o = [x / sum(self.exp) for x in self.exp]


CAT, EAT, FISH = 0, 1, 2
ONE = Step([0.0, 0.0], CAT)
TWO = Step(ONE.h, EAT)
FIRST = NOTE.section("**第一步，读入“猫”**", "**第二步，读入“吃”**")
SECOND = NOTE.section("**第二步，读入“吃”**", "**损失**")


def test_parameter_count() -> None:
    """The parameter total is 2dV + d^2 + d + V, and the table of three tokens holds V^3 entries."""
    v, d, total = (int(x) for x in NOTE.found(r"取 \$V=(\d+)\$、\$d=(\d+)\$，共 \$(\d+)\$ 个").groups())
    assert total == 2 * d * v + d * d + d + v
    assert "当 $V=10^4$ 时是 $10^{12}$ 个" in TEXT
    assert (10**4) ** 3 == 10**12
    assert "窗口每宽一格，再乘 $10^4$" in TEXT


def test_first_step() -> None:
    """Every printed value of the first forward step follows from the printed parameters."""
    assert r"\boldsymbol{a}_1&=(1,\,0)^\top+(0,\,-0.5)^\top=(1,\,-0.5)^\top" in FIRST
    assert ONE.a == [1.0, -0.5]
    assert "取 $V=3$，词表按“猫、吃、鱼”编号为 $1,2,3$；取 $d=2$" in TEXT
    assert (len(W_O), len(W_H)) == (3, 2)
    assert r"(\tanh 1,\ \tanh(-0.5))^\top" in FIRST
    assert equation(r"\boldsymbol{h}_1", FIRST) == vector(ONE.h)
    assert equation(r"\boldsymbol{z}_1", FIRST) == vector(ONE.z)
    assert rf"$z_{{1,2}}=1\times{ONE.h[0]:.4f}-2\times({ONE.h[1]:.4f})={ONE.z[1]:.4f}$" in FIRST
    powers = joined(ONE.exp, SPACED)
    assert f"取指数得 ${powers}$，和为 ${sum(ONE.exp):.4f}$" in FIRST
    assert equation(r"\boldsymbol{o}_1", FIRST) == vector(ONE.o)
    assert rf"\ell_1=-\ln {ONE.o[EAT]:.4f}={-math.log(ONE.o[EAT]):.4f}." in FIRST


def test_second_step() -> None:
    """Every printed value of the second forward step follows from the first step."""
    parts = [[W_H[i][j] * ONE.h[j] for j in range(2)] for i in range(2)]
    sums = rf"({parts[0][0]:.4f}+{parts[0][1]:.4f},\ {parts[1][0]:.4f}{parts[1][1]:+.4f})^\top"
    assert sums in SECOND
    assert equation(r"\boldsymbol{W}_h\boldsymbol{h}_1", SECOND) == vector(TWO.recurrent)
    assert rf"(0,\,1)^\top+{vector(TWO.recurrent)}^\top+(0,\,-0.5)^\top={vector(TWO.a)}^\top" in SECOND
    assert equation(r"\boldsymbol{h}_2", SECOND) == vector(TWO.h)
    assert equation(r"\boldsymbol{z}_2", SECOND) == vector(TWO.z)
    powers = joined(TWO.exp, SPACED)
    assert f"指数为 ${powers}$，和为 ${sum(TWO.exp):.4f}$" in SECOND
    assert equation(r"\boldsymbol{o}_2", SECOND) == vector(TWO.o)
    assert rf"\ell_2=-\ln {TWO.o[FISH]:.4f}={-math.log(TWO.o[FISH]):.4f}." in SECOND


def test_loss_and_perplexity() -> None:
    """The total loss, its mean, the perplexity and the sentence probability agree with each other."""
    where = NOTE.section("**损失**", "**状态带来了什么**")
    p1, p2 = ONE.o[EAT], TWO.o[FISH]
    l1, l2 = -math.log(p1), -math.log(p2)
    total = l1 + l2
    assert f"$L={l1:.4f}+{l2:.4f}={total:.4f}$，每步平均 ${total / 2:.4f}$" in where
    assert f"困惑度 $e^{{{total / 2:.4f}}}={math.exp(total / 2):.4f}$" in where
    assert rf"${p1:.4f}\times{p2:.4f}={p1 * p2:.4f}$，而 $e^{{-{total:.4f}}}={math.exp(-total):.4f}$" in where
    assert "句子是“猫吃鱼”，$T=2$。" in TEXT


def test_two_histories_differ() -> None:
    """After the same last token, another first token gives another state and another best guess."""
    where = NOTE.section("**状态带来了什么**", "![两段历史")
    first = Step([0.0, 0.0], FISH)
    second = Step(first.h, EAT)
    assert rf"$\boldsymbol{{h}}_1={vector(first.h)}^\top$" in where
    assert rf"$\boldsymbol{{h}}_2={vector(second.h)}^\top$" in where
    assert f"预测变成 ${vector(second.o)}^\\top$" in where
    assert max(range(3), key=lambda i: TWO.o[i]) == FISH
    assert max(range(3), key=lambda i: second.o[i]) == CAT


def test_state_figure() -> None:
    """The arrows of the state figure end at the computed states and its regions follow the scores."""
    source = NOTE.figure("rnn-state")
    first = Step([0.0, 0.0], FISH)
    second = Step(first.h, EAT)
    point = rf"\(axis cs:({NUMBER}),({NUMBER})\)"
    ends = re.findall(rf"\\draw\[->.*{point} -- .*{point};", source)
    start = ("0", "0")

    def printed(h: Vector) -> tuple[str, str]:
        return f"{h[0]:.4f}", f"{h[1]:.4f}"

    assert ends == [
        start + printed(ONE.h),
        printed(ONE.h) + printed(TWO.h),
        start + printed(first.h),
        printed(first.h) + printed(second.h),
    ]
    names = dict(re.findall(rf"axis cs:({NUMBER},{NUMBER})\) \{{最可能是“(.)”\}}", source))
    assert sorted(names.values()) == sorted("猫吃鱼")
    for place, token in names.items():
        scores = applied(W_O, [float(x) for x in place.split(",")])
        assert "猫吃鱼"[scores.index(max(scores))] == token
    borders = re.findall(rf"densely dotted\] \(axis cs:0,0\) -- \(axis cs:({NUMBER}),({NUMBER})\)", source)
    assert len(borders) == 3
    fills = re.findall(r"\\fill\[.*cycle", source)
    corners = [set(re.findall(rf"axis cs:({NUMBER},{NUMBER})\)", fill)) for fill in fills]
    assert corners == [{"0,0", "1,0", "1,0.8", "0,0.8"}, {"0,0", "0,0.8", "-1,0.8", "-1,-0.6667"}]
    assert {f"{x},{y}" for x, y in borders} <= set.union(*corners)
    for x, y in borders:
        best, other, _ = sorted(applied(W_O, [float(x), float(y)]), reverse=True)
        assert math.isclose(best, other, abs_tol=2e-4)


X = [1.0, 0.0, 0.0]
Y = [0.5, 0.5, 0.5]
U, R = 0.5, 0.8
SCALAR = NOTE.section("## 标量例子：把每个梯度算出来", "## 梯度为何消失，又为何爆炸")


def scalar(u: float, r: float) -> tuple[Vector, float]:
    """States (from h_0) and total loss of the scalar network."""
    h = [0.0]
    for x in X:
        h.append(math.tanh(u * x + r * h[-1]))
    return h, sum((s - y) ** 2 / 2 for s, y in zip(h[1:], Y, strict=True))


def backward(u: float, r: float) -> Vector:
    """delta_1 to delta_4 by the recursion, at index 1 to 4."""
    h, _ = scalar(u, r)
    delta = [0.0] * 5
    for t in (3, 2, 1):
        delta[t] = (1 - h[t] ** 2) * (h[t] - Y[t - 1] + r * delta[t + 1])
    return delta


H, LOSS = scalar(U, R)
DELTA = backward(U, R)
GRAD_R = sum(DELTA[t] * H[t - 1] for t in (1, 2, 3))


def test_scalar_forward() -> None:
    """The scalar example's states, errors and losses follow from its printed inputs."""
    assert "一直记住 $0.5$”" in SCALAR
    assert "输入 $x=(1,0,0)$，目标 $y=(0.5,0.5,0.5)$，参数 $u=0.5$、$r=0.8$，初值 $h_0=0$" in SCALAR
    assert f"a_1&=0.5, & h_1&={H[1]:.6f}, & e_1&={H[1] - 0.5:.6f},\\\\" in SCALAR
    for t, end in ((2, ",\\\\"), (3, ".\n")):
        line = rf"a_{t}&=0.8\times{H[t - 1]:.6f}={R * H[t - 1]:.6f}, & h_{t}&={H[t]:.6f}"
        assert line + f", & e_{t}&={H[t] - 0.5:.6f}" + end in SCALAR
    losses = [(s - 0.5) ** 2 / 2 for s in H[1:]]
    shown = joined(losses, SPACED, places(6))
    assert f"三步损失为 ${shown}$，总和 $L={LOSS:.6f}$" in SCALAR
    assert r"\ell_t=\tfrac12(h_t-y_t)^2" in TEXT
    assert "从 $h_0=0$ 出发" in SCALAR


def test_scalar_backward() -> None:
    """The delta recursion, run from the last step to the first, gives the printed values."""
    slope = [1 - s * s for s in H]
    error = [0.0] + [s - 0.5 for s in H[1:]]
    last = rf"1-h_3^2&={slope[3]:.6f}, & \delta_3&={slope[3]:.6f}\times({error[3]:.6f})={DELTA[3]:.6f},"
    assert last in SCALAR
    for t, end in ((2, ","), (1, ".")):
        sums = f"({error[t]:.6f}{R * DELTA[t + 1]:.6f})"
        line = rf"1-h_{t}^2&={slope[t]:.6f}, & \delta_{t}&={slope[t]:.6f}\times{sums}={DELTA[t]:.6f}{end}"
        assert line in SCALAR
    assert rf"$r\delta_3=0.8\times({DELTA[3]:.6f})$ 与 $r\delta_2=0.8\times({DELTA[2]:.6f})$" in SCALAR
    assert r"从第三步倒着走，$\delta_4=0$" in SCALAR


def test_scalar_gradient_against_finite_difference() -> None:
    """The sum over time equals the slope of the loss measured by moving r up and down."""
    second, third = DELTA[2] * H[1], DELTA[3] * H[2]
    assert f"=0{second:.6f}{third:.6f}={GRAD_R:.6f}." in SCALAR
    assert f"直接相加是 ${round(second, 6) + round(third, 6):.6f}$" in SCALAR
    up, down = scalar(U, R + 0.001)[1], scalar(U, R - 0.001)[1]
    slope = (up - down) / 0.002
    assert "把 $r$ 上下各拨动 $0.001$" in SCALAR
    left = r"\frac{L(0.801)-L(0.799)}{0.002}"
    assert rf"{left}=\frac{{{up:.9f}-{down:.9f}}}{{0.002}}={slope:.7f}." in SCALAR
    assert f"解析梯度多留一位是 ${GRAD_R:.7f}$" in SCALAR
    assert math.isclose(GRAD_R, slope, abs_tol=1e-6)
    assert r"其中 $\delta_1h_0=0$" in SCALAR


def test_one_gradient_step_lowers_the_loss() -> None:
    """One step of size one along the negative gradient gives the printed weight and a smaller loss."""
    moved = R - GRAD_R
    after = scalar(U, moved)[1]
    assert after < LOSS
    assert f"$r$ 变为 ${moved:.6f}$，损失从 ${LOSS:.6f}$ 降到 ${after:.6f}$" in SCALAR
    assert "取学习率 $1$ 走一步" in SCALAR


def test_bptt_figure() -> None:
    """Every number in the computation graph is the recomputed gradient at that place."""
    source = NOTE.figure("rnn-bptt")
    shown = re.findall(rf"\{{\$(?:\\times )?({NUMBER})\$\}}", source)
    expected = [H[t] - 0.5 for t in (1, 2, 3)] + [R * DELTA[2], R * DELTA[3]]
    expected += [1 - H[t] ** 2 for t in (1, 2, 3)]
    assert shown == [f"{x:.6f}" for x in expected]
    boxes = re.findall(rf"\$\\delta_(\d)=({NUMBER})\$\\\\\$\\delta_(\d)h_(\d)=({NUMBER})\$", source)
    assert [box[:4] for box in boxes] == [(str(t), f"{DELTA[t]:.6f}", str(t), str(t - 1)) for t in (1, 2, 3)]
    assert [box[4] for box in boxes] == ["0", f"{DELTA[2] * H[1]:.6f}", f"{DELTA[3] * H[2]:.6f}"]


def test_jacobian_of_the_scalar_example() -> None:
    """The two-step Jacobian is the product of the printed factors, below the bound r squared."""
    a, b = 1 - H[3] ** 2, 1 - H[2] ** 2
    product = a * R * b * R
    assert rf"=({a:.6f}\times0.8)\times({b:.6f}\times0.8)={product:.6f}$" in TEXT
    assert f"比 $0.8^2={R * R:.2f}$ 还小" in TEXT
    assert product < R * R


def test_power_table() -> None:
    """Every cell of the table is |r|^k at the precision printed."""
    header = NOTE.found(r"\n\| \$\\lvert r\\rvert\$ \|([^\n]*)\|\n")
    powers = [int(k) for k in re.findall(r"\$k=(\d+)\$", header[1])]
    assert powers == [1, 5, 10, 20, 50, 100]
    rows = re.findall(rf"^\| ({NUMBER}) \|(.*)\|$", TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == ["0.5", "0.9", "0.99", "1", "1.1", "1.5"]
    for base, line in rows:
        cells = [re.sub(r"\$(.*)\\times10\^\{(.*)\}\$", r"\1e\2", cell.strip()) for cell in line.split("|")]
        assert len(cells) == len(powers)
        for k, cell in zip(powers, cells, strict=True):
            mantissa = cell.split("e")[0].replace(".", "").lstrip("0")
            assert float(cell) == float(f"{float(base) ** k:.{len(mantissa)}g}"), (base, k)
            assert len(mantissa) >= 3 or math.isclose(float(cell), float(base) ** k, rel_tol=1e-2)
    assert f"从 $0.9$ 到 $1.1$，单步只差 ${1.1 - 0.9:.1f}$，一百步后相差近九个数量级" in TEXT
    assert 8.5 < 100 * math.log10(1.1 / 0.9) < 9


M = NOTE.matrix(r"\boldsymbol{M}")


def jacobian_norms(rho: float, amplitude: float | None, steps: int = 40) -> Vector:
    """Norms of the Jacobian product over 0 to 40 steps: linear, or tanh driven by a sine."""
    w = [[rho * x for x in row] for row in M]
    product = [[1.0, 0.0], [0.0, 1.0]]
    h = [0.0, 0.0]
    norms = [1.0]
    for t in range(1, steps + 1):
        slope = [1.0, 1.0]
        if amplitude is not None:
            a = applied(w, h)
            h = [math.tanh(a[0] + amplitude * math.sin(t)), math.tanh(a[1])]
            slope = [1 - x * x for x in h]
        product = times([[d * x for x in row] for d, row in zip(slope, w, strict=True)], product)
        norms.append(norm(product))
    return norms


def test_spectrum_of_m() -> None:
    """M has spectral radius one and the printed trace, determinant and largest singular value."""
    trace = M[0][0] + M[1][1]
    det = M[0][0] * M[1][1] - M[0][1] * M[1][0]
    assert f"的迹是 ${trace:.1f}$、行列式是 ${det:.0f}$" in TEXT
    assert math.isclose(det, 1.0)
    real, imaginary = trace / 2, math.sqrt(det - trace * trace / 4)
    assert rf"特征值 ${real:.1f}\pm{imaginary:.1f}\,\mathrm{{i}}$ 的模为 $1$" in TEXT
    assert math.isclose(math.hypot(real, imaginary), 1.0)
    assert f"元素平方和 ${sum(x * x for row in M for x in row):.2f}$" in TEXT
    assert rf"解得 $\sigma_1={norm(M):.4f}$" in TEXT
    assert f"取 $\\rho=0.8$，谱范数是 ${0.8 * norm(M):.4f}$" in TEXT
    assert "乘积等于 $1$，解得" in TEXT


def test_jacobian_norms_in_the_text() -> None:
    """The norms after forty steps, quoted beside the figure, are the recomputed ones."""
    bound = (0.8 * norm(M)) ** 40
    assert r"$k=40$ 时已近 $5\times10^3$" in TEXT
    assert 4.9e3 < bound < 5e3
    assert f"真实的范数却只剩 ${scientific(jacobian_norms(0.8, None)[-1])}$" in TEXT
    assert f"再取 $\\rho=1.1$：线性网络到 $k=40$ 放大为 ${jacobian_norms(1.1, None)[-1]:.1f}$ 倍" in TEXT
    assert "从零状态出发，并在第 $t$ 步给第一维加上输入 $0.5\\sin t$" in TEXT
    assert f"同一矩阵的结果只有 ${jacobian_norms(1.1, 0.5)[-1]:.4f}$" in TEXT


def test_gradient_norm_figure() -> None:
    """Every plotted point is the recomputed norm, and every label stands at its curve's end."""
    source = NOTE.figure("rnn-gradnorm")
    curves: dict[str, Vector] = {f"linear-{rho:.2f}": jacobian_norms(rho, None) for rho in (0.8, 0.95, 1.0, 1.1)}
    curves["tanh-1.10"] = jacobian_norms(1.1, 0.5)
    curves["bound-0.80"] = [(0.8 * norm(M)) ** k for k in range(41)]
    plots = NOTE.plots("rnn-gradnorm")
    assert list(plots) == list(curves)
    for name, points in plots.items():
        assert points == [(str(k), f"{v:.4g}") for k, v in enumerate(curves[name])], name
    labels = re.findall(r"axis cs:40,([0-9.e+-]+)\) \{\$\\rho=(\d\.\d\d)\$(.*)\}", source)
    kinds = {"": "linear", "，带 $\\tanh$": "tanh", " 的上界": "bound"}
    assert [f"{kinds[kind]}-{rho}" for _, rho, kind in labels] == list(curves)
    assert [height for height, _, _ in labels] == [f"{curve[-1]:.4g}" for curve in curves.values()]


def test_gradient_clipping() -> None:
    """Clipping keeps the direction and cuts the length to the threshold."""
    hit = NOTE.found(
        r"\\boldsymbol\{g\}=\((\d+),(\d+)\)\^\\top\$ 的长度是 \$(\d+)\$，"
        r"取 \$\\theta=(\d+)\$，裁剪后为 \$\((\d+),(\d+)\)"
    )
    g1, g2, length, theta, c1, c2 = (float(x) for x in hit.groups())
    assert math.hypot(g1, g2) == length > theta
    assert math.isclose(g1 * theta / length, c1)
    assert math.isclose(g2 * theta / length, c2)


def test_forget_gate() -> None:
    """A gate of 0.99 keeps the printed share after one hundred steps."""
    assert f"门开到 $0.99$，一百步后还剩 ${0.99**100:.3f}$" in TEXT


def test_answers() -> None:
    """The numbers in the answers are the recomputed ones."""
    where = NOTE.answers
    grad_u = dot(DELTA[1:4], X)
    up, down = scalar(U + 0.001, R)[1], scalar(U - 0.001, R)[1]
    slope = (up - down) / 0.002
    assert rf"\delta_1\times1+\delta_2\times0+\delta_3\times0={grad_u:.6f}$" in where
    assert f"$({up:.9f}-{down:.9f})/0.002={slope:.6f}$" in where
    assert math.isclose(grad_u, slope, abs_tol=2e-6)
    for base, power in ((0.9, 50), (0.54, 20)):
        assert rf"${base}^{{{power}}}={scientific(base**power)}$" in where
    assert r"$\lVert\boldsymbol{W}_h\rVert=0.9$，相隔五十步" in where
    assert r"若 $\lVert\boldsymbol{W}_h\rVert=1.5$，能断定爆炸吗？" in where
    assert r"$r=1.5$，而沿途 $\lvert h\rvert=0.8$" in where
    factor = (1 - 0.8**2) * 1.5
    assert rf"$(1-{0.8**2:.2f})\times1.5={factor:.2f}$" in where
