"""Recompute every worked number of the note on the attention matrix and masks."""

import itertools
import math
import random
import re
import struct

from tests.numbers.algebra import Matrix, logistic, single, softmax, times, transposed
from tests.numbers.reading import WorkedNote, found

NOTE = WorkedNote("02-大语言模型架构/02-注意力矩阵与掩码机制.md")
TEXT = NOTE.text

NEG = -math.inf


def bold(name: str) -> str:
    """The TeX of a name whose capitals are bold."""
    return re.sub("[A-Z]", lambda letter: rf"\boldsymbol{{{letter[0]}}}", name)


def scores(q: Matrix, k: Matrix) -> Matrix:
    """Scaled dot products of every query with every key."""
    return [[x / math.sqrt(len(k[0])) for x in row] for row in times(q, transposed(k))]


def masked(s: Matrix) -> Matrix:
    """Scores with the causal mask added."""
    return [[x if j <= i else NEG for j, x in enumerate(row)] for i, row in enumerate(s)]


def slope(gap: float) -> float:
    """a(1-a) for two keys whose scores differ by `gap`."""
    return logistic(gap) * logistic(-gap)


Q, K, V = (NOTE.matrix(bold(name)) for name in "QKV")
S = scores(Q, K)
A = [softmax(row) for row in S]
CAUSAL = [softmax(row) for row in masked(S)]


def test_dot_products_and_scaled_scores() -> None:
    """The printed QK^T and S follow from the printed Q and K."""
    assert len(Q) == len(K) == len(V) == 3
    assert len(Q[0]) == len(K[0]) == 4
    assert len(V[0]) == 2
    assert "取 $T=3$，$d_k=4$，$d_v=2$" in TEXT
    NOTE.check_matrix(bold("QK^{\\top}"), times(Q, transposed(K)))
    NOTE.check_matrix(bold("S"), S)
    hit = NOTE.found(r"\\boldsymbol\{q\}_2\\boldsymbol\{k\}_3\^\{\\top\}=([\d\\cdot +]+)=(\d+)\$")
    terms = [(float(a), float(b)) for a, b in re.findall(r"(\d)\\cdot (\d)", hit[1])]
    assert terms == list(zip(Q[1], K[2], strict=True))
    assert float(hit[2]) == sum(a * b for a, b in terms)
    assert rf"再除以 $\sqrt{{{len(K[0])}}}={math.sqrt(len(K[0])):g}$" in TEXT


def test_exponentials_and_row_denominators() -> None:
    """The printed powers of e and the three softmax denominators are right."""
    hit = NOTE.found(r"\$e\^1\\approx ([\d.]+)\$、\$e\^2\\approx ([\d.]+)\$")
    assert hit.groups() == (f"{math.e:.4f}", f"{math.e**2:.4f}")
    for i, row in enumerate(S, 1):
        line = NOTE.found(rf"Z_{i}&=([\d.+]+)\\approx ([\d.]+)[,.]")
        assert line[1] == "+".join("1" if x == 0 else f"{math.exp(x):.4f}" for x in row)
        assert line[2] == f"{sum(map(math.exp, row)):.4f}"
    terms = NOTE.found(r"Z_2&=([\d.+]+)\\approx")[1].split("+")
    assert NOTE.found(r"相加会得 \$([\d.]+)\$")[1] == f"{sum(map(float, terms)):.4f}"
    assert "只需 $e^0=1$、" in TEXT


def test_attention_matrix_and_output_without_mask() -> None:
    """The printed A and O follow from S and V, and the rows of A sum to one."""
    NOTE.check_matrix(bold("A"), A)
    NOTE.check_matrix(bold("O"), times(A, V))
    assert all(math.isclose(sum(row), 1) for row in A)
    rounded = {f"{sum(float(cell) for cell in row):.4f}" for row in NOTE.cells(bold("A"))}
    assert NOTE.found(r"四位小数相加得 \$([\d.]+)\$")[1] in rounded
    assert rounded == {"0.9999"}
    hit = NOTE.found(r"左上角是 \$(.*?)\\approx ([\d.]+)\$")
    terms = [f"{a:.5f}\\cdot {v[0]:.0f}" for a, v in zip(A[0], V, strict=True)]
    assert hit[1] == "+".join(terms)
    assert hit[2] == f"{times(A, V)[0][0]:.4f}"
    assert NOTE.found(r"第一个词元有 \$([\d.]+)\$ 的权重")[1] == f"{A[0][1] + A[0][2]:.4f}"


