// SPDX-License-Identifier: Apache-2.0
// The strip of steps: undo and redo, a thumbnail for each, other results to choose, and how well the step fits.

import { byId, h, refill, signed } from "./dom.js";
import { select } from "./keeping.js";
import { numbersOf } from "./numbers.js";
import { idOf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Step} Step */

/** Take back the last stroke, else the last step. @param {State} state */
export function undo(state) {
  if (state.mask?.isDrawn) return; // the stroke goes on: it would end where nobody wants it to
  const rect = state.mask?.undo();
  if (rect) state.maskChanged(rect);
  else if (state.photo && state.photo.at > 0) state.show(state.photo, state.photo.at - 1);
}

/** Do again what was taken back. @param {State} state */
export function redo(state) {
  const rect = state.mask?.redo();
  const { photo } = state;
  if (rect) state.maskChanged(rect);
  else if (photo && photo.at < photo.steps.length - 1) state.show(photo, photo.at + 1);
}

/** @type {import("./main.js").Part} */
export function steps({ state, client, t, thumbnails }) {
  const undoButton = signed("undo", t("steps.undo"), () => undo(state), "Control+Z");
  const redoButton = signed("redo", t("steps.redo"), () => redo(state), "Control+Shift+Z Control+Y");
  byId("bar-steps").append(undoButton, redoButton);
  const list = h("ol", { class: "steps", "aria-label": t("steps.title") });
  const choices = h("div", { class: "choices", role: "group", "aria-label": t("steps.choices") });
  const numbers = h("p", { class: "numbers", role: "status" });
  const selectAgain = () => select(state, client, state.step?.made?.mask ?? "").catch(state.sorry);
  const again = h("button", { onclick: selectAgain }, t("steps.select_again"));
  const strip = { class: "strip", "aria-label": t("steps.title"), hidden: true };
  const element = h("section", strip, list, choices, numbers, again);

  const look = () => {
    const { photo, mask } = state;
    undoButton.disabled = !photo || (photo.at === 0 && !mask?.canUndo);
    redoButton.disabled = !photo || (photo.at === photo.steps.length - 1 && !mask?.canRedo);
  };
  /** The step whose numbers are told. @type {Step | null} */
  let told = null;
  const show = () => {
    const { photo } = state;
    element.hidden = !photo;
    look();
    const entries = photo?.steps.map((step, at) => {
      const label = step.made?.label ?? t("steps.photo");
      return h(
        "li",
        null,
        button(step, label, at === photo.at, () => at !== photo.at && state.show(photo, at)),
      );
    });
    refill(list, ...(entries ?? []));
    const others = state.step?.made?.choices ?? [];
    choices.hidden = !others.length;
    const buttons = others.map((each, number) =>
      button(each, t("steps.choice", { n: number + 1 }), idOf(each) === idOf(state.step), () => choose(each)),
    );
    refill(choices, ...buttons);
    if (state.step === told) return;
    told = state.step;
    void tellNumbers();
  };
  /** @param {Step} step @param {string} label @param {boolean} isCurrent @param {() => void} onclick */
  const button = (step, label, isCurrent, onclick) => {
    const props = { "aria-current": isCurrent ? "step" : null, onclick };
    return h("button", props, thumbnails.image(step), h("span", null, label));
  };
  /** Show another result of the same wish in place of this one. @param {Step} other */
  const choose = (other) => {
    const { photo, step } = state;
    if (!photo || !step?.made || idOf(other) === idOf(step)) return;
    if (state.work?.photo === photo.id) {
      state.say(t("do.busy", { label: state.work.label }), { urgent: true });
      return;
    }
    state.choose(other);
  };
  const tellNumbers = async () => {
    const { photo, step } = state;
    const before = photo?.steps[photo.at - 1];
    again.hidden = !step?.made?.mask;
    numbers.textContent = "";
    const found = before && step ? await numbersOf(client, before, step).catch(() => null) : null;
    if (!found || state.step !== step) return;
    const { changed, outside, seam, most } = found;
    const percent = Number((100 * (most ?? 0)).toPrecision(2));
    const measured = percent ? t("steps.at_most", { percent }) : t("steps.unchanged");
    const kept = changed === null ? measured : t("steps.outside", { changed, outside });
    numbers.textContent = seam === null ? kept : `${kept} ${t("steps.seam", { seam: Math.round(100 * seam) / 100 })}`;
  };
  state.addEventListener("photos", show);
  state.addEventListener("step", show);
  state.addEventListener("mask", look);
  return element;
}
