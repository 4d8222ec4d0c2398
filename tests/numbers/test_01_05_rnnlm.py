"""Recompute every worked number of the note on teacher forcing and scheduled sampling, and its figures."""

import itertools
import math
import re
from collections.abc import Callable

import pytest

from tests.numbers.algebra import divergence, logistic, slope
from tests.numbers.reading import NUMBER, WorkedNote, found

NOTE = WorkedNote("01-语言模型基础/05-解构RNN语言模型.md")
TEXT = NOTE.text


def numbered(figure: str, plot: str) -> dict[float, str]:
    """Coordinates of a plot: the abscissa as a number, the ordinate as printed."""
    return {float(x): y for x, y in NOTE.plots(figure)[plot]}


def wrong(eps: float, back: float, steps: int, kept: float = 1.0) -> list[float]:
    """Probability of a wrong token at each step, by recursion; `kept` is the share that is fed back."""
    p, out = 0.0, []
    for _ in range(steps):
        p = kept * (eps * (1 - p) + (1 - back) * p)
        out.append(p)
    return out


BARK = NOTE.section("## 同一个损失，两种下场", ":::")
MODELS = {name: (float(a), float(b)) for name, a, b in NOTE.table("| | 读到“汪”")}


def test_equal_loss_unequal_errors() -> None:
    """Both bigram models have the printed loss on the data, and the printed numbers of errors when they run freely."""
    (good, back), (same, slow) = MODELS["模型甲"], MODELS["模型乙"]
    assert good == same
    steps = int(found(r"\$T=(\d)\$", BARK)[1])
    loss = -steps * math.log(good)
    assert rf"$-{steps}\ln{good:g}={loss:.4f}$" in BARK
    assert f"$1/{good:g}={math.exp(loss / steps):.4f}$" in BARK
    first, second = wrong(1 - good, back, steps), wrong(1 - good, slow, steps)
    assert first == pytest.approx([1 - good] * steps)
    assert f"甲每步都是 ${first[0]:g}$，四步平均写错 ${sum(first):g}$ 个" in BARK
    rule = rf"{1 - good:.1f}\,(1-p_{{t-1}})+{1 - slow:.1f}\,p_{{t-1}}={1 - good:.1f}+{good - slow:.1f}\,p_{{t-1}}"
    assert rf"p_t={rule}," in BARK
    assert r"依次得 $" + r",\ ".join(f"{p:.4g}" for p in second) + f"$，合计 ${sum(second):.4f}$ 个" in BARK
    assert f"是甲的 ${sum(second) / sum(first):.4g}$ 倍" in BARK
    assert "$P$ 把概率 1 全给“汪”" in BARK
    assert "$p_0=0$" in BARK
    assert "狗一直叫“" + "汪" * (steps + 1) + "”" in BARK


def test_errors_by_enumeration() -> None:
    """Summing over all sixteen texts gives the same expected number of errors as the recursion."""
    good, slow = MODELS["模型乙"]
    total = 0.0
    for text in itertools.product((0, 1), repeat=4):
        chance = 1.0
        for before, now in itertools.pairwise((0, *text)):
            right = slow if before else good
            chance *= 1 - right if now else right
        total += chance * sum(text)
    assert total == pytest.approx(sum(wrong(1 - good, slow, 4)))


def closed(eps: float, back: float, steps: int) -> float:
    """The closed form of the theorem for the expected number of errors."""
    lam = 1 - eps - back
    return eps / (eps + back) * (steps - lam * (1 - lam**steps) / (eps + back))


def test_closed_form_of_the_errors() -> None:
    """The theorem's closed form is the recursion, and stays below the quadratic bound when nothing recovers."""
    for eps, back, steps in itertools.product((0.01, 0.05, 0.3, 1.0), (0.0, 0.1, 0.7, 1.0), (1, 2, 7, 50)):
        assert closed(eps, back, steps) == pytest.approx(sum(wrong(eps, back, steps)))
    for eps, steps in itertools.product((0.001, 0.05, 0.5), (1, 5, 60)):
        assert closed(eps, 0.0, steps) <= eps * steps * (steps + 1) / 2 + 1e-12
    assert closed(1e-6, 0.0, 50) == pytest.approx(1e-6 * 50 * 51 / 2, rel=1e-4)
    assert closed(0.05, 0.95, 33) == pytest.approx(0.05 * 33)


