// SPDX-License-Identifier: Apache-2.0
// Keys: a control names its own in `aria-keyshortcuts` ("B", "Control+Z", "? F1"), and is pressed by them. So screen
// readers, the sheet of shortcuts and the keyboard know the same ones. Of a slider the first key means less,
// the second more.

import { h } from "./dom.js";

const WRITES =
  "textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio], [type=color], [type=file])";
const STEPS = 20; // presses from one end of a slider to the other

/** Listen to keys, and make the sheet that lists them.
 * @param {HTMLElement} button shows it
 * @param {import("./texts.js").Translate} t
 * @returns {HTMLDialogElement} */
export function shortcuts(button, t) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !isForThePage(event)) return;
    for (const control of controls()) {
      const at = keysOf(control).findIndex((key) => fits(key, event));
      if (at < 0) continue;
      event.preventDefault();
      press(control, at);
      return;
    }
  });
  const list = h("dl", { class: "keys" });
  const sheet = h(
    "dialog",
    { id: "keys", "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, t("keys")),
    list,
    h("form", { method: "dialog" }, h("button", { type: "submit", class: "primary" }, t("close"))),
  );
  button.addEventListener("click", () => {
    list.replaceChildren(...rows(t));
    sheet.showModal();
  });
  return sheet;
}

/** What can be pressed now: in a dialog only what is in it.
 * @returns {HTMLElement[]} */
function controls() {
  const dialogs = document.querySelectorAll("dialog[open]");
  const root = dialogs[dialogs.length - 1] ?? document;
  const found = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[aria-keyshortcuts]"));
  // Tools are at hand also while their sheet makes way for the other one, on a narrow screen.
  return [...found].filter(
    (each) =>
      !each.matches(":disabled") && (each.checkVisibility() || each.closest("[popover], #select:not([hidden]) .tools")),
  );
}

/** @param {KeyboardEvent} event */
function isForThePage(event) {
  const target = /** @type {Element} */ (event.target);
  if (event.key === "Escape" && document.querySelector(":popover-open")) return false; // it closes that
  if (target.matches(WRITES)) return event.key === "Escape";
  // What Enter and space mean on a control is the control's own.
  return !(["Enter", " "].includes(event.key) && target.matches("a, button, summary, input, label, [role=button]"));
}

/** @param {Element} control */
function keysOf(control) {
  return (control.getAttribute("aria-keyshortcuts") ?? "").split(" ").filter(Boolean);
}

/** Whether this key was pressed. Of signs the character counts, however the keyboard makes it.
 * @param {string} key
 * @param {KeyboardEvent} event */
function fits(key, event) {
  const parts = key === "+" ? ["+"] : key.replace("Plus", "\0").split("+");
  const name = (parts.pop() ?? "").replace("\0", "+").toLowerCase();
  if (event.key.toLowerCase() !== name) return false;
  const isAltGraph = event.getModifierState("AltGraph");
  const command = (event.ctrlKey || event.metaKey) && !isAltGraph;
  if (command !== parts.includes("Control") || (event.altKey && !isAltGraph)) return false;
  return /^[^a-z0-9]$/.test(name) || event.shiftKey === parts.includes("Shift");
}

/** @param {HTMLElement} control
 * @param {number} at which of its keys */
function press(control, at) {
  if (!(control instanceof HTMLInputElement) || control.type !== "range") return control.click();
  const step = (Number(control.max) - Number(control.min)) / STEPS;
  control.valueAsNumber += at ? step : -step;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}

/** A row for each control of the page, and those that the picture itself takes.
 * @param {import("./texts.js").Translate} t */
function rows(t) {
  const found = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[aria-keyshortcuts]"));
  const named = [...found].map((each) => ({ keys: keysOf(each), name: nameOf(each) }));
  const drawn = [
    { keys: ["← ↑ → ↓"], name: t("keys.arrows") },
    { keys: [t("keys.space")], name: t("keys.draw") },
    { keys: [t("keys.space")], name: t("keys.pan") },
    { keys: [t("keys.wheel")], name: t("keys.zoom") },
    { keys: ["Shift", "Alt"], name: t("keys.modes") },
  ];
  return [...named, ...drawn].map(({ keys, name }) =>
    h("div", null, h("dt", null, ...keys.map((key) => h("kbd", null, written(key, t)))), h("dd", null, name)),
  );
}

/** @param {HTMLElement} control */
function nameOf(control) {
  const label = (control instanceof HTMLInputElement ? control.labels?.[0].firstElementChild : control)?.textContent;
  return (control.getAttribute("aria-label") ?? label ?? "").trim();
}

/** A key as it is written on keyboards here.
 * @param {string} key
 * @param {import("./texts.js").Translate} t */
function written(key, t) {
  const isApple = navigator.platform.startsWith("Mac");
  return key
    .replace("Control+", isApple ? "⌘" : `${t("keys.control")}+`)
    .replace("Shift+", isApple ? "⇧" : `${t("keys.shift")}+`)
    .replace("Delete", t("keys.delete"))
    .replace("Escape", "Esc")
    .replace("Enter", "↵")
    .replace("Plus", "+");
}
