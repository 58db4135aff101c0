// SPDX-License-Identifier: Apache-2.0
// Replace what is selected by what a prompt says; several pictures can be made to choose from.
// @ts-check

import { h } from "../dom.js";
import { field, inputName, recipeForm } from "./form.js";
import { start } from "./progress.js";

const RECIPE = "replace_object";
const READS_PROMPTS = "diffusion"; // the family of models that do
const MOST_PICTURES = 8;

/** @type {import("./panel.js").Action} */
export async function replace(doing) {
  const { t } = doing;
  const [[summary, schema], models] = await Promise.all([doing.lookup(RECIPE), doing.models.like(READS_PROMPTS)]);
  const form = recipeForm(doing, summary, schema, {
    first: ["prompt", "engine", "seed"],
    given: { image: "shown", mask: "selection" },
    only: { engine: sorted(models) },
  });
  const count = h("input", { type: "number", min: 1, max: MOST_PICTURES, value: 1 });
  const none = models.every((each) => each.state !== "present") && h("p", { class: "needed" }, t("do.no_painter"));
  const button = start(doing, t("do.replace"), () => ({
    recipe: RECIPE,
    label: t("do.replace"),
    count: Math.max(1, Math.min(MOST_PICTURES, Math.round(count.valueAsNumber || 1))),
    read: form.read,
  }));
  const many = field(inputName("count", t), count);
  return {
    element: h("div", null, h("p", null, t("do.replace_help")), none, form.element, many, button),
  };
}

/** The names of models, those that are there first. @param {import("../wire").Model[]} models */
function sorted(models) {
  const isThere = (/** @type {import("../wire").Model} */ each) => Number(each.state === "present");
  return [...models].sort((a, b) => isThere(b) - isThere(a)).map((each) => each.name);
}
