// SPDX-License-Identifier: Apache-2.0
// A selection from a picture: white is selected, black and what is transparent is not.

import { h } from "../dom.js";

/** @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector} */
export function file(selecting) {
  const { state, t, beside, mode, apply } = selecting;
  const read = async () => {
    const [chosen] = input.files ?? [];
    const { mask } = state;
    if (!chosen || !mask) return;
    input.value = ""; // so that the same file can be chosen again
    const found = await beside.ask("read", [chosen, mask.width, mask.height]).catch(() => {
      throw new Error(t("select.file.broken", { name: chosen.name }));
    });
    if (mask !== state.mask) return;
    if (found.width !== mask.width || found.height !== mask.height) {
      state.say(t("select.file.stretched", { width: found.width, height: found.height }));
    }
    if (!found.patch) state.say(t("select.nothing"));
    apply(found.patch, mode());
  };
  const input = h("input", { type: "file", accept: "image/*", onchange: () => void selecting.busy(read) });
  return {
    name: "file",
    key: "",
    tool: null,
    hasMode: true,
    options: [h("label", { class: "field" }, h("span", null, t("select.file.choose")), input)],
  };
}
