// What the theme leaves to the mouse, by keyboard.
"use strict";

// What is wider than the page scrolls by itself, and must then be reached.
function makeReachable() {
  document.querySelectorAll("article pre, article .output, article .table-wrapper, article .formula").forEach((box) => {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
}

makeReachable();
addEventListener("resize", makeReachable);
addEventListener("load", makeReachable);

// In a narrow window, buttons open the sidebars; whether one is open is the state of a hidden checkbox.
document.querySelectorAll("button[data-opens]").forEach((button) => {
  const box = document.getElementById(button.dataset.opens);
  box.addEventListener("change", () => button.setAttribute("aria-expanded", box.checked));
  button.addEventListener("click", () => box.click());
});
