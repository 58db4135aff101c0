// SPDX-License-Identifier: Apache-2.0
// What the server's models find: the subject of the picture, what words name, and what was clicked.

import { field, h } from "../dom.js";
import { AUTO, isThere } from "../models.js";
import { Draft } from "./draft.js";

/** @typedef {import("../view.js").Point} Point */
/** @typedef {{x: number, y: number, isWanted: boolean}} Sign */

/**
 * A choice of the models that do what one does; that one, or another that is there, is chosen until somebody chooses.
 * @param {import("./panel.js").Selecting} selecting @param {string} usual name of a model @param {string} label
 */
function modelChoice({ state, models }, usual, label) {
  const { element, control, offer } = models.choice(label);
  const show = async () => {
    const [first] = await models.like(usual);
    const best = usual !== AUTO && first && isThere(first) ? first.name : usual;
    await offer(await models.namesLike(usual), control.value || best);
  };
  return { element, show: () => show().catch(state.sorry), value: () => control.value || usual };
}

/** The subject of the picture. @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector} */
export function subject(selecting) {
  const { t, asking, mode, apply } = selecting;
  const model = modelChoice(selecting, AUTO, t("select.model"));
  const select = async () => apply(await asking.ask("generate_mask", { model: model.value() }), mode());
  const button = h("button", { class: "primary", onclick: select }, t("select.subject.go"));
  return { name: "subject", key: "S", hasMode: true, options: [button, model.element], shown: model.show };
}

/** What words name. @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector} */
export function words(selecting) {
  const { t, asking, mode, apply } = selecting;
  const finder = modelChoice(selecting, "grounding-dino-tiny", t("select.words.model"));
  const segmenter = modelChoice(selecting, "sam_vit_b", t("select.points.model"));
  const prompt = h("input", { type: "text", required: true, placeholder: t("select.words.example") });
  const onsubmit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const inputs = { prompt: prompt.value, text_model: finder.value(), segment_model: segmenter.value() };
    apply(await asking.ask("mask_by_text", inputs), mode());
  };
  const button = h("button", { type: "submit", class: "primary" }, t("select.words.go"));
  const form = h("form", { onsubmit }, field(t("select.words.what"), prompt), button);
  const options = [form, finder.element, segmenter.element];
  return {
    name: "words",
    key: "T",
    hasMode: true,
    options,
    shown: () => Promise.all([finder.show(), segmenter.show()]),
  };
}

/** What was clicked; more clicks say better what is meant. @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector} */
export function points(selecting) {
  const { state, view, t, asking, mode } = selecting;
  const model = modelChoice(selecting, "sam_vit_b", t("select.points.model"));
  const draft = new Draft(state);
  /** @type {Sign[]} */
  let signs = [];
  /** @type {import("../mask.js").Mode} */
  let chosen = "add";
  const isWanted = h("input", { type: "radio", name: "sign", checked: true });
  const isUnwanted = h("input", { type: "radio", name: "sign" });
  const again = h("button", { onclick: () => forget() }, t("select.points.new"));
  const forget = () => {
    signs = [];
    draft.close();
    view.draw();
  };
  state.addEventListener("selection", forget);
  const flat = (/** @type {boolean} */ wanted) =>
    signs.filter((sign) => sign.isWanted === wanted).flatMap(({ x, y }) => [x, y]);
  const select = async () => {
    const [asked, wanted] = [signs, flat(true)];
    if (!wanted.length) return state.say(t("select.points.none"));
    const patch = await asking.ask("mask_by_points", {
      points: wanted,
      avoid: flat(false),
      segment_model: model.value(),
    });
    if (patch !== undefined && asked === signs) draft.put(patch, chosen);
  };
  const tool = {
    cursor: "crosshair",
    /** @param {Point} point */
    up(point) {
      const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
      if (!state.mask?.within({ x, y, width: 1, height: 1 })) return;
      if (!signs.length) chosen = mode(); // later ones are about the same thing
      signs = [...signs, { x, y, isWanted: isWanted.checked !== point.alt }];
      view.draw();
      void select();
    },
    /** @param {CanvasRenderingContext2D} context @param {import("../view.js").View} view */
    draw(context, view) {
      for (const sign of signs) drawSign(context, view.toScreen(sign), sign.isWanted);
    },
  };
  const which = h(
    "fieldset",
    { class: "modes" },
    h("legend", null, t("select.points.next")),
    h("label", null, isWanted, h("span", null, t("select.points.plus"))),
    h("label", null, isUnwanted, h("span", null, t("select.points.minus"))),
  );
  const options = [which, again, model.element];
  return { name: "points", key: "P", tool, hasMode: true, options, shown: model.show };
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number}} place @param {boolean} isWanted */
function drawSign(context, { x, y }, isWanted) {
  context.beginPath();
  context.arc(x, y, 9, 0, 2 * Math.PI);
  context.fillStyle = isWanted ? "#0a7d32" : "#b3261e";
  context.fill();
  [context.strokeStyle, context.lineWidth] = ["#fff", 2];
  context.stroke();
  context.beginPath();
  context.moveTo(x - 4, y);
  context.lineTo(x + 4, y);
  if (isWanted) {
    context.moveTo(x, y - 4);
    context.lineTo(x, y + 4);
  }
  context.stroke();
}
