"""Recompute every worked number of the note on the n-th order Markov assumption."""

import math
import re
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise, product

from tests.numbers.printing import scientific
from tests.numbers.reading import WorkedNote

NOTE = WorkedNote("01-语言模型基础/01-n阶马尔可夫假设.md")
TEXT = NOTE.text

BOS = "BOS"
EOS = "EOS"
CORPUS_TOKENS = 10**13


def read_corpus() -> list[list[str]]:
    """Read the segmented sentences from the note's numbered list."""
    return [line.split(" / ") for line in re.findall(r"^\d+\. (.+)$", TEXT, re.MULTILINE)]


CORPUS = read_corpus()
VOCABULARY = sorted({token for sentence in CORPUS for token in sentence})
V = len(VOCABULARY)
PAIRS: Counter[tuple[str, str]] = Counter(pair for sentence in CORPUS for pair in pairwise([BOS, *sentence, EOS]))
TOTALS: Counter[str] = Counter()
for (_left, _right), _count in PAIRS.items():
    TOTALS[_left] += _count


def bigram(left: str, right: str, k: Fraction = Fraction(0)) -> Fraction:
    """Return the add-k estimate of P(right | left); k = 0 is the maximum likelihood estimate."""
    return (PAIRS[left, right] + k) / (TOTALS[left] + k * (V + 1))


def factors(sentence: list[str], k: Fraction = Fraction(0)) -> list[Fraction]:
    """Return the conditional probabilities along a sentence, the end token included."""
    return [bigram(left, right, k) for left, right in pairwise([BOS, *sentence, EOS])]


def probability(sentence: list[str], k: Fraction = Fraction(0)) -> Fraction:
    """Return the probability of a sentence, the end token included."""
    return math.prod(factors(sentence, k), start=Fraction(1))


def perplexity(sentence: list[str], k: Fraction = Fraction(0)) -> float:
    """Return the perplexity of a sentence of positive probability."""
    return float(float(probability(sentence, k)) ** (-1 / (len(sentence) + 1)))


def free_parameters(order: int, size: int) -> int:
    """Count contexts (padded with BOS on the left) times the free outcomes of each."""
    return int(sum(size**real for real in range(order + 1)) * size)


def tex_fraction(value: Fraction) -> str:
    """Write a fraction as the note does in formulas, whole numbers plainly."""
    if value.denominator == 1:
        return str(value.numerator)
    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


def tex_product(values: list[Fraction]) -> str:
    """Write a product of fractions as the note does."""
    return r"\times".join((" " if i and v.denominator == 1 else "") + tex_fraction(v) for i, v in enumerate(values))


def spaced(value: float) -> str:
    """A number in scientific notation, with the space that this note has in front of the power."""
    return scientific(value).replace(r"\times", r"\times ")


def survival(steps: int) -> list[Fraction]:
    """Return r_0 .. r_steps: the probability that the end token has not been met after T tokens."""
    mass = {word: bigram(BOS, word) for word in VOCABULARY}
    result = [Fraction(1)]
    for _ in range(steps):
        result.append(sum(mass.values(), start=Fraction(0)))
        mass = {
            word: sum((mass[left] * bigram(left, word) for left in VOCABULARY), start=Fraction(0))
            for word in VOCABULARY
        }
    return result


def length_mass(length: int) -> Fraction:
    """Sum the probabilities of all sentences of one length by listing every one of them."""
    return sum((probability(list(words)) for words in product(VOCABULARY, repeat=length)), start=Fraction(0))


def test_exact_model_parameter_count() -> None:
    """The full conditional table has V^T - 1 free numbers and the corpus covers the stated share."""
    assert sum(4 ** (t - 1) * 3 for t in range(1, 8)) == 4**7 - 1
    match = NOTE.found(r"取 \$V=(\d+)\$、\$T=(\d+)\$，得 \$V\^T-1\\approx ([^$]+)\$")
    size, length = int(match[1]), int(match[2])
    assert match[3] == spaced(float(size**length - 1))
    assert rf"语料有 $10^{{{round(math.log10(CORPUS_TOKENS))}}}$ 个词元" in TEXT
    assert f"也只碰到其中的 ${spaced(CORPUS_TOKENS / size**length)}$" in TEXT
    assert f"从没见过的长为 {length} 的片段" in TEXT
    assert (size, length) == (50000, 10)