def test_table_of_errors() -> None:
    """Every cell of the table is the expected number of errors, and the last column the slope in the long run."""
    eps = float(NOTE.found(r"取 \$\\varepsilon=([\d.]+)\$，即平均二十个词错一个")[1])
    assert 1 / eps == pytest.approx(20)
    head = NOTE.found(r"\n\| \$r\$ \|([^\n]*)长期斜率 \|")[1]
    lengths = [int(x) for x in re.findall(r"T=(\d+)", head)]
    rows = NOTE.table("| $r$ |")
    assert len(rows) == 4
    for back, *cells, limit in rows:
        assert cells == [f"{closed(eps, float(back), t):.2f}" for t in lengths]
        assert float(limit) == pytest.approx(eps / (eps + float(back)), abs=5e-5)
    low, high = (round(closed(eps, back, 100)) for back in (0.95, 0.0))
    assert f"写一百个词，错误从 ${low}$ 个到 ${high}$ 个" in TEXT


def test_figure_of_errors() -> None:
    """Every point of the four curves is the recursion's value, and each label stands at the end of its curve."""
    assert "四条曲线的单步错误率都是 0.05，" in TEXT
    for back in ("0", "0.1", "0.3", "0.95"):
        drawn = numbered("rnnlm-errors", f"r={back}")
        assert list(drawn) == list(range(0, 51, 5))
        assert all(y == f"{sum(wrong(0.05, float(back), int(t))):.4f}" for t, y in drawn.items())
        assert rf"\node[right] at (axis cs:50,{drawn[50.0]}) {{$r={back}$" in NOTE.figure("rnnlm-errors")


CELL = NOTE.found(r"\\tanh\(x_t\+([\d.]+)\\,h_\{t-1\}\).*?\\sigma\(([\d.]+)\\,h_t\)")
KEEP, SLOPE = float(CELL[1]), float(CELL[2])


def move(h: float, x: int) -> float:
    """One step of the scalar network."""
    return math.tanh(x + KEEP * h)


def chance(h: float) -> float:
    """Probability of the right token in a state."""
    return logistic(SLOPE * h)


def line(name: str, sign: str, before: float | None, now: float) -> str:
    """One printed row: the state from the one before, and the probability."""
    inner = sign if before is None else f"({sign}{KEEP * before:+.4f})"
    return rf"{name}&=\tanh{inner}={now:.4f}, & Q&={chance(now):.4f}"


def test_scalar_network_by_hand() -> None:
    """States and probabilities of the forced and of the failing run follow from the printed network."""
    states = [0.0]
    for _ in range(4):
        states.append(move(states[-1], 1))
    assert line("h_1", "1", None, states[1]) in TEXT
    for t in (2, 3, 4):
        assert line(f"h_{t}", "1", states[t - 1], states[t]) in TEXT
    second = move(states[1], -1)
    third = move(second, -1)
    assert line("h_2", "-1", states[1], second) in TEXT
    assert line("h_3", "-1", second, third) in TEXT
    loss = -sum(math.log(chance(h)) for h in states[1:])
    assert f"损失是四个 $-\\ln Q$ 之和 ${loss:.4f}$" in TEXT
    h, visited = states[1], []
    for _ in range(200):
        visited.append(h)
        h = move(h, 1)
    low, high = math.floor(100 * min(visited)) / 100, math.ceil(100 * max(visited)) / 100
    assert f"训练时状态始终在 ${low}$ 与 ${high}$ 之间" in TEXT
    assert (
        f"写对的概率从 ${chance(visited[-1]):.1f}$ 左右一下跌到 ${chance(second):.2f}$，再跌到 ${chance(third):.2f}$"
        in TEXT
    )
    assert "“汪”输入 $x=1$，“喵”输入 $x=-1$" in TEXT
    assert r"\qquad h_0=0," in TEXT
    assert "教师强制下 $x_t$ 恒为 $1$" in TEXT