def test_causal_mask_worked_example() -> None:
    """The masked scores, weights and outputs follow, and masking equals conditioning on the allowed keys."""
    cells = NOTE.found(r"\\boldsymbol\{S\}\+\\boldsymbol\{M\}=\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}")[1]
    shown = [row.split("&") for row in cells.split("\\\\")]
    expected = [["-\\infty" if x == NEG else f"{x:.0f}" for x in row] for row in masked(S)]
    # "\\" ends a row and never occurs inside "-\infty", so the split above is exact
    assert shown == expected
    NOTE.check_matrix(bold("\\tilde{A}"), CAUSAL)
    NOTE.check_matrix(bold("\\tilde{O}"), times(CAUSAL, V))
    for i, row in enumerate(CAUSAL):
        assert all(x == 0 for x in row[i + 1 :])
        assert math.isclose(sum(row), 1)
        allowed = sum(A[i][: i + 1])
        assert all(math.isclose(row[j], A[i][j] / allowed) for j in range(i + 1))
    hit = NOTE.found(r"\$([\d.]+)/\(([\d.]+)\+([\d.]+)\)=([\d.]+)\$")
    assert hit.groups()[:3] == (f"{A[1][0]:.4f}", f"{A[1][0]:.4f}", f"{A[1][1]:.4f}")
    assert float(hit[4]) == CAUSAL[1][0]
    assert "第一行只剩一个键，权重必为 1。" in TEXT


def test_multiplying_after_softmax_leaks() -> None:
    """Zeroing after softmax breaks the row sum and lets a forbidden key change the kept weights."""
    hit = NOTE.found(r"第二行是 \$\(([\d.]+),([\d.]+),0\)\$，和为 \$([\d.]+)\$")
    assert hit.groups() == (f"{A[1][0]:.4f}", f"{A[1][1]:.4f}", f"{A[1][0] + A[1][1]:.4f}")
    key = NOTE.found(r"把第三个键改成 \$\(([\d,]+)\)\$，它与 .*? 的点积从 (\d) 变成 (\d)，缩放后是 (\d)")
    changed = [K[0], K[1], [float(x) for x in key[1].split(",")]]
    assert float(key[2]) == times(Q, transposed(K))[1][2]
    assert float(key[3]) == times(Q, transposed(changed))[1][2]
    assert float(key[4]) == scores(Q, changed)[1][2]
    row = softmax(scores(Q, changed)[1])
    weight = NOTE.found(r"\$e/\(2e\+e\^3\)\\approx ([\d.]+)\$")[1]
    assert weight == f"{row[0]:.4f}" == f"{row[1]:.4f}" == f"{math.e / (2 * math.e + math.e**3):.4f}"
    assert softmax(masked(scores(Q, changed))[1]) == CAUSAL[1]
    assert NOTE.found(r"第二行仍是 \$\(([\d.,]+)\)\$")[1] == ",".join(f"{x:g}" for x in CAUSAL[1])
    assert "softmax 之后乘 0，第二行是" in TEXT
    assert f"把第三个键改成 $({','.join(f'{x:g}' for x in changed[2])})$" in TEXT
    assert changed[2] == [2, 2, 2, 2]


