// SPDX-License-Identifier: Apache-2.0
// Erase what is selected: it is painted over with what is around it.
// @ts-check

import { recipeForm, selected } from "./form.js";
import { start } from "./progress.js";
import { h } from "../dom.js";

const RECIPE = "inpaint";

/** @type {import("./panel.js").Action} */
export async function erase(doing) {
  const [summary, schema] = await doing.lookup(RECIPE);
  const without = ["image", "mask", "channel", "threshold", "fit"];
  const form = recipeForm(doing, summary, schema, { first: ["engine"], without });
  const button = start(doing, doing.t("do.erase"), () => ({
    recipe: RECIPE,
    label: doing.t("do.erase"),
    read: async (image) => ({
      image,
      mask: (await selected(doing)).digest,
      ...(await form.read()),
    }),
  }));
  return { element: h("div", null, h("p", null, doing.t("do.erase_help")), form.element, button) };
}
