// SPDX-License-Identifier: Apache-2.0
// Erase what is selected: it is painted over with what is around it.
// @ts-check

import { recipeForm } from "./form.js";
import { start } from "./progress.js";
import { h } from "../dom.js";

const RECIPE = "inpaint";

/** @type {import("./panel.js").Action} */
export async function erase(doing) {
  const [summary, schema] = await doing.lookup(RECIPE);
  const { element, read } = recipeForm(doing, summary, schema, {
    first: ["engine"],
    given: { image: "shown", mask: "selection" },
  });
  const label = doing.t("do.erase");
  const button = start(doing, label, () => ({ recipe: RECIPE, label, read }));
  return { element: h("div", null, h("p", null, doing.t("do.erase_help")), element, button) };
}
