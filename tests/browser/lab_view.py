"""One lab on a page, as a learner without a mouse uses it."""

from __future__ import annotations

import base64
import io
import re
import time

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
        png = base64.b64decode(self.image.evaluate(_BYTES))
        return decoded(png)

    def readout(self) -> str:
        return self.root.locator("table").inner_text()

    def resting_value(self, name: str) -> float:
        """Of a number box, once it has been the same for half a second."""
        before, value = None, self.control(name).input_value()
        while value != before:
            self.page.wait_for_timeout(500)
            before, value = value, self.control(name).input_value()
        return float(value)

    def settle(self, seconds: float = 10, missions: bool = True) -> float:
        """Wait until picture, its text alternative, read-out, links and missions are the copy's; seconds it took."""
        began = time.monotonic()
        expected = decoded(self.expected.image.value)
        while True:
            wrong = self._differences(expected, missions)
            if not wrong:
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                raise AssertionError(f"the lab {self.expected.name} does not come to rest: {wrong}")
            self.page.wait_for_timeout(20)

    def _differences(self, expected: np.ndarray, missions: bool) -> list[str]:
        wrong = []
        shown = self.pixels()
        if shown.shape != expected.shape or (shown != expected).any():
            wrong.append("picture")
        if self.image.get_attribute("title") != self.expected.image.description:
            wrong.append("text alternative")
        rows = self.root.locator("tr").all_inner_texts()
        numbers = self.expected.numbers(self.expected.state)
        if [row.split("\t")[-1].strip() for row in rows] != list(numbers.values()):
            wrong.append(f"read-out: {rows}")
        # What stands below the picture comes in a message of its own, after the read-out.
        links = [link.get_attribute("href") for link in self.root.locator("a[download]").all()]
        if links != self.expected_links():
            wrong.append(f"{len(links)} links")
        done = [text.startswith("Done") for text in self.tasks()]
        if missions and done != [mission.done for mission in self.expected.missions]:
            wrong.append(f"missions: {self.tasks()}")
        return wrong

    def expected_links(self) -> list[str]:
        """Where the copy's files to download are."""
        texts = (child.value for child in self.expected.children if isinstance(child, widgets.HTML))
        return [link for text in texts for link in re.findall(r'<a download="[^"]*" href="([^"]*)"', text)]

    def tasks(self) -> list[str]:
        """The missions as they are read, without their marks."""
        return [text.lstrip("\u2714\u25cb \n\t") for text in self.root.locator("[role=status] li").all_inner_texts()]

    def notice(self):
        return self.root.get_by_role("alert")


def as_read(text: str) -> str:
    """A label or a task as it stands on the screen, where the j of a_j is set small."""
    return re.sub(r"\b([abc]'?)_j\b", r"\1j", text)


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
