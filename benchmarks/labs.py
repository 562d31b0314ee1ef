"""How fast do labs answer?

Run:  python benchmarks/labs.py              kernel time from a moved control to the new picture, a few seconds
      python benchmarks/labs.py --browser    also from a key press to the changed picture in JupyterLab, about a minute

Kernel time is wall-clock time of everything that happens between a new value and a new PNG, read-out and missions:
under 30 ms for labs that draw, 60 ms for those that fit a model on every move. In the browser, under 100 ms from the
key to the frame that shows the picture. Where other programs run, the processor's time says what the kernel needs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlmed_teach import labs
from mlmed_teach.labs.controls import Choice, Number, Press, Switch, Typed, Upload

ROOT = Path(__file__).resolve().parent.parent
MOVES, PRESSES = 200, 40

# Time from a key to the first frame after the new picture was loaded.
_WATCH = """root => {
  const image = root.querySelector('img'), times = [];
  let pressed = null;
  root.addEventListener('keydown', () => { pressed = performance.now(); }, true);
  image.addEventListener('load', () => requestAnimationFrame(() => {
    if (pressed !== null) { times.push(performance.now() - pressed); pressed = null; }
  }));
  root.times = times;
}"""


def kernel_times(name: str, clock: Callable[[], float]) -> np.ndarray:
    """Milliseconds of MOVES moves by a clock: each control in turn, to any of its values."""
    lab = getattr(labs, name)()
    rng = np.random.default_rng(1)
    times = []
    while len(times) < MOVES:
        for control, ask in lab.asks.items():
            widget = lab.controls[control]
            if isinstance(ask, Typed | Upload):
                continue
            if isinstance(ask, Press):
                start = clock()
                widget.click()
            else:
                value = another(ask, widget.value, rng)
                start = clock()
                widget.value = value
            times.append(1e3 * (clock() - start))
    return np.array(times)


def another(ask: Number | Choice | Switch, value: object, rng: np.random.Generator) -> object:
    """A value of a control that it does not have."""
    if isinstance(ask, Switch):
        return not value
    if isinstance(ask, Choice):
        others = [option for option in ask.options.values() if option != value]
        return others[rng.integers(len(others))]
    while (new := ask.nearest(rng.uniform(ask.low, ask.high))) == value:
        pass
    return new


def browser_times() -> dict[str, np.ndarray]:
    """Milliseconds of PRESSES presses of an arrow key in the first number box of each lab."""
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    import browser_tools
    from lab_view import LabView

    with (
        tempfile.TemporaryDirectory() as folder,
        browser_tools.running(Path(folder)) as server,
        browser_tools.chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        sources = ["import mlmed_teach as mt", *(f"mt.labs.{name}()" for name in labs.__all__)]
        browser_tools.open_notebook(page, server.url(server.write("labs.ipynb", sources)))
        assert browser_tools.faults(browser_tools.run(page)) == []
        views = [LabView(page, getattr(labs, name)()) for name in labs.__all__]
        # A lab of a learner's own data moves when it is told to run, and has no number to step.
        return {
            v.expected.name: presses(v) for v in views if any(isinstance(a, Number) for a in v.expected.asks.values())
        }


def presses(view) -> np.ndarray:
    """Times of single presses, each after the picture before it was shown; the first three are not counted."""
    view.settle()
    view.root.evaluate(_WATCH)
    name = next(name for name, ask in view.expected.asks.items() if isinstance(ask, Number))
    view.control(name).focus()
    for count in range(PRESSES + 3):
        view.page.keyboard.press("ArrowUp" if count % 2 else "ArrowDown")
        view.page.wait_for_function("([root, n]) => root.times.length > n", arg=[view.root.element_handle(), count])
    return np.array(view.root.evaluate("root => root.times"))[3:]


def report(title: str, times: dict[str, np.ndarray]) -> None:
    print(f"{title:<44}{'median':>8}{'90%':>8}{'largest':>9}")
    for name, values in times.items():
        print(f"  {name:<42}{np.median(values):>8.1f}{np.percentile(values, 90):>8.1f}{values.max():>9.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", action="store_true", help="also in JupyterLab, with Debian's chromium")
    arguments = parser.parse_args()
    for title, clock in (
        ("a move, ms in the kernel", time.perf_counter),
        ("the same, ms of processor", time.process_time),
    ):
        report(title, {name: kernel_times(name, clock) for name in labs.__all__})
    if arguments.browser:
        report("from key to picture, ms in JupyterLab", browser_times())
