"""One lab on a page, as a learner without a mouse uses it."""

from __future__ import annotations

import base64
import io
import math
import re
import time

import browser_tools
import ipywidgets as widgets
import numpy as np
from PIL import Image

from mlmed_teach.labs.controls import Choice, Number, Press, Switch, Typed, Upload

_BYTES = """async image => {
  const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}"""

# All that a lab shows, but for the picture itself, at one moment.
_SHOWN = """lab => {
  const image = lab.querySelector('img'), texts = found => [...lab.querySelectorAll(found)].map(e => e.innerText);
  return {
    src: image.src, words: image.title, numbers: texts('tr > td'), tasks: texts('[role=status] li'),
    links: [...lab.querySelectorAll('a[download]')].map(a => a.getAttribute('href'))};
}"""


class LabView:
    """A lab in the browser beside a copy in this process, which says what must be on the screen.

    Attributes
    ----------
    expected : Lab
        Moved in the same way, without a browser.
    root : Locator
        The lab's element.
    """

    def __init__(self, page, expected) -> None:
        self.page, self.expected = page, expected
        self.root = page.locator(".mlmed-lab", has=page.locator("h4", has_text=expected.title))
        self.root.wait_for()
        self.image = self.root.locator("img")
        self._seen = ("", b"")  # address and bytes of the picture that was looked at last

    def in_front(self) -> LabView:
        """Itself, on a page in front of all others: Chromium draws one behind them fifteen times as slowly."""
        self.page.bring_to_front()
        return self

    def control(self, name: str, value=None):
        """The element that takes the keys, found by its name as a screen reader finds it."""
        ask = self.expected.asks[name]
        if isinstance(ask, Choice):
            return self.root.get_by_label(ask.text(value), exact=True)
        if isinstance(ask, Press):
            return self.root.get_by_role("button", name=ask.label, exact=True)
        if isinstance(ask, Upload):
            return self.root.get_by_role("button", name=ask.label)  # its name ends with how many files it has
        role = {Number: "spinbutton", Typed: "combobox"}.get(type(ask), "checkbox")
        return self.root.get_by_role(role, name=ask.label, exact=True)

    def set(self, name: str, value) -> None:
        """Move a control by keyboard, here and there; does not wait for the picture."""
        ask = self.expected.asks[name]
        self.control(name, value).focus()
        keys = self.page.keyboard
        if isinstance(ask, Number | Typed):
            self.type(name, value)
        elif isinstance(ask, Press):
            keys.press("Enter")
        elif not isinstance(ask, Switch) or self.expected.controls[name].value != value:
            keys.press("Space")
        if isinstance(ask, Press):
            self.expected.controls[name].click()
        else:
            self.expected.controls[name].value = value

    def type(self, name: str, text) -> None:
        """Type into a box, here only."""
        self.control(name).focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(str(text))
        self.page.keyboard.press("Enter")

    def reset(self) -> None:
        self.root.get_by_role("button", name="Reset", exact=True).click()
        self.expected.reset()
        self.settle()

    def pixels(self) -> np.ndarray:
        """The picture that is shown, decoded."""
        return decoded(self._picture(self.image.get_attribute("src")))

    def _picture(self, src: str) -> bytes:
        """The bytes of the picture that is shown, whose address this is: a new picture has a new one."""
        if src != self._seen[0]:
            self._seen = src, base64.b64decode(self.image.evaluate(_BYTES))
        return self._seen[1]

    def readout(self) -> str:
        return self.root.locator("table").inner_text()

    def resting_value(self, name: str) -> float:
        """Of a number box, once the kernel has nothing more to say to it."""
        before = value = None
        while value is None or value != before:
            for _ in range(2):
                browser_tools.answered(self.page)
            self.page.wait_for_timeout(20)  # the page itself shows what came in its next frames
            before, value = value, self.control(name).input_value()
        return float(value)

    def wait_for_value(self, name: str, value: float, seconds: float = 10) -> None:
        """Until a number box shows this number."""
        end = time.monotonic() + seconds
        while not math.isclose(float(self.control(name).input_value() or "nan"), value, rel_tol=1e-6, abs_tol=1e-9):
            assert time.monotonic() < end, f"{name} is {self.control(name).input_value()}, not {value}"
            self.page.wait_for_timeout(20)

    def settle(self, seconds: float = 10, missions: bool = True) -> float:
        """Wait until picture, its text alternative, read-out, links and missions are the copy's; seconds it took.

        All that was sent is answered before the first look, so that what was to change nothing had its time to.
        """
        began = time.monotonic()
        browser_tools.answered(self.page)
        while True:
            wrong = self._differences(missions)
            if not wrong:
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                raise AssertionError(f"the lab {self.expected.name} does not come to rest: {wrong}")
            self.page.wait_for_timeout(20)

    def _differences(self, missions: bool) -> list[str]:
        wrong = []
        shown = self.root.evaluate(_SHOWN)
        if shown["words"] != self.expected.image.description:
            wrong.append("text alternative")
        numbers = list(self.expected.numbers(self.expected.state).values())
        if [text.strip() for text in shown["numbers"]] != numbers:
            wrong.append(f"read-out: {shown['numbers']}")
        # What stands below the picture comes in a message of its own, after the read-out.
        if shown["links"] != self.expected_links():
            wrong.append(f"{len(shown['links'])} links")
        done = [task.startswith("Done") for task in map(unmarked, shown["tasks"])]
        if missions and done != [mission.done for mission in self.expected.missions]:
            wrong.append(f"missions: {shown['tasks']}")
        if not wrong and not same_picture(self._picture(shown["src"]), self.expected.image.value):
            wrong.append("picture")
        return wrong

    def expected_links(self) -> list[str]:
        """Where the copy's files to download are."""
        texts = (child.value for child in self.expected.children if isinstance(child, widgets.HTML))
        return [link for text in texts for link in re.findall(r'<a download="[^"]*" href="([^"]*)"', text)]

    def tasks(self) -> list[str]:
        """The missions as they are read, without their marks."""
        return [unmarked(text) for text in self.root.locator("[role=status] li").all_inner_texts()]

    def notice(self):
        return self.root.get_by_role("alert")


def as_read(text: str) -> str:
    """A label or a task as it stands on the screen, where the j of a_j is set small."""
    return re.sub(r"\b([abc]'?)_j\b", r"\1j", text)


def unmarked(task: str) -> str:
    return task.lstrip("\u2714\u25cb \n\t")


def same_picture(png: bytes, other: bytes) -> bool:
    return png == other or np.array_equal(decoded(png), decoded(other))


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def elsewhere(ask, value):
    """Another value than `value` that a control can take."""
    if isinstance(ask, Number):
        return ask.nearest(ask.low if value - ask.low > ask.high - value else ask.high)
    if isinstance(ask, Switch):
        return not value
    if isinstance(ask, Typed):
        return "m" if value != "m" else "y"
    return next(option for option in ask.options.values() if option != value)