def test_dependency_figure_counts_arrows() -> None:
    """The figure draws, and the text states, sum over t of min(t - 1, n) arrows for five tokens."""
    source = NOTE.figure("ngram-dependency")
    expected: list[int] = []
    for row, order in (("a", 5), ("b", 1), ("c", 2)):
        drawn = re.findall(rf"\\draw\[(dep|hot)\] \({row}(\d)\) .*?\({row}(\d)\);", source)
        wanted = {(s, t) for t in range(1, 6) for s in range(max(1, t - order), t)}
        assert sorted((int(s), int(t)) for _, s, t in drawn) == sorted(wanted)
        assert all((style == "hot") == (t == "5") for style, _, t in drawn)
        expected.append(sum(min(t - 1, order) for t in range(1, 6)))
    assert [int(x) for x in re.findall(r"(\d+) 条箭头", source)] == expected
    assert "各有 {}、{}、{} 条箭头".format(*expected) in TEXT


def test_order_and_gram_names_differ_by_one() -> None:
    """Order n is the (n+1)-gram in the table, the convention and the first question."""
    names = {1: "unigram", 2: "bigram", 3: "trigram", 4: "4-gram"}
    rows = NOTE.table("| 阶数 $n$ |")
    assert [row[1] for row in rows] == [names[int(row[0]) + 1] for row in rows]
    assert "对应 $(n+1)$-gram" in TEXT
    assert "对应的是 $n-1$ 阶" in TEXT


def test_parameter_table() -> None:
    """The table's counts equal contexts times free outcomes for both vocabularies."""
    rows = NOTE.table("| 阶数 $n$ |")
    assert [int(row[0]) for row in rows] == [0, 1, 2, 3]
    assert f"| $V={V}$ 时的 $M_n$ | $V=50000$ 时的 $M_n$ |" in TEXT
    assert "4-gram 是几阶？$V=50000$" in TEXT
    for row in rows:
        order = int(row[0])
        assert free_parameters(order, V) == sum(V**j for j in range(1, order + 2))
        assert row[2] == str(free_parameters(order, V))
        assert row[3] == f"${spaced(float(free_parameters(order, 50000)))}$"
    assert f"三阶，$M_3\\approx {spaced(float(free_parameters(3, 50000)))}$" in TEXT


def test_parameter_count_matches_listed_contexts() -> None:
    """Listing the padded contexts one by one gives the closed formula for M_n."""
    for order in range(4):
        contexts = {
            (BOS,) * (order - real) + words for real in range(order + 1) for words in product(VOCABULARY, repeat=real)
        }
        assert len(contexts) * V == free_parameters(order, V)


def test_parameter_figure_data() -> None:
    """Each plotted point is M_n to seven digits, and the corpus line is where the text says."""
    source = NOTE.figure("ngram-params")
    curves = re.findall(r"coordinates \{\s*(\(0,.*?)\};\s*\\addlegendentry\{\$V=(\d+)\$", source, re.DOTALL)
    assert [int(size) for _, size in curves] == [50000, 5000, V]
    for points, size in curves:
        pairs = re.findall(r"\((\d),([\d.]+)e(\d+)\)", points)
        assert [int(n) for n, _, _ in pairs] == list(range(6))
        for n, mantissa, exponent in pairs:
            exact, power = f"{float(free_parameters(int(n), int(size))):.6e}".split("e+")
            assert (mantissa, int(exponent)) == (exact, int(power))
    assert [float(y) for y in re.findall(r",(1e13)\)", source)] == [float(CORPUS_TOKENS)] * 2
    crossing = next(n for n in range(6) if free_parameters(n, 50000) > CORPUS_TOKENS)
    assert f"$V=50000$ 的曲线在 $n={crossing}$ 就越过了语料规模" in TEXT
    assert "点划线是含 $10^{13}$ 个词元的语料" in TEXT
    assert "{$10^{13}$ 个词元的语料}" in source


