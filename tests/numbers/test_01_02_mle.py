"""Recompute every worked number of the note on maximum likelihood estimation and of its figures."""

import itertools
import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from math import comb, exp, factorial, isclose, log, prod, sqrt

from tests.numbers.algebra import divergence, entropy, softmax
from tests.numbers.printing import vector
from tests.numbers.reading import WorkedNote, found

NOTE = WorkedNote("01-语言模型基础/02-极大似然估计.md")
TEXT = NOTE.text

CORPUS = TEXT.split("语料已分好词：")[1].split("。")[0]
SENTENCES = [str(s).split(" / ") for s in re.findall(r"“([^”]+)”", CORPUS)]
VOCABULARY = ["我", "他", "爱", "读书", "喝茶", "EOS"]
UNSEEN = [["他", "爱", "喝茶"], ["他", "喝茶"]]
Model = Callable[[str, str], Fraction]


def rows(header: str) -> list[list[str]]:
    """Return the body rows of the pipe table whose header starts with `header`, negatives without the dollars."""
    return [[cell.strip("$") for cell in row] for row in NOTE.table(header)]


def coin(theta: float, heads: int = 7, n: int = 10) -> float:
    """Return the log-likelihood of a coin."""
    return heads * log(theta) + (n - heads) * log(1 - theta)


