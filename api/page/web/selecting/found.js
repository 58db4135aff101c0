// SPDX-License-Identifier: Apache-2.0
// What the server's models find: the subject of the picture, what words name, and what was clicked.

import { h } from "../dom.js";
import { Draft } from "./draft.js";
import { modelChoice } from "./models.js";

/** @typedef {import("../view.js").Point} Point */
/** @typedef {{x: number, y: number, isWanted: boolean}} Sign */

/** The subject of the picture. @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector} */
export function subject(selecting) {
  const { t, asking, mode, apply } = selecting;
  const model = modelChoice(selecting, "isnet-general-use", t("select.model"));
  const select = async () => apply(await asking.ask("generate_mask", { model: model.value }), mode());
  const button = h(
    "button",
    { type: "button", class: "primary", onclick: () => void select() },
    t("select.subject.go"),
  );
  return {
    name: "subject",
    key: "S",
    tool: null,
    hasMode: true,
    options: [button, ...model.elements],
    shown: model.show,
  };
}

/** What words name. @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector} */
export function words(selecting) {
  const { t, asking, mode, apply } = selecting;
  const finder = modelChoice(selecting, "grounding-dino-tiny", t("select.words.model"));
  const segmenter = modelChoice(selecting, "sam_vit_b", t("select.points.model"));
  const prompt = h("input", { type: "text", required: true, placeholder: t("select.words.example") });
  /** @param {SubmitEvent} event */
  const select = async (event) => {
    event.preventDefault();
    const inputs = { prompt: prompt.value, text_model: finder.value, segment_model: segmenter.value };
    apply(await asking.ask("mask_by_text", inputs), mode());
  };
  const form = h(
    "form",
    { onsubmit: (/** @type {SubmitEvent} */ event) => void select(event) },
    h("label", { class: "field" }, h("span", null, t("select.words.what")), prompt),
    h("button", { class: "primary" }, t("select.words.go")),
  );
  const shown = async () => void (await Promise.all([finder.show(), segmenter.show()]));
  return {
    name: "words",
    key: "T",
    tool: null,
    hasMode: true,
    options: [form, ...finder.elements, ...segmenter.elements],
    shown,
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
  const again = h("button", { type: "button", onclick: () => forget() }, t("select.points.new"));
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
      segment_model: model.value,
    });
    if (patch !== undefined && asked === signs) draft.put(patch, chosen);
  };
  const tool = {
    cursor: "crosshair",
    down: () => {},
    move: () => {},
    /** @param {Point} point */
    up(point) {
      const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
      if (!state.mask?.within({ x, y, width: 1, height: 1 })) return;
      if (!signs.length) chosen = mode(); // later ones are about the same thing
      signs = [...signs, { x, y, isWanted: isWanted.checked !== point.alt }];
      view.draw();
      void select();
    },
    cancel: () => {},
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
  return {
    name: "points",
    key: "P",
    tool,
    hasMode: true,
    options: [which, again, ...model.elements],
    shown: model.show,
  };
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
