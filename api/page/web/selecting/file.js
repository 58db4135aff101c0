// SPDX-License-Identifier: Apache-2.0
// A selection from a picture: white is selected, black and what is transparent is not.

import { field, h } from "../dom.js";
import { decoded, EXACT, FILES } from "../photo.js";

/** @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector} */
export function file(selecting) {
  const { state, client, t, beside, mode, apply } = selecting;
  const read = async () => {
    const [chosen] = input.files ?? [];
    const { mask } = state;
    if (!chosen || !mask) return;
    input.value = ""; // so that the same file can be chosen again
    const keep = async () => (await client.upload(chosen, chosen.name)).digest;
    const picture = await decoded(client, chosen, keep, EXACT).catch(({ message }) => {
      throw new Error(t("choose.refused", { name: chosen.name, why: message }));
    });
    const { width, height } = picture;
    const patch = await beside.ask("read", [picture, mask.width, mask.height], [picture]);
    if (mask !== state.mask) return;
    if (width !== mask.width || height !== mask.height) state.say(t("select.file.stretched", { width, height }));
    if (!patch) state.say(t("select.nothing"));
    apply(patch, mode());
  };
  const input = h("input", { type: "file", accept: FILES, onchange: () => void selecting.busy(read) });
  return { name: "file", hasMode: true, options: [field(t("select.file.choose"), input)] };
}