def test_scalar_network_running_freely() -> None:
    """The expected errors over all texts, and those counted along the true prefixes, are as printed."""

    def expected(h: float, left: int) -> float:
        if not left:
            return 0.0
        q = chance(h)
        return q * expected(move(h, 1), left - 1) + (1 - q) * (1 + expected(move(h, -1), left - 1))

    def forced(steps: int) -> float:
        h, total = 0.0, 0.0
        for _ in range(steps):
            h = move(h, 1)
            total += 1 - chance(h)
        return total

    hit = NOTE.found(
        rf"自由运行写 \$(\d+)\$ 个词平均错 \$({NUMBER})\$ 个，而按真话前缀逐步累计只有 \$({NUMBER})\$ 个；"
        rf"写到 \$(\d+)\$ 个词，两个数是 \$({NUMBER})\$ 与 \$({NUMBER})\$，相差近四倍"
    )
    for steps, free, true in (hit.groups()[:3], hit.groups()[3:]):
        assert free == f"{expected(move(0.0, 1), int(steps)):.4f}"
        assert true == f"{forced(int(steps)):.4f}"
    assert 3.5 < float(hit[5]) / float(hit[6]) < 4


def test_figure_of_hidden_states() -> None:
    """Marks and shaded range are the states of the text, and the curve is the network's output."""
    source = NOTE.figure("rnnlm-hidden")
    assert f"1/(1+exp(-{SLOPE:g}*x))" in source
    states = [move(0.0, 1)]
    while len(states) < 4:
        states.append(move(states[-1], 1))
    off = [move(states[0], -1)]
    off.append(move(off[0], -1))
    for label, values in (("训练时", states), ("写错之后", off)):
        drawn = numbered("rnnlm-hidden", label)
        assert [f"{h:.4f}" for h in values] == [f"{x:.4f}" for x in drawn]
        assert list(drawn.values()) == [f"{chance(h):.4f}" for h in values]
    assert f"(axis cs:{states[0]:.4f},0) rectangle (axis cs:{states[3]:.4f}," in source


CHOICE = NOTE.found(
    r"取线性 \$k=(\d+)\$、\$c=([\d.]+)\$、\$\\beta_\{\\min\}=([\d.]+)\$，指数 \$k=([\d.]+)\$，反 sigmoid \$k=(\d+)\$"
)
K_LIN, C_LIN, FLOOR, K_EXP, K_INV = (float(x) for x in CHOICE.groups())
SCHEDULES: dict[str, Callable[[float], float]] = {
    "linear": lambda i: max(FLOOR, K_LIN - C_LIN * i),
    "exponential": lambda i: K_EXP**i,
    "inverse": lambda i: K_INV / (K_INV + math.exp(i / K_INV)),
}


def test_schedules() -> None:
    """The table, the half-way steps and the curves of the three schedules follow from their formulas."""
    steps = [int(x) for x in re.findall(r"\d+", NOTE.found(r"\n\| \$i\$ \|([^\n]*)\n")[1])]
    rows = NOTE.table("| $i$ |")
    assert [name for name, *_ in rows] == ["线性", "指数", "反 sigmoid"]
    for (_, *cells), schedule in zip(rows, SCHEDULES.values(), strict=True):
        assert cells == [f"{schedule(i):.4f}" for i in steps]
    halves = [(K_LIN - 0.5) / C_LIN, math.log(2) / -math.log(K_EXP), K_INV * math.log(K_INV)]
    for half, schedule in zip(halves, SCHEDULES.values(), strict=True):
        assert schedule(half) == pytest.approx(0.5)
    shown = [f"{halves[0]:.0f}", f"{halves[1]:.1f}", f"{halves[2]:.1f}"]
    assert "放手到一半分别在 " + "、".join(f"${x}$" for x in shown) + " 步" in TEXT
    for name, schedule in SCHEDULES.items():
        drawn = numbered("rnnlm-schedules", name)
        assert list(drawn) == list(range(0, 101, 5))
        assert all(y == f"{schedule(i):.4f}" for i, y in drawn.items())
    for i in (0.0, 7.0, 60.0):
        assert SCHEDULES["inverse"](i) == pytest.approx(logistic(math.log(K_INV) - i / K_INV))