def test_counts_table() -> None:
    """The table's counts and estimates are those of the four listed sentences."""
    assert f"语料四句，已经切好，$V={V}$：" in TEXT
    assert len(CORPUS) == 4
    assert f"四句共 {sum(PAIRS.values())} 次" in TEXT
    assert {len(sentence) + 1 for sentence in CORPUS} == {4}
    assert "有 4 次转移" in TEXT
    rows = NOTE.table("| 条件 $u$ |")
    assert {row[0] for row in rows} == set(TOTALS)
    for left, counts, total, estimates in rows:
        printed = {cell.split(" ")[0]: int(cell.split(" ")[1]) for cell in counts.split("，")}
        assert printed == {right: n for (u, right), n in PAIRS.items() if u == left}
        assert int(total) == TOTALS[left]
        shares = {cell.split(" ")[0]: Fraction(cell.split(" ")[1]) for cell in estimates.split("，")}
        assert shares == {right: bigram(left, right) for right in printed}
        assert sum(shares.values()) == 1
    assert [int(number) for number in re.findall(r"^(\d)\. .+ / ", TEXT, re.MULTILINE)] == [1, 2, 3, 4]


def test_transition_figure() -> None:
    """The diagram has one arrow per bigram with its estimate, and the thick path is the new sentence."""
    source = NOTE.figure("ngram-transition")
    labels = dict(re.findall(r"\\node\[[wb]\] \((\w+)\) at \([^)]*\) \{(.+?)\};", source))
    edges = re.findall(r"\\draw\[(e|hot)\] \((\w+)\) .*?\{([\d/]+)\} \((\w+)\);", source)
    assert source.count(r"\draw") == len(edges)
    drawn = {(labels[u], labels[v]): Fraction(p) for _, u, p, v in edges}
    assert len(drawn) == len(edges)
    assert drawn == {pair: bigram(*pair) for pair in PAIRS}
    thick = {(labels[u], labels[v]) for style, u, _, v in edges if style == "hot"}
    assert thick == set(pairwise([BOS, "我", "喜欢", "鱼", EOS]))


def test_new_sentence_probability() -> None:
    """The new sentence is unseen and its probability is the printed product."""
    sentence = ["我", "喜欢", "鱼"]
    assert sentence not in CORPUS
    value = probability(sentence)
    formula = (
        rf"\hat{{P}}(\text{{我喜欢鱼}})={tex_product(factors(sentence))}"
        rf"={tex_fraction(value)}\approx {float(value):.4f}."
    )
    assert formula in TEXT


def test_log_probability_and_perplexity() -> None:
    """The logarithms add up to the printed sum and lead to the printed perplexity."""
    sentence = ["我", "喜欢", "鱼"]
    logs = [math.log2(f) for f in factors(sentence)]
    total = sum(logs)
    printed = "".join(f"{x:.4f}" for x in logs[:-1])
    assert logs[-1] == 0
    assert rf"\log_2\hat{{P}}={printed}+0={total:.4f}." in TEXT
    mean = -total / len(logs)
    ppl = perplexity(sentence)
    assert math.isclose(ppl, 2**mean)
    assert rf"=2^{{{-total:.4f}/{len(logs)}}}\approx 2^{{{mean:.4f}}}\approx {ppl:.4f}." in TEXT
    assert f"预测了 $T+1={len(logs)}$ 次" in TEXT
    assert f"\\hat{{P}}^{{-1/{len(logs)}}}=6" in TEXT
    root = 1 / probability(sentence)
    assert rf"6^{{1/4}}$，而 $\sqrt{{{root}}}\approx {math.sqrt(root):.4f}$，再开一次方得 {ppl:.4f}" in TEXT
    assert rf"$\ln 2\approx {math.log(2):.4f}$" in TEXT
    assert "取以 2 为底" in TEXT
    assert rf"\mathrm{{PPL}}=2^{{-(\log_2\hat{{P}})/(T+1)}}=2^{{{-total:.4f}/{len(logs)}}}" in TEXT