def test_saturation_numbers() -> None:
    """The two-key derivatives and the unscaled first row are the softmax derivatives they claim to be."""
    hit = NOTE.found(
        r"\$d_k=(\d+)\$ 时不缩放 \$\\Delta=\\sqrt\{(\d+)\}\\approx ([\d.]+)\$，"
        r"导数 \$([\d.]+)\\times 10\^\{(-\d+)\}\$；缩放后 \$\\Delta=\\sqrt\{2\}\$，导数 \$([\d.]+)\$"
        r"。即使再乘链式法则带来的 \$1/\\sqrt\{(\d+)\}\$，仍有 \$([\d.]+)\$"
    )
    width = int(hit[1])
    assert int(hit[2]) == 2 * width
    assert int(hit[7]) == width
    gap = math.sqrt(2 * width)
    assert hit[3] == f"{gap:.2f}"
    assert f"{float(hit[4]):.3f}e{int(hit[5]):03d}" == f"{slope(gap):.3e}"
    assert hit[6] == f"{slope(math.sqrt(2)):.4f}"
    assert hit[8] == f"{slope(math.sqrt(2)) / math.sqrt(width):.4f}"
    assert NOTE.found(r"维数 64 就有 (\d+)；")[1] == f"{math.sqrt(64):.0f}"
    raw = times(Q, transposed(K))[0]
    unscaled = softmax(raw)
    hit = NOTE.found(
        r"分数是 \$\(([\d,]+)\)\$，最大权重从 \$([\d.]+)\$ 升到 \$([\d.]+)\$，"
        r"对应的 \$a\(1-a\)\$ 从 \$([\d.]+)\$ 降到 \$([\d.]+)\$"
    )
    low, high = max(A[0]), max(unscaled)
    assert hit[1] == ",".join(f"{x:.0f}" for x in raw)
    assert hit.groups()[1:] == tuple(f"{x:.4f}" for x in (low, high, low * (1 - low), high * (1 - high)))
    assert r"$a=1/(1+e^{-\Delta})$，导数是 $a(1-a)$" in TEXT
    assert "方差是 $2d_k$" in TEXT
    assert "每个分量的方差是 2。" in TEXT


def test_jacobian_and_its_bound() -> None:
    """diag(a) - a a^T is the numerical derivative of softmax, and no entry exceeds 1 - max(a)."""
    rng = random.Random(1)
    for _ in range(50):
        row = [rng.gauss(0, 3) for _ in range(5)]
        a = softmax(row)
        for j, u in itertools.product(range(5), repeat=2):
            exact = a[j] * ((j == u) - a[u])
            step = 1e-5
            up = softmax([x + step * (m == u) for m, x in enumerate(row)])[j]
            down = softmax([x - step * (m == u) for m, x in enumerate(row)])[j]
            assert abs((up - down) / (2 * step) - exact) < 1e-8
            assert abs(exact) <= 1 - max(a) + 1e-12


def test_dot_product_variance() -> None:
    """Over all sign vectors, the dot product has variance d_k and the difference of two has 2 d_k."""
    for width in (1, 2, 3):
        signs = list(itertools.product((-1, 1), repeat=width))
        dots = [sum(a * b for a, b in zip(q, k, strict=True)) for q in signs for k in signs]
        assert sum(dots) == 0
        assert sum(x * x for x in dots) == width * len(dots)
        gaps = [sum(a * (b - c) for a, b, c in zip(q, k, m, strict=True)) for q in signs for k in signs for m in signs]
        assert sum(gaps) == 0
        assert sum(x * x for x in gaps) == 2 * width * len(gaps)


def test_saturation_figure() -> None:
    """Every plotted point is a(1-a) at a gap of one standard deviation."""
    source = NOTE.figure("mask-saturation")
    widths = [1, 2, 4, 8, 16, 32, 64, 128]
    for name in ("scaled", "raw"):
        points = NOTE.plots("mask-saturation")[name]
        assert [int(x) for x, _ in points] == widths
        for x, y in points:
            gap = math.sqrt(2 * int(x)) if name == "raw" else math.sqrt(2)
            assert f"{float(y):.3e}" == f"{slope(gap):.3e}"
    assert found(r"恒为 \$([\d.]+)\$", source)[1] == f"{slope(math.sqrt(2)):.4f}"
    label = found(r"\$([\d.]+)\\times10\^\{(-\d+)\}\$", source)
    assert f"{float(label[1]):.3f}e{int(label[2]):03d}" == f"{slope(math.sqrt(128)):.3e}"
    assert f"把维数从 {widths[0]} 画到 {widths[-1]}。" in TEXT


