// SPDX-License-Identifier: Apache-2.0
// The background: removed, replaced or blurred, and the subject cut out; a model finds it, or the selection says it.

import { field, h } from "../dom.js";
import { changingForm } from "./form.js";

/** What can be done, by a model or by what is selected. @type {Record<string, { text: string, model: string, mask?: string }>} */
const KINDS = {
  remove: { text: "do.background_remove", model: "remove_background", mask: "remove_background_by_mask" },
  replace: { text: "do.background_replace", model: "replace_background", mask: "replace_background_by_mask" },
  blur: { text: "do.background_blur", model: "blur_background" },
  cut: { text: "do.background_cut", model: "cut_out" },
};

/** @type {import("./panel.js").Action} */
export async function background(doing) {
  const { t } = doing;
  const kinds = Object.entries(KINDS).map(([name, { text }]) => h("option", { value: name }, t(text)));
  const kind = h("select", null, ...kinds);
  const ways = { model: t("do.by_model"), mask: t("do.by_selection") };
  const by = h("select", null, ...Object.entries(ways).map(([value, text]) => h("option", { value }, text)));
  const form = await changingForm(doing, [kind, by], () => {
    const { text, model, mask } = KINDS[kind.value];
    by.disabled = !mask;
    if (!mask) by.value = "model";
    const selection = by.value === "mask" ? mask : undefined;
    /** @type {Record<string, import("./form.js").Source>} */
    const given = selection ? { image: "shown", mask: "selection" } : { image: "shown" };
    return { recipe: selection ?? model, label: t(text), first: ["background", "model", "radius"], given };
  });
  return { element: h("div", null, field(t("do.what"), kind), field(t("do.subject_by"), by), ...form) };
}