def test_survival_probabilities() -> None:
    """The printed r_T and the steps that lead to them follow from the transition table."""
    r = survival(12)
    second_like = bigram(BOS, "我") * bigram("我", "喜欢") + bigram(BOS, "猫") * bigram("猫", "喜欢")
    second_keep = bigram(BOS, "我") * bigram("我", "养")
    third_cat = second_like * bigram("喜欢", "猫") + second_keep * bigram("养", "猫")
    assert r[1] == 1
    assert "$r_1=1$" in TEXT
    stop = [bigram(BOS, "猫"), bigram("猫", EOS)]
    assert f"只有“猫”一条路，${tex_product(stop)}={tex_fraction(1 - r[2])}$" in TEXT
    assert f"故 $r_2={tex_fraction(r[2])}$" in TEXT
    assert f"$r_3={tex_fraction(r[3])}$" in TEXT
    like_one = tex_product([bigram(BOS, "我"), bigram("我", "喜欢")])
    like_two = tex_product([bigram(BOS, "猫"), bigram("猫", "喜欢")])
    assert f"第 2 位是“喜欢”的概率为 ${like_one}+{like_two}={tex_fraction(second_like)}$" in TEXT
    keep = tex_product([bigram(BOS, "我"), bigram("我", "养")])
    assert f"是“养”的概率为 ${keep}={tex_fraction(second_keep)}$" in TEXT
    cat_one = tex_product([second_like, bigram("喜欢", "猫")])
    cat_two = tex_product([second_keep, bigram("养", "猫")])
    assert f"第 3 位是“猫”的概率为 ${cat_one}+{cat_two}={tex_fraction(third_cat)}$" in TEXT
    fourth = tex_product([third_cat, bigram("猫", "喜欢")])
    assert f"$r_4={fourth}={tex_fraction(r[4])}$" in TEXT
    assert f"$r_5={tex_fraction(r[5])}$" in TEXT
    loop = [bigram("喜欢", "猫"), bigram("猫", "喜欢")]
    ratio = math.prod(loop, start=Fraction(1))
    assert all(r[t + 2] == r[t] * ratio for t in range(4, 11))
    assert f"每两步乘以 ${tex_fraction(ratio)}$" in TEXT
    assert f"${tex_product(loop)}$）" in TEXT


def test_length_distribution_table() -> None:
    """The mass of each sentence length is r_T - r_{T+1} and the printed totals accumulate towards one."""
    r = survival(60)
    for length in range(6):
        assert length_mass(length) == r[length] - r[length + 1]
    rows = NOTE.table("| 句长 $T$ |")
    assert [int(row[0]) for row in rows] == [1, 3, 5, 7]
    cumulative = Fraction(0)
    for row in rows:
        mass = r[int(row[0])] - r[int(row[0]) + 1]
        cumulative += mass
        assert row[1] == str(mass)
        assert row[2] == f"{float(mass):.4f}"
        assert row[3] == f"{float(cumulative):.4f}"
        assert cumulative == 1 - r[int(row[0]) + 1]
    assert all(r[t] == r[t + 1] for t in range(0, 59, 2))
    assert r[60] < Fraction(1, 10**20)
    assert "偶数长度的概率都是零，累计趋于 1，" in TEXT


def test_every_reachable_word_can_end() -> None:
    """Every word of the corpus has a positive path to the end token of at most V steps, none before."""
    can_end = {EOS}
    for _ in range(V):
        can_end |= {left for (left, right) in PAIRS if right in can_end}
    assert set(VOCABULARY) <= can_end


def test_zero_probability_sentence() -> None:
    """The sentence with one unseen bigram gets probability exactly zero."""
    sentence = ["我", "养", "鱼"]
    assert probability(sentence) == 0
    assert rf"\hat{{P}}(\text{{我养鱼}})={tex_product(factors(sentence))}=0.".replace("s0", "s 0") in TEXT


