// SPDX-License-Identifier: Apache-2.0
// The background: removed, replaced or blurred, and the subject cut out; a model finds it, or the selection says it.
// @ts-check

import { h } from "../dom.js";
import { field, recipeForm, selected } from "./form.js";
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
  /** @type {{ read: () => Promise<Record<string, unknown>> } | null} */
  let form = null;
  let name = "";
  const show = async () => {
    const { model = "", mask } = KINDS[kind.value];
    by.disabled = !mask;
    if (!mask) by.value = "model";
    const wanted = by.value === "mask" && mask ? mask : model;
    name = wanted;
    const [summary, schema] = await doing.lookup(wanted);
    if (name !== wanted) return; // another one was chosen meanwhile
    const made = recipeForm(doing, summary, schema, {
      first: ["background", "model", "radius"],
      without: ["image", "mask", "channel", "threshold", "fit"],
    });
    form = made;
    place.replaceChildren(h("p", null, schema.description ?? ""), made.element);
  };
  const choose = () => void show().catch((error) => state.say(error.message, { urgent: true }));
  kind.addEventListener("change", choose);
  by.addEventListener("change", choose);
  await show();
  const button = start(doing, t("do.go"), () => {
    const [recipe, shown] = [name, form]; // others may be chosen before they are read
    return {
      recipe,
      label: t(KINDS[kind.value].text),
      read: async (image) => {
        const mask = recipe.endsWith("_by_mask") ? { mask: (await selected(doing)).digest } : {};
        return { image, ...mask, ...(await shown?.read()) };
      },
    };
  });
  return {
    element: h("div", null, field(t("do.what"), kind), field(t("do.subject_by"), by), place, button),
  };
}