def test_wrong_words_that_are_fed() -> None:
    """The share of wrong inputs under scheduled sampling obeys the printed recursion."""
    where = NOTE.section("**它补上了什么**", "## ")
    beta = float(found(r"取 \$\\beta=([\d.]+)\$", where)[1])
    good, slow = MODELS["模型乙"]
    assert rf"q_t={1 - beta:g}\left({1 - good:.1f}\,(1-q_{{t-1}})+{1 - slow:.1f}\,q_{{t-1}}\right)" in where
    shares = wrong(1 - good, slow, 3, kept=1 - beta)
    assert "得 " + "、".join(f"$q_{t}={q:.3g}$" for t, q in enumerate(shares, 1)) in where
    assert f"平均有 ${sum(shares):.3f}$ 个“喵”" in where
    assert "（$q_0=0$）" in where


def mixture(pairs: dict[str, float], beta: float) -> dict[str, float]:
    """Joint distribution of the optimum of scheduled sampling, from the distribution of two-token texts."""
    firsts, seconds = ({p[k] for p in pairs} for k in (0, 1))
    one = {a: sum(p for w, p in pairs.items() if w[0] == a) for a in firsts}
    two = {b: sum(p for w, p in pairs.items() if w[1] == b) for b in seconds}
    return {
        a + b: one[a] * (beta * pairs.get(a + b, 0.0) / one[a] + (1 - beta) * two[b]) for a in firsts for b in seconds
    }


FRUIT = {"香蕉": 0.5, "苹果": 0.5}


def test_scheduled_sampling_is_biased() -> None:
    """The optimum on the two fruits has the printed probabilities and divergences."""
    where = NOTE.section("## 香蕉与苹果", ":::")
    hit = found(rf"\$\\beta=([\d.]+)\$ 时是 \$({NUMBER})\$", where)
    joint = mixture(FRUIT, float(hit[1]))
    assert float(hit[2]) == joint["香蕉"] / 0.5
    assert f"“香蕉”“苹果”的概率各是 ${joint['香蕉']:g}$，“香果”“苹蕉”各是 ${joint['香果']:g}$" in where
    assert joint["苹果"] == joint["香蕉"]
    assert joint["苹蕉"] == joint["香果"]
    assert 2 * joint["香果"] == 1 / 4
    betas, values = found(r"\$\\beta=([^$]*)\$ 时分别是 \$([^$]*)\$", where).groups()
    for beta, value in zip(re.findall(NUMBER, betas), re.findall(NUMBER, values), strict=True):
        optimum = mixture(FRUIT, float(beta))
        gap = divergence(FRUIT.values(), [optimum[w] for w in FRUIT])
        assert float(value) == pytest.approx(gap, abs=5e-5)
        assert gap == pytest.approx(math.log(2 / (1 + float(beta))))
    second = sum(p for word, p in FRUIT.items() if word[1] == "蕉")
    assert second == 1 / 2
    assert mixture(FRUIT, 1.0)["香蕉"] / 0.5 == 1
    assert r"$P(\text{蕉}\mid\text{香})=1$，$P_2(\text{蕉})=1/2$" in where
    assert r"=\beta+\frac{1-\beta}{2}=\frac{1+\beta}{2}." in where
    assert mixture(FRUIT, 0.3)["香蕉"] / 0.5 == pytest.approx((1 + 0.3) / 2)
    assert r"\,Q)=\ln\frac{2}{1+\beta}$" in where


def test_keeping_only_what_was_sampled_right() -> None:
    """Sentences whose sampled first token is the true one keep P(b|a), whatever weights they get."""
    assert r"权重从 $P_1(a)$ 变成与 $P_1(a)Q_1(a)$ 成正比，条件分布 $P(b\mid a)$ 不变" in TEXT
    pairs, first = {"aa": 0.35, "ab": 0.15, "ba": 0.1, "bb": 0.4}, {"a": 0.8, "b": 0.2}
    kept = {w: p * first[w[0]] for w, p in pairs.items()}
    for a in "ab":
        before, after = (sum(v for w, v in table.items() if w[0] == a) for table in (pairs, kept))
        assert after == pytest.approx(before * first[a])
        assert all(kept[a + b] / after == pytest.approx(pairs[a + b] / before) for b in "ab")


