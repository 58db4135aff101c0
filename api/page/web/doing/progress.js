// SPDX-License-Identifier: Apache-2.0
// What is being done now: the button that begins it, how far it is, what it looks like so far, and a button that ends it.

import { h } from "../dom.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../texts.js").Translate} t
 * @returns {HTMLElement}
 */
export function progress(state, t) {
  const [label, note] = [h("h3"), h("p", { role: "status" })];
  const bar = h("progress", { max: 1, "aria-label": t("do.progress") });
  const preview = h("img", { alt: t("do.preview"), hidden: true });
  const keys = { "aria-keyshortcuts": "Escape", onclick: () => state.work?.cancel() };
  const cancel = h("button", keys, t("do.cancel"));
  const props = { class: "work", "aria-label": t("do.now"), hidden: true };
  const box = h("section", props, label, bar, note, preview, cancel);
  state.addEventListener("work", () => {
    const { work } = state;
    box.hidden = !work;
    preview.hidden = !work?.preview;
    if (!work) return;
    if (label.textContent !== work.label) label.textContent = work.label;
    if (note.textContent !== work.note) note.textContent = work.note;
    if (work.preview) preview.src = work.preview;
    bar.value = work.progress;
  });
  return box;
}

/**
 * The button that begins an action; at rest while something is being done.
 * @param {import("./panel.js").Doing} doing @param {string} text
 * @param {() => import("./performing.js").Wish | null} wish null: nothing can be wished yet
 */
export function start({ state, performer }, text, wish) {
  const onclick = () => {
    const wished = wish();
    if (wished) void performer.perform(wished);
  };
  const button = h("button", { class: "start primary", "aria-keyshortcuts": "Enter", onclick }, text);
  const look = () => {
    button.disabled = state.work !== null;
  };
  state.addEventListener("work", look);
  look();
  return button;
}
