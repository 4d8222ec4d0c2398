"""A run -> docs/bench.svg: wall and processor time against the number of notes. The same run gives the same bytes."""

from __future__ import annotations

import io

import matplotlib as mpl
from matplotlib.figure import Figure

from .report import TITLES
from .results import Run

# Told apart also where colours are not (Okabe and Ito).
_STYLES = {
    "notepress": ("#0072b2", "o", "-"),
    "pandoc": ("#999999", "v", ":"),
    "latexmk": ("#d55e00", "s", "--"),
    "typst": ("#009e73", "^", "-."),
}


def plot(run: Run) -> bytes:
    """Return the plot as SVG."""
    # Without a salt the ids in the file are random; text as text keeps it small and searchable.
    with mpl.rc_context({"svg.hashsalt": "notepress", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8.4, 3.6), layout="constrained")
        panels = figure.subplots(1, 2)
        for panel, what, title in zip(panels, ("wall", "cpu"), ("wall time, s", "processor time, s"), strict=True):
            for system, (color, marker, line) in _STYLES.items():
                sizes = [size for size in run.sizes("cold") if run.find(system, "cold", size)]
                found = [run.find(system, "cold", size) for size in sizes]
                values = [result.median(what) for result in found if result]
                if values:
                    panel.plot(sizes, values, color=color, marker=marker, linestyle=line, label=TITLES[system])
            panel.set(title=f"cold build: {title}", xlabel="notes", xlim=(0, None), ylim=(0, None))
            panel.grid(visible=True, alpha=0.3)
            panel.spines[["top", "right"]].set_visible(False)
        panels[0].legend(frameon=False)
        image = io.BytesIO()
        # The date would make each file another.
        figure.savefig(image, format="svg", metadata={"Date": None, "Creator": None})
    return image.getvalue()
