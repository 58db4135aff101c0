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
  /** @type {{ read: () => Promise<Record<string, unknown>> } | null} */
  let form = null;
  const show = async () => {
    const name = choose.value;
    const [summary, schema] = await doing.lookup(name);
    if (choose.value !== name) return; // another one was chosen meanwhile
    const first = schema.required ?? [];
    const made = recipeForm(doing, summary, schema, { first: first.length ? first : undefined });
    form = made;
    made.element.dataset.recipe = name;
    place.replaceChildren(h("p", null, summary.about), made.element);
  };
  choose.addEventListener("change", () => void show().catch((error) => state.say(error.message, { urgent: true })));
  await show();
  const button = start(doing, t("do.go"), () => {
    const shown = form; // another recipe may be chosen before it is read
    return {
      recipe: choose.value,
      label: choose.selectedOptions[0].textContent ?? "",
      read: async () => (await shown?.read()) ?? {},
    };
  });
  return { element: h("div", null, field(t("do.recipe"), choose), place, button) };
}
