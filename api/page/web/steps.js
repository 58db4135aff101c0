// SPDX-License-Identifier: Apache-2.0
// The strip of steps: undo and redo, a thumbnail for each, other results to choose, and how well the step fits.
// @ts-check

import { byId, h, icon, refill } from "./dom.js";
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

/** A button that is a sign. @param {string} sign @param {string} label @param {string} keys @param {() => void} onclick */
function pressed(sign, label, keys, onclick) {
  const names = { "aria-label": label, title: label, "aria-keyshortcuts": keys };
  return h("button", { type: "button", class: "icon-only", ...names, onclick }, icon(sign));
}

/**
 * @param {State} state
 * @param {import("./client.js").Client} client
 * @param {import("./texts.js").Translate} t
 * @param {import("./thumbnails.js").Thumbnails} thumbnails
 * @returns {HTMLElement}
 */
export function steps(state, client, t, thumbnails) {
  const [undoButton, redoButton] = [
    pressed("undo", t("steps.undo"), "Control+Z", () => undo(state)),
    pressed("redo", t("steps.redo"), "Control+Shift+Z Control+Y", () => redo(state)),
  ];
  byId("bar-steps").append(undoButton, redoButton);
  const list = h("ol", { class: "steps", "aria-label": t("steps.title") });
  const choices = h("div", {
    class: "choices",
    role: "group",
    "aria-label": t("steps.choices"),
    hidden: true,
  });
  const numbers = h("p", { class: "numbers", role: "status" });
  const again = h(
    "button",
    {
      type: "button",
      hidden: true,
      onclick: () => selectAgain().catch((error) => state.say(error.message, { urgent: true })),
    },
    t("steps.select_again"),
  );
  const element = h(
    "section",
    { class: "strip", "aria-label": t("steps.title"), hidden: true },
    list,
    choices,
    numbers,
    again,
  );

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
    refill(
      list,
      ...(photo?.steps.map((step, at) =>
        h(
          "li",
          null,
          button(
            step,
            step.made?.label ?? t("steps.photo"),
            at === photo.at,
            () => at !== photo.at && state.show(photo, at),
          ),
        ),
      ) ?? []),
    );
    const others = state.step?.made?.choices ?? [];
    choices.hidden = !others.length;
    refill(
      choices,
      ...others.map((each, number) =>
        button(each, t("steps.choice", { n: number + 1 }), idOf(each) === idOf(state.step), () => choose(each)),
      ),
    );
    if (state.step === told) return;
    told = state.step;
    void tellNumbers();
  };
  /** @param {Step} step @param {string} label @param {boolean} isCurrent @param {() => void} onclick */
  const button = (step, label, isCurrent, onclick) => {
    const image = h("img", { alt: "" });
    void thumbnails.show(image, step);
    return h(
      "button",
      { type: "button", "aria-current": isCurrent ? "step" : null, onclick },
      image,
      h("span", null, label),
    );
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
  const selectAgain = async () => {
    const mask = state.step?.made?.mask;
    if (mask) await select(state, client, mask);
  };
  state.addEventListener("photos", show);
  state.addEventListener("step", show);
  state.addEventListener("mask", look);
  return element;
}
