// SPDX-License-Identifier: Apache-2.0
// What the page is like for this visitor: language, light or dark, the sheet of keys; and the ways to the other pages.

import { h, icon } from "./dom.js";
import { shortcuts } from "./shortcuts.js";
import { LANGUAGES, keep, kept, language, speak } from "./texts.js";

const KEPT = "paintgraph.theme";
const THEMES = ["system", "light", "dark"];

/** Light or dark as this visitor chose, before anything is drawn. */
export function dress(theme = kept(KEPT) ?? "") {
  if (THEMES.slice(1).includes(theme)) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** The button of the menu, at the end of the bar.
 * @param {import("./texts.js").Translate} t
 * @param {() => Promise<void>} beforeLeaving what is to be done before the page is loaded anew
 * @returns {HTMLElement} */
export function menu(t, beforeLeaving) {
  const theme = chooser(
    THEMES.map((each) => [each, t(`theme.${each}`)]),
    kept(KEPT) ?? "system",
    (chosen) => {
      keep(KEPT, chosen);
      dress(chosen);
    },
  );
  const words = chooser(Object.entries(LANGUAGES), language(), (chosen) =>
    beforeLeaving()
      .catch(() => {}) // what is selected is lost, but the words are those that are wished
      .then(() => speak(chosen)),
  );
  const keys = h("button", { type: "button", class: "plain", "aria-keyshortcuts": "?" }, icon("keys"), t("keys"));
  const list = h(
    "div",
    { id: "menu", popover: "auto" },
    h("label", null, t("theme"), theme),
    h("label", null, t("language"), words),
    h("hr", null),
    keys,
    h("a", { class: "button plain", href: "editor/" }, icon("graph"), t("menu.editor")),
    h("a", { class: "button plain", href: "docs" }, icon("words"), t("menu.docs")),
  );
  const sheet = shortcuts(keys, t);
  keys.addEventListener("click", () => list.hidePopover());
  document.body.append(list, sheet);
  const label = { "aria-label": t("menu"), title: t("menu") };
  return h("button", { type: "button", class: "icon-only", popovertarget: "menu", ...label }, icon("more"));
}

/** The buttons at the foot of narrow screens that show one panel or the other.
 * @param {import("./texts.js").Translate} t
 * @returns {HTMLElement[]} */
export function sheets(t) {
  const show = (/** @type {string} */ wanted) => {
    document.body.dataset.sheet = wanted;
    for (const each of made) each.ariaExpanded = String(each.dataset.shows === wanted);
  };
  const made = [
    { name: "select", sign: "brush" },
    { name: "do", sign: "erase" },
  ].map(({ name, sign }) =>
    h(
      "button",
      {
        type: "button",
        "data-shows": name,
        "aria-controls": name,
        onclick: () => show(document.body.dataset.sheet === name ? "" : name),
      },
      icon(sign),
      t(name),
    ),
  );
  show("select");
  return made;
}

/** @param {[string, string][]} choices value and name
 * @param {string} chosen
 * @param {(value: string) => void} choose */
function chooser(choices, chosen, choose) {
  const options = choices.map(([value, name]) => h("option", { value, selected: value === chosen }, name));
  const made = h("select", { onchange: () => choose(made.value) }, ...options);
  return made;
}