def test_heat_map_figure() -> None:
    """Cells, grey values and row sums of the three heat maps equal the recomputed matrices."""
    source = NOTE.figure("mask-heat")
    wrong = [[x if j <= i else 0.0 for j, x in enumerate(row)] for i, row in enumerate(A)]
    panels = re.findall(r"\{\(([abc])\) [^{}]*\}/%((?:\n      \{\{.*\}\}(?:/%|,|\} \{)$){3})", source, re.MULTILINE)
    assert [name for name, _ in panels] == ["a", "b", "c"]
    for (_, drawn), matrix in zip(panels, (A, CAUSAL, wrong), strict=True):
        shown, greys, sums = (re.findall(r"\{([^{}]+)\}", part) for part in drawn.strip().split("\n"))
        assert [row.split(",") for row in shown] == [[f"${x:.4f}$" if x else "$0$" for x in row] for row in matrix]
        assert [row.split(",") for row in greys] == [[str(round(50 * x + 1e-9)) for x in row] for row in matrix]
        totals = [sum(row) for row in matrix]
        assert sums == ["$1$" if math.isclose(total, 1) else f"${total:.4f}$" for total in totals]
    assert "(b) 未来为 0，行和为 1；(c) 未来为 0，前两行的和不是 1]" in TEXT


def test_mask_pattern_figure() -> None:
    """Each panel shows exactly the allowed set that the table of the note defines."""
    source = NOTE.figure("mask-patterns")
    p = int(found(r"前缀，\$p=(\d)\$", source)[1])
    pad = int(found(r"后 (\d) 个是填充位", source)[1])
    b = int(found(r"滑动窗口，\$b=(\d)\$", source)[1])
    n, queries = 6, int(found(r"交叉，(\d) 查询 6 键", source)[1])
    span = range(1, n + 1)
    expected = [
        [[True for _ in span] for _ in span],
        [[j <= i for j in span] for i in span],
        [[j <= max(i, p) for j in span] for i in span],
        [[j <= n - pad for j in span] for _ in span],
        [[i - b < j <= i for j in span] for i in span],
        [[True for _ in span] for _ in range(queries)],
    ]
    panels = re.findall(r"/(\d)/\{[^{}]*\}/\{(\{[01,{}]+\})\}", source)
    shown = [
        [[cell == "1" for cell in row.split(",")] for row in re.findall(r"\{([01,]+)\}", body)] for _, body in panels
    ]
    assert shown == expected
    assert [int(height) for height, _ in panels] == [len(rows) for rows in expected]
    for rule in (
        "\\{1,\\ldots,T\\}",
        "\\{j: j\\le i\\}",
        "\\{j: j\\le\\max(i,p)\\}",
        "\\{j: j\\le m\\}",
        "\\{j: i-b<j\\le i\\}",
    ):
        assert f"| ${rule}$ |" in TEXT
    assert f"以 {n} 个键为例" in TEXT


def test_window_reach() -> None:
    """Stacking L causal windows of width b reaches exactly L(b-1) positions back."""
    assert "最远能到 $L(b-1)$ 个位置之前" in TEXT
    for layers, b in itertools.product((1, 2, 3), (1, 2, 3, 4)):
        reach = {0}
        for _ in range(layers):
            reach = {back + step for back in reach for step in range(b)}
        assert max(reach) == layers * (b - 1)


def test_layers_figure_edges() -> None:
    """Exactly the causal edges are drawn, once each, and the thick ones are those that lead to h2_3."""
    source = NOTE.figure("mask-layers")
    thick: set[tuple[int, int, int]] = set()
    every: list[tuple[int, int, int]] = []
    loop = r"\\foreach \\s(?:/\\t)? in \{([\d/,]+)\} (\{.*?\n  \}|\\draw[^\n]*)"
    loops = re.findall(loop, source, re.DOTALL)
    for pairs, body in loops:
        for style, low, end in re.findall(r"\\draw\[([^\]]*)\] \(h(\d)\\s\) -- \(h(\d\\t|23)\)", body):
            for pair in pairs.split(","):
                ends = [int(x) for x in pair.split("/")]
                edge = (int(low), ends[0], 3 if end == "23" else ends[1])
                every.append(edge)
                if re.search(r"\bthick\b", style):
                    thick.add(edge)
    causal = {(low, s, t) for low in (0, 1) for t in range(1, 5) for s in range(1, t + 1)}
    assert len(every) == len(set(every))
    assert set(every) == causal
    assert thick == {e for e in causal if (e[0] == 1 and e[2] == 3) or (e[0] == 0 and e[2] <= 3)}
    assert "粗线是能到达位置 3 顶层的全部路径，没有一条从位置 4 出发" in TEXT