def test_the_optimum_is_a_minimum() -> None:
    """No other conditional distribution has a smaller scheduled-sampling loss than the theorem's."""
    pairs, beta = {"aa": 0.35, "ab": 0.15, "ba": 0.1, "bb": 0.4}, 0.6
    one = {"a": 0.5, "b": 0.5}
    two = {"a": 0.45, "b": 0.55}

    def loss(of_a: float, of_b: float) -> float:
        q = {"aa": of_a, "ab": 1 - of_a, "ba": of_b, "bb": 1 - of_b}
        told = -sum(p * math.log(q[w]) for w, p in pairs.items())
        own = -sum(one[a] * two[b] * math.log(q[a + b]) for a in "ab" for b in "ab")
        return beta * told + (1 - beta) * own

    best = mixture(pairs, beta)
    here = loss(best["aa"] / 0.5, best["ba"] / 0.5)
    grid = [k / 200 for k in range(1, 200)]
    assert here <= min(loss(x, y) for x in grid for y in grid)


def test_gradients_of_reward_and_likelihood() -> None:
    """The two derivatives at a bad model are the printed ones, a hundredfold apart."""
    hit = NOTE.found(rf"当 \$q=({NUMBER})\$，[^$]*前者是 \$({NUMBER})\$，后者是 \$({NUMBER})\$，差一百倍")
    q, reward, likelihood = (float(x) for x in hit.groups())
    z = math.log(q / (1 - q))
    assert reward == pytest.approx(slope(logistic, z, 1e-6), rel=1e-6)
    assert likelihood == pytest.approx(slope(lambda x: math.log(logistic(x)), z, 1e-6), rel=1e-6)
    assert likelihood / reward == pytest.approx(100)
    estimate = q * (1 - 0.3) * (1 - q) + (1 - q) * (0 - 0.3) * (-q)
    assert estimate == pytest.approx(reward)
    assert "写“汪”得 1 分，写“喵”得 0 分" in TEXT
    assert r"\mathrm{d}J/\mathrm{d}z=q(1-q)$" in TEXT
    assert r"\mathrm{d}\ln q/\mathrm{d}z=1-q$" in TEXT
    assert (q * (1 - q), 1 - q) == pytest.approx((reward, likelihood))


def test_answers() -> None:
    """The numbers of the answers solve the equations of the questions."""
    eps = float(NOTE.found(rf"要使 \$\\varepsilon=({NUMBER})\$ 的模型在长期中每十个词只错一个")[1])
    rate, recover, half, less = (
        float(x)
        for x in NOTE.found(
            rf"令 \$\\varepsilon/\(\\varepsilon\+r\)=({NUMBER})\$，得 \$r=9\\varepsilon=({NUMBER})\$。"
            rf"把 \$\\varepsilon\$ 减半到 \$({NUMBER})\$，只需 \$r=({NUMBER})\$"
        ).groups()
    )
    assert rate == 1 / 10
    assert recover == pytest.approx(9 * eps)
    assert eps / (eps + recover) == pytest.approx(rate)
    assert half == eps / 2
    assert half / (half + less) == pytest.approx(rate)
    good, _ = MODELS["模型乙"]
    assert f"此后每步“汪”的概率 ${good}$ 最大" in TEXT
    assert good > 1 - good
    limit = NOTE.found(rf"要使 \$\\operatorname\{{KL\}}\(P\\,\\Vert\\,Q\)<({NUMBER})\$")[1]
    beta = NOTE.found(rf"\\frac\{{2\}}\{{1\+\\beta\}}<{limit}\$，即 \$\\beta>2e\^\{{-{limit}\}}-1=({NUMBER})\$")[1]
    assert math.log(2 / (1 + float(beta))) == pytest.approx(float(limit), abs=5e-5)
