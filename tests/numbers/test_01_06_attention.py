"""Recompute every worked number of the note on attention, and its figures."""

import itertools
import math
import re

import pytest

from tests.numbers.algebra import Matrix, Vector, applied, dot, plus, row_times, softmax, times, transposed
from tests.numbers.printing import SPACED, joined, plain, vector
from tests.numbers.reading import NUMBER, WorkedNote, found, numbers

NOTE = WorkedNote("01-语言模型基础/06-注意力机制.md")
TEXT = NOTE.text


def test_reversed_source_keeps_the_mean_distance() -> None:
    """Reading the source backwards gives the distances 2i-1, whose mean is that of the forward order."""
    hit = NOTE.found(r"取 \$T=(\d+)\$，四个距离从 \$([\d,]+)\$ 变成 \$([\d,]+)\$，平均还是 \$(\d+)\$")
    size = int(hit[1])
    assert numbers(hit[2]) == [(size + i) - i for i in range(1, size + 1)]
    after = [(size + i) - (size + 1 - i) for i in range(1, size + 1)]
    assert numbers(hit[3]) == after == [2 * i - 1 for i in range(1, size + 1)]
    assert sum(after) / size == float(hit[4]) == size


ALIGN = NOTE.section("## 词序不同的一句翻译", ":::")
STATES = [
    (source, numbers(h), target, numbers(s))
    for source, h, target, s in re.findall(
        r"^\| (\S+) \| \$(\(.*?\))\$ \| (\w+) \| \$(\(.*?\))\$ \|$", ALIGN, re.MULTILINE
    )
]
KEYS = [row[1] for row in STATES]
ALIGN_SCORES = times([row[3] for row in STATES], transposed(KEYS))
ALIGN_WEIGHTS = [softmax(row) for row in ALIGN_SCORES]


def test_alignment_example() -> None:
    """The scores, exponentials, weights and context of one target word follow from the table of states."""
    assert [row[2] for row in STATES] == ["I", "bought", "books", "yesterday"]
    scores, weights = ALIGN_SCORES[1], ALIGN_WEIGHTS[1]
    assert numbers(found(r"四个分数是 \$(\(.*?\))\$", ALIGN)[1]) == scores
    (s1, s2), (h1, h2) = STATES[1][3], KEYS[1]
    assert rf"$({s1:g})\times{h1:g}+{s2:g}\times{h2:g}={scores[1]:g}$" in ALIGN
    powers = [math.exp(x) for x in scores]
    assert f"取指数得 ${joined(powers, SPACED)}$，和为 ${sum(powers):.4f}$" in ALIGN
    context = row_times(weights, KEYS)
    assert rf"\boldsymbol{{\alpha}}={vector(weights)}" in ALIGN
    assert rf"\boldsymbol{{c}}={vector(context)}" in ALIGN
    assert rf"${KEYS[0][0]:g}\times{weights[0]:.4f}-2\times{weights[2]:.4f}$" in ALIGN
    nearest = min(range(4), key=lambda j: math.dist(KEYS[j], context))
    assert STATES[nearest][0] == "买了"
    assert f"取 $d_s=d_h={len(KEYS[0])}$，各状态直接给定" in ALIGN
    assert f"它离“买了”的 ${vector(KEYS[nearest], ',', plain)}$ 最近" in ALIGN


def test_alignment_figure() -> None:
    """Every cell of the alignment heat map is the weight, with the grey level that its comment promises."""
    source = NOTE.figure("attn-align")
    cells = re.findall(r"(\d)/(\d)/(0\.\d{4})/(\d+)", source)
    assert len(cells) == 16
    for i, j, value, grey in cells:
        weight = ALIGN_WEIGHTS[int(i) - 1][int(j) - 1]
        assert value == f"{weight:.4f}"
        assert int(grey) == round(50 * weight)
    assert re.findall(r"\d/(\w+)", found(r"\\foreach \\j/\\w in \{(.*?)\}", source)[1]) == [r[0] for r in STATES]
    assert re.findall(r"\d/(\w+)", found(r"\\foreach \\i/\\w in \{(.*?)\}", source)[1]) == [r[2] for r in STATES]
    order = [row.index(max(row)) for row in ALIGN_WEIGHTS]
    assert [STATES[j][0] for j in order] == ["我", "买了", "书", "昨天"]


