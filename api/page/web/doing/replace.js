// SPDX-License-Identifier: Apache-2.0
// Replace what is selected by what a prompt says; several pictures can be made to choose from.

import { field, h } from "../dom.js";
import { isThere } from "../models.js";
import { inputName, recipeForm } from "./form.js";
import { start } from "./progress.js";

const RECIPE = "replace_object";
const READS_PROMPTS = "diffusion"; // the family of models that do
const MOST_PICTURES = 8;

/** @type {import("./panel.js").Action} */
export async function replace(doing) {
  const { t, models } = doing;
  const painters = await models.like(READS_PROMPTS);
  const { element, read } = await recipeForm(doing, RECIPE, {
    first: ["prompt", "engine", "seed"],
    given: { image: "shown", mask: "selection" },
    only: { engine: painters.map((each) => each.name) },
  });
  const count = h("input", { type: "number", min: 1, max: MOST_PICTURES, value: 1 });
  const none = !painters.some(isThere) && h("p", { class: "needed" }, t("do.no_painter"));
  const label = t("do.replace");
  const button = start(doing, label, () => {
    const wanted = Math.round(count.valueAsNumber || 1);
    return { recipe: RECIPE, label, count: Math.max(1, Math.min(MOST_PICTURES, wanted)), read };
  });
  const many = field(inputName("count", t), count);
  return { element: h("div", null, h("p", null, t("do.replace_help")), none, element, many, button) };
}
