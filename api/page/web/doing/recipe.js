// SPDX-License-Identifier: Apache-2.0
// Any recipe of the server that takes or gives a picture, by a form made from its schema.
// @ts-check

import { h } from "../dom.js";
import { field, recipeForm } from "./form.js";
import { start } from "./progress.js";

/** @type {import("./panel.js").Action} */
export async function recipe(doing) {
  const { state, t } = doing;
  const all = (await doing.recipes()).filter((each) => each.outputs.length > 0);
  const choose = h(
    "select",
    null,
    ...all.map((each) => h("option", { value: each.name }, each.name.replaceAll("_", " "))),
  );
  const place = h("div");
  /** What is shown. @type {import("./performing.js").Wish | null} */
  let wish = null;
  const show = async () => {
    const recipe = choose.value;
    const [summary, schema] = await doing.lookup(recipe);
    if (choose.value !== recipe) return; // another one was chosen meanwhile
    const first = schema.required ?? [];
    const { element, read } = recipeForm(doing, summary, schema, { first: first.length ? first : undefined });
    wish = { recipe, label: recipe.replaceAll("_", " "), read };
    element.dataset.recipe = recipe;
    place.replaceChildren(h("p", null, summary.about), element);
  };
  choose.addEventListener("change", () => void show().catch((error) => state.say(error.message, { urgent: true })));
  await show();
  const button = start(doing, t("do.go"), () => wish);
  return { element: h("div", null, field(t("do.recipe"), choose), place, button) };
}
