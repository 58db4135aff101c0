// SPDX-License-Identifier: Apache-2.0
// Any recipe of the server that takes or gives a picture, by a form made from its schema.

import { field, h } from "../dom.js";
import { changingForm } from "./form.js";

/** @type {import("./panel.js").Action} */
export async function recipe(doing) {
  const named = (/** @type {string} */ name) => name.replaceAll("_", " ");
  const all = (await doing.recipes()).filter((each) => each.outputs.length > 0);
  const choice = h("select", null, ...all.map(({ name }) => h("option", { value: name }, named(name))));
  const form = await changingForm(doing, [choice], () => ({ recipe: choice.value, label: named(choice.value) }));
  return { element: h("div", null, field(doing.t("do.recipe"), choice), ...form) };
}
