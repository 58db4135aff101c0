// SPDX-License-Identifier: Apache-2.0
// The background: removed, replaced or blurred, and the subject cut out; a model finds it, or the selection says it.
// @ts-check

import { h } from "../dom.js";
import { field, recipeForm } from "./form.js";
import { start } from "./progress.js";

/** What can be done, by a model or by what is selected. @type {Record<string, { text: string, model?: string, mask?: string }>} */
const KINDS = {
  remove: {
    text: "do.background_remove",
    model: "remove_background",
    mask: "remove_background_by_mask",
  },
  replace: {
    text: "do.background_replace",
    model: "replace_background",
    mask: "replace_background_by_mask",
  },
  blur: { text: "do.background_blur", model: "blur_background" },
  cut: { text: "do.background_cut", model: "cut_out" },
};

/** @type {import("./panel.js").Action} */
export async function background(doing) {
  const { state, t } = doing;
  const kind = h(
    "select",
    null,
    ...Object.entries(KINDS).map(([name, { text }]) => h("option", { value: name }, t(text))),
  );
  const by = h(
    "select",
    null,
    h("option", { value: "model" }, t("do.by_model")),
    h("option", { value: "mask" }, t("do.by_selection")),
  );
  const place = h("div");
  let asked = "";
  /** What is shown. @type {import("./performing.js").Wish | null} */
  let wish = null;
  const show = async () => {
    const { text, model = "", mask } = KINDS[kind.value];
    by.disabled = !mask;
    if (!mask) by.value = "model";
    const isByMask = by.value === "mask";
    const recipe = (isByMask && mask) || model;
    asked = recipe;
    const [summary, schema] = await doing.lookup(recipe);
    if (asked !== recipe) return; // another one was chosen meanwhile
    const { element, read } = recipeForm(doing, summary, schema, {
      first: ["background", "model", "radius"],
      given: isByMask ? { image: "shown", mask: "selection" } : { image: "shown" },
    });
    wish = { recipe, label: t(text), read };
    place.replaceChildren(h("p", null, schema.description ?? ""), element);
  };
  const choose = () => void show().catch((error) => state.say(error.message, { urgent: true }));
  kind.addEventListener("change", choose);
  by.addEventListener("change", choose);
  await show();
  const button = start(doing, t("do.go"), () => wish);
  return {
    element: h("div", null, field(t("do.what"), kind), field(t("do.subject_by"), by), place, button),
  };
}