def test_add_one_formula() -> None:
    """The add-one product is printed with its counts, its reduced factors and its value."""
    sentence = ["我", "养", "鱼"]
    steps = list(pairwise([BOS, *sentence, EOS]))
    raw = r"\times".join(rf"\frac{{{PAIRS[p]}+1}}{{{TOTALS[p[0]]}+{V + 1}}}" for p in steps)
    value = probability(sentence, Fraction(1))
    assert rf"P_1(\text{{我养鱼}})&={raw}\\" in TEXT
    reduced = tex_product(factors(sentence, Fraction(1)))
    assert rf"&={reduced}={tex_fraction(value)}\approx {float(value):.4f}." in TEXT
    assert f"$k(V+1)={V + 1}$" in TEXT
    seen = PAIRS["养", "猫"] + 1
    row_total = TOTALS["养"] + V + 1
    assert f"“猫”得 {seen}/{row_total}，其余六个候选各得 1/{row_total}，和是 1" in TEXT
    assert sum(bigram("养", right, Fraction(1)) for right in [*VOCABULARY, EOS]) == 1


def test_smoothing_table() -> None:
    """Each row of the smoothing table is the add-k probability and perplexity of both sentences."""
    rows = NOTE.table("| $k$ |")
    assert [row[0] for row in rows] == ["0", "0.1", "1"]
    for row in rows:
        k = Fraction(row[0])
        for column, sentence in ((1, ["我", "养", "鱼"]), (3, ["我", "喜欢", "鱼"])):
            value = probability(sentence, k)
            if value == 0:
                assert row[column : column + 2] == ["0", r"$\infty$"]
            else:
                assert row[column] == f"{float(value):.4f}"
                assert row[column + 1] == f"{perplexity(sentence, k):.4f}"
    before, after = (float(probability(["我", "喜欢", "鱼"], Fraction(k))) for k in (0, 1))
    assert f"从 {before:.4f} 跌到 {after:.4f}" in TEXT


def test_add_k_is_a_mixture_with_the_uniform_distribution() -> None:
    """The add-k estimate is a weighted mean of the frequency and the uniform distribution."""
    for k in (Fraction(1, 10), Fraction(1)):
        for left in TOTALS:
            weight = TOTALS[left] / (TOTALS[left] + k * (V + 1))
            for right in [*VOCABULARY, EOS]:
                mixed = weight * bigram(left, right) + (1 - weight) * Fraction(1, V + 1)
                assert mixed == bigram(left, right, k)
    toy = Fraction(TOTALS["养"], TOTALS["养"] + V + 1)
    assert f"$k=1$ 时 $\\lambda_u={tex_fraction(toy)}$，八分之七" in TEXT
    assert 1 - toy == Fraction(7, 8)
    match = NOTE.found(r"\$V=(\d+)\$，一个见过 (\d+) 次的词元，\$\\lambda_u\\approx ([\d.]+)\$")
    size, seen = int(match[1]), int(match[2])
    assert size == 50000
    assert f"“养”只见过 {TOTALS['养']} 次" in TEXT
    assert match[3] == f"{seen / (seen + size + 1):.4f}"
    assert seen == 100
    assert "仍取 $k=1$：" in TEXT


def joint(agree: float) -> dict[tuple[str, str], float]:
    """Return the joint distribution of the first and the fifth token in the agreement example."""
    return {
        ("因为", "所以"): agree / 2,
        ("因为", "但是"): (1 - agree) / 2,
        ("虽然", "所以"): (1 - agree) / 2,
        ("虽然", "但是"): agree / 2,
    }


def best_cross_entropy(agree: float, order: int) -> float:
    """Return H(w_5 | last n tokens) in bits by summing over the joint distribution."""
    cells: defaultdict[tuple[tuple[str, ...], str], float] = defaultdict(float)
    contexts: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for (first, last), p in joint(agree).items():
        context = (first, "他", "病", "了")[4 - order :]
        cells[context, last] += p
        contexts[context] += p
    return -sum(p * math.log2(p / contexts[c]) for (c, _), p in cells.items() if p > 0)