def test_question_on_the_scale_of_scores() -> None:
    """Doubling the queries sharpens the weights to the printed values and zero makes them uniform."""
    hit = NOTE.found(rf"最大权重分别是 \$({NUMBER})\$ 与 \$({NUMBER})\$")
    assert hit.groups() == tuple(f"{max(row):.4f}" for row in ALIGN_WEIGHTS[:2])
    double = [max(softmax([2 * x for x in row])) for row in ALIGN_SCORES[:2]]
    hit = NOTE.found(
        rf"两者升到 \$({NUMBER})\$ 与 \$({NUMBER})\$；乘以 0 则全部分数为 0，每行都是均匀的 \$({NUMBER})\$"
    )
    assert hit.groups() == (f"{double[0]:.4f}", f"{double[1]:.4f}", f"{softmax([0.0] * 4)[0]:g}")
    assert r"若把所有 $\boldsymbol{s}$ 乘以 2，最大权重会怎样？乘以 0 呢？" in TEXT


def test_linear_score_ignores_the_query() -> None:
    """Without tanh the additive weights are the same for every query; with tanh they are not."""
    queries = [-1.0, 0.5, 2.0]
    keys = [0.3, -0.7, 1.1]

    def weights(query: float, bend: bool) -> Vector:
        return softmax([math.tanh(query + k) if bend else query + k for k in keys])

    straight = [weights(q, bend=False) for q in queries]
    bent = [weights(q, bend=True) for q in queries]
    assert all(row == pytest.approx(straight[0]) for row in straight)
    assert bent[1] != pytest.approx(bent[0], abs=1e-2)


def test_distribution_of_the_dot_product() -> None:
    """All sign patterns of d_k products give the printed counts, variance d_k, and one after scaling."""
    where = NOTE.section("**数一数**", "不缩放会怎样？")
    size = int(found(r"取 \$d_k=(\d+)\$", where)[1])
    values = [int(x) for x in re.findall(r"\$(-?\d)\$", found(r"\n\| (\$\\boldsymbol\{q\}.*?)\n", where)[1])]
    counts = [int(x) for x in re.findall(r"\d+", found(r"\| 组合数 \|(.*?)\n", where)[1])]
    sums = [sum(signs) for signs in itertools.product((-1, 1), repeat=size)]
    assert len(sums) == int(found(r"\$(\d+)\$ 种符号组合", where)[1])
    assert dict(zip(values, counts, strict=True)) == {v: sums.count(v) for v in set(sums)}
    terms = "+".join(rf"{v * v}\times{c}" for v, c in zip(values, counts, strict=True))
    variance = sum(v * v for v in sums) / len(sums)
    assert f"$({terms})/{len(sums)}={variance:g}$" in where
    assert variance == size
    divisor = float(found(r"各值除以 \$(\d)\$ 之后方差是 \$1\$", where)[1])
    assert variance / divisor**2 == 1
    pairs = itertools.product(itertools.product((-1, 1), repeat=size), repeat=2)
    dots = [sum(a * b for a, b in zip(q, k, strict=True)) for q, k in pairs]
    assert {v: dots.count(v) / len(dots) for v in set(dots)} == {v: sums.count(v) / len(sums) for v in set(sums)}
    assert where.count(r"地取 $\pm1$") == where.count(r"地是 $\pm1$") == 1


