// SPDX-License-Identifier: Apache-2.0
// What the page is like for this visitor: language, light or dark, the sheet of keys; and the ways to the other pages.

import { h, icon, signed } from "./dom.js";
import { keepSelection } from "./keeping.js";
import { shortcuts } from "./shortcuts.js";
import { LANGUAGES, keep, kept, language, speak } from "./texts.js";

const KEPT = "paintgraph.theme";
const THEMES = ["system", "light", "dark"];

/** Light or dark as this visitor chose, before anything is drawn. */
export function dress(theme = kept(KEPT)) {
  document.documentElement.dataset.theme = theme ?? "system";
}

/** The button of the menu, at the end of the bar. @type {import("./main.js").Part} */
export function menu({ state, client, t }) {
  const theme = chooser(
    THEMES.map((each) => [each, t(`theme.${each}`)]),
    kept(KEPT) ?? "system",
    (chosen) => {
      keep(KEPT, chosen);
      dress(chosen);
    },
  );
  const words = chooser(Object.entries(LANGUAGES), language(), (chosen) =>
    keepSelection(state, client, t)
      .catch(() => {}) // what is selected is lost, but the words are those that are wished
      .then(() => speak(chosen)),
  );
  const keys = h("button", { class: "plain", "aria-keyshortcuts": "?" }, icon("keys"), t("keys"));
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
  const button = signed("more", t("menu"), null);
  button.setAttribute("popovertarget", "menu");
  return button;
}

/** The buttons at the foot of narrow screens that show one panel or the other. @type {import("./main.js").Part} */
export function sheets({ t }) {
  const show = (/** @type {string} */ wanted) => {
    document.body.dataset.sheet = wanted;
    for (const each of made) each.ariaExpanded = String(each.dataset.shows === wanted);
  };
  const button = (/** @type {string} */ name, /** @type {string} */ sign) => {
    const onclick = () => show(document.body.dataset.sheet === name ? "" : name);
    return h("button", { "data-shows": name, "aria-controls": name, onclick }, icon(sign), t(name));
  };
  const made = [button("select", "brush"), button("do", "erase")];
  show("select");
  const all = new DocumentFragment();
  all.append(...made);
  return all;
}

/** @param {[string, string][]} choices value and name
 * @param {string} chosen
 * @param {(value: string) => void} choose */
function chooser(choices, chosen, choose) {
  const options = choices.map(([value, name]) => h("option", { value, selected: value === chosen }, name));
  const made = h("select", { onchange: () => choose(made.value) }, ...options);
  return made;
}