def relative(theta: float, n: int) -> float:
    """Return the likelihood of 70 percent heads in n tosses, divided by its maximum."""
    if theta in (0.0, 1.0):
        return 0.0
    return exp(coin(theta, 7 * n // 10, n) - coin(0.7, 7 * n // 10, n))


def transitions(sentence: list[str]) -> list[tuple[str, str]]:
    """Return the (history, next) pairs of a sentence with its boundary tokens."""
    padded = ["BOS", *sentence, "EOS"]
    return list(itertools.pairwise(padded))


COUNTS = Counter(pair for s in SENTENCES for pair in transitions(s))
HISTORIES: Counter[str] = Counter()
for (history, _), times in COUNTS.items():
    HISTORIES[history] += times
N = sum(COUNTS.values())


def uniform(_history: str, _token: str) -> Fraction:
    """Return the uniform probability over the predictable tokens."""
    return Fraction(1, len(VOCABULARY))


def add_one(h: str, v: str) -> Fraction:
    """Return the add-one estimate of a bigram."""
    return Fraction(COUNTS[h, v] + 1, HISTORIES[h] + len(VOCABULARY))


def mle(h: str, v: str) -> Fraction:
    """Return the maximum likelihood estimate of a bigram."""
    return Fraction(COUNTS[h, v], HISTORIES[h])


def probability(model: Model, sentence: list[str]) -> Fraction:
    """Return the probability a bigram model gives to a sentence with its end token."""
    return prod((model(h, v) for h, v in transitions(sentence)), start=Fraction(1))


def likelihood(model: Model) -> Fraction:
    """Return the likelihood of the whole corpus under a bigram model."""
    return prod((probability(model, s) for s in SENTENCES), start=Fraction(1))


def bisect(f: Callable[[float], float], low: float, high: float) -> float:
    """Return the zero of f between two points of opposite sign."""
    for _ in range(100):
        middle = (low + high) / 2
        if (f(low) < 0) == (f(middle) < 0):
            low = middle
        else:
            high = middle
    return low


def half_height(n: int) -> tuple[float, float]:
    """Return the two points where the relative likelihood of n tosses is one half."""

    def gap(theta: float) -> float:
        return relative(theta, n) - 0.5

    return bisect(gap, 0.01, 0.7), bisect(gap, 0.7, 0.99)


def test_likelihood_is_not_a_density() -> None:
    """The integral of the likelihood over theta and the binomial factor are the printed numbers."""
    exact = sum((Fraction((-1) ** j * comb(3, j), 8 + j) for j in range(4)), start=Fraction(0))
    assert exact == Fraction(factorial(7) * factorial(3), factorial(11))
    assert Fraction(1, int(NOTE.found(r"\\frac\{7!\\,3!\}\{11!\}=\\frac\{1\}\{(\d+)\}")[1])) == exact
    assert int(NOTE.found(r"\\binom\{10\}\{7\}=(\d+)")[1]) == comb(10, 7)
    assert "取 $n=10$、$k=7$，积分是贝塔函数的值" in TEXT
    assert "$L(0.7)$ 不是“$\\theta$ 等于 0.7 的概率”" in TEXT


def test_coin_table() -> None:
    """Every cell of the coin table is the recomputed value at the printed precision."""
    table = rows("| $\\theta$ |")
    assert [r[0] for r in table] == ["0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]
    for cells in table:
        t = float(cells[0])
        values = [7 * log(t), 3 * log(1 - t), coin(t), exp(coin(t) - coin(0.7))]
        assert cells[1:] == [f"{x:.4f}" for x in values]
    n, heads = 10, 7
    assert f"硬币抛 {n} 次，出现 {heads} 次正面" in TEXT
    assert f"## {n} 次 {heads} 正" in TEXT
    assert f"用 {heads} 正 {n - heads} 反的硬币" in TEXT
    assert rf"| ${heads}\ln\theta$ | ${n - heads}\ln(1-\theta)$ | $\ell(\theta)$ | $L(\theta)/L({heads / n})$ |" in TEXT
    best = max(table, key=lambda cells: float(cells[3]))[0]
    assert f"最大值落在 {best}。" in TEXT
    assert f"在 {best} 处降为零" in TEXT
    assert f"同样的频率 {best}，数据多十倍" in TEXT


def test_fair_coin_ratio() -> None:
    """The relative likelihood of the fair coin is the printed one for ten and for a hundred tosses."""
    assert NOTE.found(r"公平硬币的相对似然还有 ([\d.]+)，")[1] == f"{relative(0.5, 10):.4f}"
    match = NOTE.found(r"\$([\d.]+)\^\{10\}\\approx([\d.]+)\$")
    assert match[1] == f"{relative(0.5, 10):.4f}"
    assert match[2] == f"{relative(0.5, 100):.4f}"
    assert isclose(relative(0.5, 10) ** 10, relative(0.5, 100))
    assert "10 次抛掷远不足以排除它。换成 100 次 70 正，" in TEXT


def test_curvature_and_standard_error() -> None:
    """The standard errors follow from the second derivative, which a finite difference confirms."""
    for n in (10, 100):
        k, step = 7 * n // 10, 1e-4
        second = (coin(0.7 + step, k, n) - 2 * coin(0.7, k, n) + coin(0.7 - step, k, n)) / step**2
        assert isclose(-second, n / 0.21, rel_tol=1e-5)
        printed = NOTE.found(rf"\\sqrt\{{0\.21/{n}\}}\\approx([\d.]+)")[1]
        assert printed == f"{1 / sqrt(n / 0.21):.4f}"
        assert rf"$n={n}$ 时为 $\sqrt{{0.21/{n}}}" in TEXT
    assert r"数据多十倍，标准误缩到原来的 $1/\sqrt{10}$" in TEXT


def test_corpus_table() -> None:
    """The counts and estimates of the corpus table are those of the four sentences."""
    assert len(SENTENCES) == 4
    assert set(VOCABULARY) == {v for _, v in COUNTS}
    assert f"可被预测的词元有 {len(VOCABULARY)} 个" in TEXT
    assert int(NOTE.found(r"即 \$V=(\d+)\$")[1]) == len(VOCABULARY)
    assert int(NOTE.found(r"转移共 \$N=(\d+)\$ 次")[1]) == N
    table = rows("| 历史 $h$ |")
    assert [r[0] for r in table] == ["BOS", "我", "他", "爱", "读书", "喝茶"]
    assert set(HISTORIES) == {r[0] for r in table}
    for history, total, followers, estimates in table:
        assert int(total) == HISTORIES[history]
        pairs = [item.split(" ") for item in followers.split("，")]
        assert {v: int(c) for v, c in pairs} == {v: c for (h, v), c in COUNTS.items() if h == history}
        assert [Fraction(e) for e in estimates.split("，")] == [mle(history, v) for v, _ in pairs]


def test_one_row_gap_is_kl() -> None:
    """The log-likelihood gap on the row of the example, divided by its count, is the KL divergence."""
    pairs = NOTE.found(r"估计值 \$\((\d/\d),(\d/\d)\)\$ 的对数似然[^\n]*；换成 \$\((\d/\d),(\d/\d)\)\$").groups()
    estimate, rival = [Fraction(x) for x in pairs[:2]], [Fraction(x) for x in pairs[2:]]
    assert estimate == [mle("爱", "读书"), mle("爱", "喝茶")]
    best = sum(COUNTS["爱", v] * log(q) for v, q in zip(("读书", "喝茶"), estimate, strict=True))
    other = sum(COUNTS["爱", v] * log(q) for v, q in zip(("读书", "喝茶"), rival, strict=True))
    assert sum(rival) == 1
    assert isclose(other, log(1 / 8))
    assert isclose(best, log(4 / 27))
    assert NOTE.found(r"\\ln\\frac\{4\}\{27\}=(-[\d.]+)\$")[1] == f"{best:.4f}"
    assert NOTE.found(r"\\ln\\frac18=(-[\d.]+)\$")[1] == f"{other:.4f}"
    match = NOTE.found(r"差 \$([\d.]+)\$，除以 3 是 \$([\d.]+)\$")
    assert match[1] == f"{best - other:.4f}"
    assert match[2] == f"{divergence([2 / 3, 1 / 3], [1 / 2, 1 / 2]):.4f}"
    assert isclose((best - other) / 3, divergence([2 / 3, 1 / 3], [1 / 2, 1 / 2]))
    assert r"KL 散度 $\frac23\ln\frac43+\frac13\ln\frac23$" in TEXT
    assert isclose(2 / 3 * log(4 / 3) + 1 / 3 * log(2 / 3), divergence([2 / 3, 1 / 3], [1 / 2, 1 / 2]))


def test_corpus_likelihood() -> None:
    """The corpus likelihood, its cross-entropy and its perplexity are the printed numbers."""
    inverse = 1 / likelihood(mle)
    assert NOTE.found(r"\\frac\{1\}\{(\d+)\},\n?\\qquad \\ell=-\\ln(\d+)=(-[\d.]+)\.").groups() == (
        str(inverse),
        str(inverse),
        f"{-log(inverse):.4f}",
    )
    match = NOTE.found(
        r"\$([\d.]+)/15=([\d.]+)\$ 奈特，取指数得到\*\*困惑度\*\*（perplexity）"
        r"\$e\^\{([\d.]+)/15\}=(\d+)\^\{1/15\}\\approx([\d.]+)\$"
    )
    total = log(inverse)
    assert match.groups() == (f"{total:.4f}", f"{total / N:.4f}", f"{total:.4f}", str(inverse), f"{exp(total / N):.4f}")
    assert NOTE.found(r"-15\\ln6=(-[\d.]+)\$，困惑度是 6。")[1] == f"{-N * log(6):.4f}"
    assert f"平均在约 {exp(total / N):.1f} 个等可能的选项里猜。若每步都用 $1/{len(VOCABULARY)}$ 的均匀分布" in TEXT


def test_corpus_likelihood_factors() -> None:
    """Both factorised forms of the corpus likelihood multiply to the same exact value."""
    block = TEXT.split("再看整份语料：\n\n$$\n")[1].split(r"=\frac{1}{")[0]
    sides = block.removeprefix("L=").split("\n=")
    assert len(sides) == 2
    for side in sides:
        factors = re.findall(r"\\frac(?:\{(\d+)\}\{(\d+)\}|(\d)(\d))(?:\\Bigr\)\^(\d))?", side)
        parts = [Fraction(int(a or c), int(b or d)) ** int(e or 1) for a, b, c, d, e in factors]
        assert prod(parts, start=Fraction(1)) == likelihood(mle)
    assert re.findall(r"\\frac\{(\d+)\}\{(\d+)\}", sides[1]) == [("27", "256"), ("4", "27"), ("4", "27")]


def test_mle_beats_mixtures() -> None:
    """Mixing the estimates with the uniform distribution never raises the corpus likelihood."""
    for history, total in HISTORIES.items():
        seen = [c for (h, _), c in COUNTS.items() if h == history]
        top = sum(c * log(c / total) for c in seen)
        for step in range(1, 100):
            mixed = [step / 100 * c / total + (1 - step / 100) / len(VOCABULARY) for c in seen]
            assert sum(c * log(q) for c, q in zip(seen, mixed, strict=True)) <= top


def test_model_table() -> None:
    """Every cell of the model comparison is recomputed from the four sentences."""
    models: list[tuple[str, Model]] = [
        ("均匀分布", uniform),
        ("bigram，加一", add_one),
        ("bigram，极大似然", mle),
    ]
    expected: list[list[str]] = []
    for name, model in models:
        loss = -log(likelihood(model)) / N
        cells = [f"{-loss * N:.4f}", f"{loss:.4f}", f"{exp(loss):.4f}"]
        unseen = [float(probability(model, s)) for s in UNSEEN]
        expected.append([name, *cells, *(f"{p:.4f}" if p else "0" for p in unseen)])
    loss = -len(SENTENCES) * log(1 / len(SENTENCES)) / N
    full = [SENTENCES.count(s) for s in UNSEEN]
    cells = [f"{-loss * N:.4f}", f"{loss:.4f}", f"{exp(loss):.4f}"]
    expected.append(["全前缀，极大似然", *cells, *map(str, full)])
    assert rows("| 模型 |") == expected
    assert NOTE.found(r"从 \$([\d.]+)\$ 降到 \$([\d.]+)\$").groups() == (expected[2][4], expected[1][4])


def test_full_prefix_model() -> None:
    """Counting whole prefixes gives each distinct sentence its share and a likelihood above the bigram's."""
    prefixes: Counter[tuple[str, ...]] = Counter()
    pairs: Counter[tuple[str, ...]] = Counter()
    for s in SENTENCES:
        padded = ("BOS", *s, "EOS")
        for i in range(1, len(padded)):
            prefixes[padded[:i]] += 1
            pairs[padded[: i + 1]] += 1
    total = prod((Fraction(c, prefixes[p[:-1]]) ** c for p, c in pairs.items()), start=Fraction(1))
    match = NOTE.found(r"训练似然升到 \$1/4\^4=1/(\d+)\$，比 bigram 的 \$1/(\d+)\$ 还高")
    assert Fraction(1, int(match[1])) == total
    assert Fraction(1, int(match[2])) == likelihood(mle)
    assert total > likelihood(mle)
    assert f"四个句子各不相同，模型给每句 $1/{len(set(map(tuple, SENTENCES)))}$" in TEXT


def test_unseen_sentences() -> None:
    """The fractions given for the two unseen sentences and for the add-one corpus are exact."""
    fraction = r"\\frac\{?(\d+)\}?\{?(\d+)\}?"
    for sentence, tail in zip(UNSEEN, (r"\\frac\{(16)\}\{(4410)\}", r"\\frac\{(4)\}\{(490)\}"), strict=True):
        match = NOTE.found(tail)
        assert Fraction(int(match[1]), int(match[2])) == probability(add_one, sentence)
        power = len(sentence) + 1
        assert f"$1/6^{power}$" in TEXT
        assert Fraction(1, 6**power) == probability(uniform, sentence)
        start = TEXT.rindex("加一给 $", 0, match.start())
        steps = re.findall(r"\\frac(?:\{(\d+)\}\{(\d+)\}|(\d)(\d))", TEXT[start : match.start()])
        values = [Fraction(int(a or c), int(b or d)) for a, b, c, d in steps]
        assert values == [add_one(h, v) for h, v in transitions(sentence)]
    assert NOTE.found(r"\\frac14\\cdot1\\cdot\\frac13\\cdot1=" + fraction).groups() == ("1", "12")
    assert probability(mle, UNSEEN[0]) == Fraction(1, 12)
    assert probability(mle, UNSEEN[1]) == 0
    block = TEXT.split("训练语料的似然是\n\n$$\n")[1].split("\n$$")[0]
    factors = re.findall(r"\\frac(?:\{(\d+)\}\{(\d+)\}|(\d)(\d))(?:\\Bigr\)\^(\d))?", block)
    value = prod((Fraction(int(a or c), int(b or d)) ** int(e or 1) for a, b, c, d, e in factors), start=Fraction(1))
    assert value == likelihood(add_one)
    assert NOTE.found(r"取对数得 \$(-[\d.]+)\$")[1] == f"{log(value):.4f}"
    assert r"=\frac{4}{490}$，极大似然给 0。" in TEXT


def test_entropy_floor() -> None:
    """The conditional entropy of the corpus equals the cross-entropy of the estimated bigram model."""

    def spread(history: str) -> float:
        return entropy(c / HISTORIES[history] for (h, _), c in COUNTS.items() if h == history)

    floor = sum(c / N * spread(h) for h, c in HISTORIES.items())
    assert isclose(floor, -log(likelihood(mle)) / N)
    assert NOTE.found(r"下界就是 \$([\d.]+)\$")[1] == f"{floor:.4f}"
    match = NOTE.found(r"\\frac\{(\d)\}\{15\}\\times([\d.]+)\+2\\times\\frac\{(\d)\}\{15\}\\times([\d.]+)\$")
    assert match.groups() == (
        str(HISTORIES["BOS"]),
        f"{spread('BOS'):.5f}",
        str(HISTORIES["我"]),
        f"{spread('我'):.5f}",
    )
    assert isclose(spread("我"), spread("爱"))


def test_softmax_step() -> None:
    """The softmax, the loss, the gradient and one gradient step are the printed numbers."""
    scores, target = [1.0, 2.0, 0.0], [1.0, 0.0, 0.0]
    assert r"得分 $\boldsymbol z=(1,2,0)$，真实词元是“读书”，$\boldsymbol y=(1,0,0)$" in TEXT
    p = softmax(scores)
    gradient = [a - b for a, b in zip(p, target, strict=True)]
    for j in range(3):
        up, down = scores.copy(), scores.copy()
        up[j] += 1e-6
        down[j] -= 1e-6
        slope = (-log(softmax(up)[0]) + log(softmax(down)[0])) / 2e-6
        assert isclose(slope, gradient[j], abs_tol=1e-8)
    match = NOTE.found(r"三个指数是 \$([\d.]+)\$、\$([\d.]+)\$、\$1\$，和为 \$([\d.]+)\$")
    assert match.groups() == (f"{exp(1):.4f}", f"{exp(2):.4f}", f"{exp(1) + exp(2) + 1:.4f}")
    assert rf"\boldsymbol p&={vector(p)},\\" in TEXT
    assert NOTE.found(r"J&=-1\+\\ln([\d.]+)=([\d.]+),").groups() == (match[3], f"{-log(p[0]):.4f}")
    assert rf"\boldsymbol p-\boldsymbol y&={vector(gradient)}," in TEXT
    moved = [z - g for z, g in zip(scores, gradient, strict=True)]
    assert rf"\boldsymbol z-(\boldsymbol p-\boldsymbol y)={vector(moved)}$" in TEXT
    after = softmax(moved)[0]
    assert NOTE.found(r"“读书”的概率升到 \$([\d.]+)\$，损失降到约 \$([\d.]+)\$").groups() == (
        f"{after:.4f}",
        f"{-log(after):.3f}",
    )
    assert isclose(sum(gradient), 0, abs_tol=1e-12)


def test_gaussian_variance() -> None:
    """The Gaussian example has the printed mean, sum of squares, biased and unbiased variance."""
    match = NOTE.found(
        r"数据 (\d)、(\d)、(\d) 的均值是 (\d)，平方和 \$(\d)\+(\d)\+(\d)=(\d)\$，"
        r"极大似然方差 \$8/3\\approx([\d.]+)\$，除以 \$n-1\$ 的无偏估计则是 (\d)。"
    )
    data = [int(match[i]) for i in (1, 2, 3)]
    mean = sum(data) / 3
    squares = [(x - mean) ** 2 for x in data]
    assert float(match[4]) == mean
    assert [float(match[i]) for i in (5, 6, 7)] == squares
    assert float(match[8]) == sum(squares) == 8
    assert match[9] == f"{sum(squares) / 3:.4f}"
    assert float(match[10]) == sum(squares) / 2


def test_small_sample_and_prior() -> None:
    """Three heads in a row, and add-one as a mixture with the uniform distribution, are as printed."""
    assert Fraction(NOTE.found(r"公平硬币也有 \$(\d/\d)\$ 的机会")[1]) == Fraction(1, 2) ** 3
    match = NOTE.found(r"\(3\+1\)/\(3\+2\)=(\d/\d)\$")
    assert Fraction(match[1]) == Fraction(3 + 1, 3 + 2)
    assert int(NOTE.found(r"对历史“我”，\$c\(h\)=(\d)\$")[1]) == HISTORIES["我"]
    assert int(NOTE.found(r"把分子加 1、分母加 (\d)，")[1]) == len(VOCABULARY)
    share = NOTE.found(r"加一的结果等于 \$\\frac(\d)(\d)\$ 份频率加 \$\\frac(\d)(\d)\$ 份均匀分布")
    own, rest = Fraction(int(share[1]), int(share[2])), Fraction(int(share[3]), int(share[4]))
    for token in VOCABULARY:
        assert add_one("我", token) == own * mle("我", token) + rest * uniform("我", token)
    assert "硬币抛 3 次全正" in TEXT
    assert r"估计 $\hat\theta=1$；" in TEXT
    assert "硬币的例子从 $1$ 变成 $(3+1)/(3+2)" in TEXT


def test_figure_coin() -> None:
    """Both curves and both half-height widths of the coin figure are recomputed."""
    for n in (10, 100):
        curve = NOTE.plots("mle-coin")[f"n={n}"]
        assert [x for x, _ in curve] == [f"{k / 100:.2f}" for k in range(101)]
        for x, y in curve:
            assert y == f"{relative(float(x), n):.4f}"
        left, right = half_height(n)
        line = found(
            rf"\(axis cs:([\d.]+),[\d.]+\) -- \(axis cs:([\d.]+),[\d.]+\); % half n={n}\n", NOTE.figure("mle-coin")
        )
        assert line.groups() == (f"{left:.3f}", f"{right:.3f}")
        assert f"半高宽 ${right - left:.3f}$" in NOTE.figure("mle-coin")
        ends = " ".join(f"(axis cs:{x:.3f},0.5) -- (axis cs:{x:.3f},0.23)" for x in (left, right))
        assert (ends in NOTE.figure("mle-coin")) == (n == 100)
        assert f"\\addlegendentry{{{n} 次中 {7 * n // 10} 次正面}}" in NOTE.figure("mle-coin")
    assert "(axis cs:0.7,0) -- (axis cs:0.7,1);" in NOTE.figure("mle-coin")
    assert r"\fill (axis cs:0.7,1)" in NOTE.figure("mle-coin")


def test_figure_kl() -> None:
    """The cross-entropy curve, the entropy line and both KL gaps of the figure are recomputed."""
    source = NOTE.figure("mle-kl")
    for x, y in NOTE.plots("mle-kl")["cross-entropy"]:
        assert y == f"{-coin(float(x)) / 10:.4f}"
    floor = f"{-coin(0.7) / 10:.4f}"
    assert f"$H(\\tilde p)={floor}$" in source
    assert f"(axis cs:0.2,{floor}) -- (axis cs:1,{floor});" in source
    for theta in (0.4, 0.9):
        assert f"(axis cs:{theta},{floor}) -- (axis cs:{theta},{-coin(theta) / 10:.4f});" in source
        assert f"KL}}={divergence([0.7, 0.3], [theta, 1 - theta]):.4f}$" in source
    assert rf"\fill (axis cs:0.7,{floor})" in source


def test_figure_smoothing() -> None:
    """The bars of the smoothing figure are the estimates after the history of the example."""
    for mark, model in (("MLE", mle), ("add-one", add_one)):
        bars = NOTE.plots("mle-smoothing")[mark]
        assert [v for v, _ in bars] == VOCABULARY
        for token, height in bars:
            value = float(model("我", token))
            assert height == (f"{value:.4f}" if value else "0")
    assert f"{{axis cs:我,{1 / len(VOCABULARY):.4f}}}); % uniform" in NOTE.figure("mle-smoothing")
    assert NOTE.figure("mle-smoothing").count(f"{{axis cs:我,{1 / len(VOCABULARY):.4f}}}") == 2
    assert f"均匀分布 $1/{len(VOCABULARY)}$" in NOTE.figure("mle-smoothing")


def test_figure_gradient() -> None:
    """The bars of the gradient figure are the prediction, the target and their difference."""
    p = softmax([1.0, 2.0, 0.0])
    target = [1.0, 0.0, 0.0]
    names = ["读书", "喝茶", "EOS"]
    gradient = [a - b for a, b in zip(p, target, strict=True)]
    for mark, values, digits in (("p", p, 4), ("y", target, 0), ("grad", gradient, 4)):
        bars = [(v, f"{x:.{digits}f}") for v, x in zip(names, values, strict=True)]
        assert NOTE.plots("mle-gradient")[mark] == bars