def test_standard_deviations() -> None:
    """The standard deviation is sqrt(d_k) unscaled and 1/sqrt(d_k) when divided by d_k."""
    raw = NOTE.found(r"\$d_k=(\d+)\$ 时分数的标准差是 \$(\d+)\$")
    over = NOTE.found(rf"方差是 \$d_k/d_k\^2=1/d_k\$，\$d_k=(\d+)\$ 时标准差只有 \$({NUMBER})\$")
    assert math.sqrt(int(raw[1])) == float(raw[2])
    assert 1 / math.sqrt(int(over[1])) == float(over[2])


def test_parameter_count() -> None:
    """Multi-head attention has 4d^2 weights whatever the number of heads."""
    hit = NOTE.found(r"取 \$d=(\d+)\$，无论 \$h=(\d+)\$ 还是 \$h=(\d+)\$ 都是 \$(\d+)\$ 个")
    d, *heads, total = (int(x) for x in hit.groups())
    for h in heads:
        assert d % h == 0
        assert h * (2 * d * (d // h) + d * (d // h)) + h * (d // h) * d == total == 4 * d * d
    assert r"=3d^2+d^2=4d^2 ," in TEXT


CAT_DOG = NOTE.section("### 猫追狗", "## 打乱词序")
X = NOTE.matrix(r"\boldsymbol{X}")
W_O = NOTE.matrix(r"\boldsymbol{W}_O")
HEADS = [
    [numbers(cell) for cell in cells]
    for cells in re.findall(r"^\| \d \| \$(\(.*?\))\$ \| \$(\(.*?\))\$ \| \$(\(.*?\))\$ \|$", CAT_DOG, re.MULTILINE)
]


def head(x: Matrix, weights: Matrix) -> tuple[Matrix, Matrix, Vector]:
    """Scores, attention matrix and output of one head of width one."""
    q, k, v = (applied(x, w) for w in weights)
    scores = [[a * b / math.sqrt(1) for b in k] for a in q]
    attention = [softmax(row) for row in scores]
    return scores, attention, applied(attention, v)


def multihead(x: Matrix) -> Matrix:
    """Output of the two-headed example."""
    return times(transposed([head(x, weights)[2] for weights in HEADS]), W_O)


def test_two_heads_by_hand() -> None:
    """Scores, weights, head outputs and the final output follow from the printed inputs and parameters."""
    tokens = found(r"猫 \$(\(.*?\))\$，追 \$(\(.*?\))\$，狗 \$(\(.*?\))\$", CAT_DOG)
    assert [numbers(x) for x in tokens.groups()] == X
    assert len(HEADS) == 2
    for r, weights in enumerate(HEADS, 1):
        scores, attention, _ = head(X, weights)
        NOTE.check_matrix(rf"\boldsymbol{{S}}^{{({r})}}", scores)
        NOTE.check_matrix(rf"\boldsymbol{{A}}^{{({r})}}", attention)
        q, k, v = (applied(X, w) for w in weights)
        line = found(rf"\*\*头 {r}\*\*　[^$]*查询依次是 \$([-\d,]+)\$，键和值都是 \$([-\d,]+)\$", CAT_DOG)
        assert numbers(line[1]) == q
        assert numbers(line[2]) == k == v
    outputs = transposed([head(X, weights)[2] for weights in HEADS])
    NOTE.check_matrix(r"\left(\boldsymbol{O}^{(1)}\ \boldsymbol{O}^{(2)}\right)", outputs)
    NOTE.check_matrix(r"\operatorname{MHA}", multihead(X))
    assert f"取 $d={len(X[0])}$、$h={len(HEADS)}$、$d_k=d_v=1$，$\\sqrt{{d_k}}=1$" in CAT_DOG
    assert rf"（都是 ${len(X[0])}\times1$，写成转置）" in CAT_DOG
    assert re.findall(r"^\| (\d) \| \$\(", CAT_DOG, re.MULTILINE) == ["1", "2"]


def test_one_row_in_detail() -> None:
    """The printed exponentials, their sum, one weight and one weighted average belong to the second row."""
    _, attention, outputs = head(X, HEADS[0])
    up, down = math.exp(2), math.exp(-2)
    total = up + 1 + down
    assert f"$e^2={up:.4f}$、$e^0=1$、$e^{{-2}}={down:.4f}$，和为 ${total:.4f}$" in CAT_DOG
    assert f"${up:.4f}/{total:.4f}={attention[1][0]:.4f}$" in CAT_DOG
    a = [f"{x:.4f}" for x in attention[1]]
    assert rf"${a[0]}\times1+{a[1]}\times0+{a[2]}\times(-1)={outputs[1]:.4f}$" in CAT_DOG
    assert attention[1].index(max(attention[1])) == 0
    second = head(X, HEADS[1])[1]
    assert second[0].index(max(second[0])) == 1
    assert "例如“追”在头 1 是" in CAT_DOG


def test_softmax_along_the_wrong_axis() -> None:
    """Normalising the columns gives the printed column and a row that does not sum to one."""
    scores = head(X, HEADS[0])[0]
    wrong = transposed([softmax(column) for column in transposed(scores)])
    assert f"第一列会变成 ${vector([row[0] for row in wrong])}$" in CAT_DOG
    assert f"“猫”那一行三个权重之和是 ${sum(wrong[0]):.4f}$" in CAT_DOG
    assert "的每一行之和为 1。若误沿列归一，头 1 的第一列" in CAT_DOG


def test_permutation_equivariance() -> None:
    """Every order of the tokens permutes the rows of the output and changes nothing else."""
    base = multihead(X)
    for order in itertools.permutations(range(3)):
        moved = multihead([X[i] for i in order])
        for row, i in zip(moved, order, strict=True):
            assert row == pytest.approx(base[i])
    where = NOTE.section("## 打乱词序，它不知道", ":::")
    assert f"${vector(base[1])}$，一个数也不差" in where


def code(t: int, d: int) -> Vector:
    """Sinusoidal code of one position."""
    waves = [10000 ** (-2 * k / d) * t for k in range(d // 2)]
    return [f(w) for w in waves for f in (math.sin, math.cos)]


def test_positions_break_the_symmetry() -> None:
    """With sinusoidal codes added, the middle token gets the two printed outputs in the two sentences."""
    where = NOTE.section("**回到猫和狗**", ":::")
    results = []
    for sentence in (X, X[::-1]):
        coded = [plus(row, code(t, 2)) for t, row in enumerate(sentence)]
        results.append(multihead(coded)[1])
    assert f"在“猫追狗”里是 ${vector(results[0])}$" in where
    assert f"在“狗追猫”里是 ${vector(results[1])}$" in where
    assert "$d=2$ 时位置编码只有一对分量" in where
    assert "三个位置取 $t=0,1,2$" in where


def rotate(p: Vector, delta: int) -> Vector:
    """The row vector times the block rotation of the theorem."""
    d = len(p)
    out = []
    for k in range(d // 2):
        angle = 10000 ** (-2 * k / d) * delta
        c, s = math.cos(angle), math.sin(angle)
        out += [p[2 * k] * c + p[2 * k + 1] * s, -p[2 * k] * s + p[2 * k + 1] * c]
    return out


def test_shift_is_a_rotation() -> None:
    """One block rotation, the same at every position, shifts the code; inner products depend on the distance."""
    for d, t, delta in itertools.product((2, 4, 16), (0, 1, 9, 30), (-5, 1, 2, 17)):
        assert rotate(code(t, d), delta) == pytest.approx(code(t + delta, d))
        inner = dot(code(t, d), code(t + delta, d))
        assert inner == pytest.approx(sum(math.cos(10000 ** (-2 * k / d) * delta) for k in range(d // 2)))
    assert sum(x * x for x in code(7, 16)) == pytest.approx(8)


def test_rotation_by_hand() -> None:
    """The printed codes, the two products and the inner product agree with the definition."""
    where = NOTE.section("**验算**", "**回到猫和狗**")
    p1, p3 = code(1, 4), code(3, 4)
    assert rf"\omega_1=10000^{{-2/4}}={10000 ** (-2 / 4):g}$" in where
    assert rf"\boldsymbol{{p}}_1&={vector(p1)}" in where
    assert rf"\boldsymbol{{p}}_3&={vector(p3)}" in where
    c, s = f"{math.cos(2):.4f}", f"{math.sin(2):.4f}"
    a, b = f"{p1[0]:.4f}", f"{p1[1]:.4f}"
    turned = rotate(p1, 2)
    assert rf"$\cos2={c}$，$\sin2={s}$" in where
    assert rf"${a}\times({c})+{b}\times{s}={turned[0]:.4f}$" in where
    assert rf"$-{a}\times{s}+{b}\times({c})={turned[1]:.4f}$" in where
    inner, again = dot(p1, p3), dot(code(5, 4), code(7, 4))
    assert (
        rf"=\cos2+\cos0.02={inner:.4f}$，换成 $\boldsymbol{{p}}_5\boldsymbol{{p}}_7^\top$ 还是 ${again:.4f}$" in where
    )
    assert math.isclose(inner, math.cos(2) + math.cos(0.02))
    assert rf"$2\pi\approx{2 * math.pi:.2f}$" in TEXT
    assert r"$\omega_k=10000^{-2k/d}$" in TEXT
    assert rf"取 $d={len(p1)}$，$\omega_0=1$" in where
    assert r"位移 $\delta=2$，" in where


def test_sinusoid_figure() -> None:
    """Every grey level of the heat map is the sinusoidal code of its position and component."""
    rows = re.findall(r"^    \{([\d,]+)\}", NOTE.figure("attn-sinusoid"), re.MULTILINE)
    assert len(rows) == 8
    codes = [code(t, 8) for t in range(64)]
    labels = found(r"\\foreach \\k/\\w/\\y in \{(.*?)\}", NOTE.figure("attn-sinusoid"))[1]
    # Between the two rows of its frequency.
    assert labels.split(",") == [f"{k}/{10000 ** (-2 * k / 8):g}/{-2 * k - 1}" for k in range(4)]
    for k, row in enumerate(rows):
        assert [int(g) for g in row.split(",")] == [round(50 * (1 + p[k])) for p in codes]
    assert "$d=8$，位置 $0$ 到 $63$" in TEXT
    assert "画出 $d=8$ 时的前 $64$ 个位置" in TEXT
    assert "白为 $-1$，黑为 $1$" in TEXT


def test_cost_of_one_layer() -> None:
    """The printed multiply-add counts follow from 4Td^2 + 2T^2d and 2Td^2."""
    hit = NOTE.found(r"例如 \$T=(\d)\$、\$d=(\d)\$，注意力要 \$([^$=]*)=(\d+)\$ 次乘加，循环层只要 \$(\d+)\$ 次")
    t, d = int(hit[1]), int(hit[2])
    assert hit[3] == rf"4\times{t}\times{d * d}+2\times{t * t}\times{d}"
    assert int(hit[4]) == 4 * t * d * d + 2 * t * t * d
    assert int(hit[5]) == 2 * t * d * d
    assert "四个投影共 $4Td^2$" in TEXT
    assert "| 乘加次数 | $2Td^2$ | $4Td^2+2T^2d$ |" in TEXT


def test_shared_change_of_basis() -> None:
    """Replacing W_Q by W_Q G and W_K by W_K times the transposed inverse of G keeps all scores."""
    w_q, w_k = [[1.0, 2.0], [0.0, -1.0]], [[0.5, 1.0], [3.0, 1.0]]
    g, inverse = [[2.0, 1.0], [1.0, 1.0]], [[1.0, -1.0], [-1.0, 2.0]]
    assert times(g, inverse) == [[1, 0], [0, 1]]
    before = times(w_q, transposed(w_k))
    after = times(times(w_q, g), transposed(times(w_k, transposed(inverse))))
    for old, new in zip(before, after, strict=True):
        assert new == pytest.approx(old)
