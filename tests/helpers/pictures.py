"""Reading a picture: its texts, its legend, and whether all of it can be read."""

import matplotlib
import numpy as np
import pandas as pd


def texts(drawn):
    """All that is written in a picture, with plain minus signs."""
    found = [text.get_text() for text in figure_of(drawn).findobj(matplotlib.text.Text)]
    return [text.replace("\N{MINUS SIGN}", "-") for text in found if text]


def figure_of(drawn):
    return drawn if hasattr(drawn, "savefig") else drawn.figure


def colours(pixels):
    """How many different colours a picture has; one that is blank has one."""
    return len(np.unique(pixels.astype(np.uint32) @ np.array([2**16, 2**8, 1], dtype=np.uint32)))


def hidden(figure):
    """Texts that exist but are not drawn: of panels that are not shown, and of ticks beyond the limits."""
    found = set()
    for ax in figure.axes:
        if not ax.get_visible():
            found |= {id(text) for text in ax.findobj(matplotlib.text.Text)}
        for axis in (ax.xaxis, ax.yaxis):
            shown = axis._update_ticks() if ax.axison else []
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            found |= {id(text) for tick in ticks if tick not in shown for text in (tick.label1, tick.label2)}
            if not ax.axison:
                found.add(id(axis.label))
    return found


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def assert_readable(figure):
    """Nothing that is written is cut off at the edges of a picture of the usual width, or small."""
    figure.canvas.draw()
    assert figure.bbox.width == 700
    undrawn = hidden(figure)
    for text in figure.findobj(matplotlib.text.Text):
        if text.get_text() and text.get_visible() and id(text) not in undrawn:
            box = text.get_window_extent()
            assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text.get_text()
            assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text.get_text()
            assert text.get_fontsize() >= 10, text.get_text()


def predictions(clusters=100):
    rng = np.random.default_rng(1)
    values = {"indirect": rng.normal(0.3, 0.25, clusters), "indirect se": rng.uniform(0.1, 0.2, clusters)}
    return pd.DataFrame(values, index=pd.Index(range(1, clusters + 1), name="id"))


WITHIN = {"a": (0.6, 0.05), "b": (0.5, 0.04), "cprime": (0.2, 0.04), "cov_ab": (0.1, 0.03)}


BETWEEN = {"a": (0.3, 0.11), "b": (-0.1, 0.12), "cprime": (0.2, 0.1)}