def test_conditional_mutual_information_example() -> None:
    """The printed information, entropy and perplexity follow from the 0.9 agreement table."""
    assert "以 0.9 的概率是“所以”、0.1 是“但是”" in TEXT
    gain, loss = math.log2(0.9 / 0.5), math.log2(0.1 / 0.5)
    information = sum(p * math.log2(p / 0.25) for p in joint(0.9).values())
    assert math.isclose(information, 0.9 * gain + 0.1 * loss)
    assert r"&=0.9\log_2\frac{0.9}{0.5}+0.1\log_2\frac{0.1}{0.5}\\" in TEXT
    assert r"$n=3$：$P(x\mid a)=\frac{1}{2}$" in TEXT
    assert "两数相加恰是 1 比特" in TEXT
    assert rf"0.9\times {gain:.4f}+0.1\times({loss:.4f})\approx {information:.4f},\\" in TEXT
    entropy = best_cross_entropy(0.9, 4)
    assert rf"-0.9\log_2 0.9-0.1\log_2 0.1\approx {entropy:.4f}." in TEXT
    assert math.isclose(best_cross_entropy(0.9, 3) - entropy, information)
    assert math.isclose(information + entropy, 1)
    assert rf"$2^{{{entropy:.4f}}}\approx {2**entropy:.4f}$ 升到 2" in TEXT
    assert math.isclose(2 ** best_cross_entropy(0.9, 3), 2)


def test_window_figure() -> None:
    """Each window spans exactly the last n tokens and shows the lowest cross-entropy reachable with it."""
    source = NOTE.figure("ngram-window")
    labels = re.findall(r"\{\$n=(\d)\$\};\s*\\node\[lab\] at \([^)]*\) \{([\d.]+)\};", source)
    assert [int(n) for n, _ in labels] == [1, 2, 3, 4]
    blind = [n for n in (1, 2, 3, 4) if math.isclose(best_cross_entropy(0.9, n), 1)]
    assert f"$n\\le {blind[-1]}$ 的窗口" in TEXT
    for n, printed in labels:
        assert printed == f"{best_cross_entropy(0.9, int(n)):.4f}"
    spans = re.findall(r"\\draw\[win.*?\] \(([-\d.]+),[-\d.]+\) -- \(([-\d.]+),", source)
    centres = [float(x) for x in re.findall(r"\(w\d\) at \(([\d.]+),0\)", source)]
    assert len(spans) == 4
    assert len(centres) == 5
    for n, (left, right) in enumerate(spans, start=1):
        inside = [i for i, x in enumerate(centres, start=1) if float(left) < x < float(right)]
        assert inside == list(range(5 - n, 5))


def test_gap_decomposition() -> None:
    """Cross-entropy is entropy plus conditional mutual information plus the divergence of the estimate."""
    q = {"所以": 0.7, "但是": 0.3}
    cross = -sum(p * math.log2(q[last]) for (_, last), p in joint(0.9).items())
    information = best_cross_entropy(0.9, 3) - best_cross_entropy(0.9, 4)
    divergence = sum(0.5 * math.log2(0.5 / q[last]) for last in q)
    assert math.isclose(cross, best_cross_entropy(0.9, 4) + information + divergence)


def test_question_about_missing_end_token() -> None:
    """Without the end token the row of 猫 holds one continuation and two rows hold no data."""
    inner = Counter(pair for sentence in CORPUS for pair in pairwise(sentence))
    assert {pair: n for pair, n in inner.items() if pair[0] == "猫"} == {("猫", "喜欢"): 1}
    assert not {left for left, _ in inner} & {"狗", "鱼"}
    assert r"$\hat{P}(\text{喜欢}\mid\text{猫})=1$" in TEXT


def test_question_about_looping_sentence() -> None:
    """The looping sentence has the printed probability, factor by factor."""
    sentence = ["我", "喜欢", "猫", "喜欢", "狗"]
    value = probability(sentence)
    shown = f"${tex_product(factors(sentence))}={tex_fraction(value)}\\approx {float(value):.4f}$"
    assert shown in TEXT


def test_question_about_agreement_strength() -> None:
    """The cost is zero bits at agreement 0.5 and one bit at agreement 1."""
    costs = [best_cross_entropy(a, 3) - best_cross_entropy(a, 4) for a in (0.5, 1.0)]
    assert math.isclose(costs[0], 0, abs_tol=1e-12)
    assert math.isclose(costs[1], 1)
    assert "0.9 改成 0.5 或 1，$n=3$ 的代价" in TEXT
    assert "0.5 时 $w_1$ 与 $w_5$ 无关，代价是 0；" in TEXT
    assert "为 1 时 $w_1$ 完全决定 $w_5$，代价是 1 比特" in TEXT