def test_causal_stack_ignores_the_future() -> None:
    """In a stack of causal layers, changing input i leaves all outputs before i exactly unchanged."""
    rng = random.Random(2)
    width, n, depth = 3, 5, 3

    def noise(rows: int, cols: int) -> Matrix:
        return [[rng.gauss(0, 1) for _ in range(cols)] for _ in range(rows)]

    weights = [[noise(width, width) for _ in range(3)] for _ in range(depth)]

    def run(x: Matrix, causal: bool) -> Matrix:
        for wq, wk, wv in weights:
            s = scores(times(x, wq), times(x, wk))
            a = [softmax(row) for row in (masked(s) if causal else s)]
            mixed = times(a, times(x, wv))
            x = [[u + math.tanh(v) for u, v in zip(r, o, strict=True)] for r, o in zip(x, mixed, strict=True)]
        return x

    x = noise(n, width)
    before, open_before = run(x, True), run(x, False)
    for i in range(n):
        changed = [row if t != i else [v + 1 for v in row] for t, row in enumerate(x)]
        after = run(changed, True)
        assert after[:i] == before[:i]
        assert after[i] != before[i]
        assert all(a != b for a, b in zip(run(changed, False), open_before, strict=True))
        short = run(x[: i + 1], True)
        assert all(math.isclose(a, b) for a, b in zip(short[i], before[i], strict=True))


def test_cost_and_cache_numbers() -> None:
    """The break-even length and the size of the key-value cache follow from their formulas."""
    hit = NOTE.found(
        r"四个投影.*?共 \$4Td\^2\$.*?共 \$2T\^2d\$。\$T=2d\$ 时两者相等；"
        r"\$d=(\d+)\$，分界在 \$T=(\d+)\$"
    )
    d, n = int(hit[1]), int(hit[2])
    assert 4 * n * d**2 == 2 * n**2 * d
    hit = NOTE.found(
        r"占 \$2LTd\$ 个数.*?\$L=(\d+)\$、\$d=(\d+)\$、\$T=(\d+)\$、每数 (\d) 字节，"
        r"共 \$2\^\{(\d+)\}\$ 字节，即 (\d+) GiB"
    )
    layers, d, n, size, power, gib = map(int, hit.groups())
    assert 2 * layers * n * d * size == 2**power == gib * 2**30


def test_fully_masked_row() -> None:
    """A fully masked row is NaN with minus infinity and silently uniform with -1e9 in 32-bit floats."""
    assert math.isnan(NEG - NEG)
    assert math.isnan(0 * math.nan)
    assert all(math.isnan(x) for x in softmax([NEG, NEG]))

    bits = struct.unpack("I", struct.pack("f", 1e9))[0]
    ulp = struct.unpack("f", struct.pack("I", bits + 1))[0] - single(1e9)
    below = single(1e9) - struct.unpack("f", struct.pack("I", bits - 1))[0]
    hit = NOTE.found(r"附近相邻两数相差 (\d+)，绝对值小于 (\d+) 的分数")
    assert int(hit[1]) == ulp == below
    assert 2 * int(hit[2]) == ulp
    row = [single(-1e9 + s) for s in (-31.9, -3.0, 0.0, 5.0, 31.9)]
    assert softmax(row) == [0.2] * 5
    assert softmax([0.0, -1e9]) == softmax([0.0, NEG])
    assert r"用 $-10^9$ 代替 $-\infty$" in TEXT
    assert "在 32 位浮点数中，$10^9$ 附近" in TEXT
