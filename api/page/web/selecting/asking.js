// SPDX-License-Identifier: Apache-2.0
// Selections that the server makes: an ordinary job, with its progress and a button that ends it.

import { anyKey } from "../client.js";
import { h } from "../dom.js";
import { bitmapOf, EXACT } from "../photo.js";
import { unless } from "../running.js";

/** Jobs of selections have this tag: what they give is no picture of the gallery. */
const TAG = "page-selection";

/**
 * @typedef {object} Asking
 * @property {HTMLElement} element shows how far it is
 * @property {(recipe: string, inputs: Record<string, unknown>) => Promise<import("../mask.js").Patch | null | undefined>} ask
 *   gives what is selected; undefined: it failed or was given up, and that was said
 */

/** @param {import("../main.js").Page} page @param {import("./beside.js").Beside} beside @returns {Asking} */
export function asking({ state, client, t, runner }, beside) {
  /** @type {AbortController | null} */
  let going = null;
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("select.progress") });
  const told = h("span", { class: "quiet" });
  const cancel = h("button", { onclick: () => going?.abort() }, t("do.cancel"));
  const element = h("div", { class: "asking", role: "status", hidden: true }, bar, told, cancel);
  state.addEventListener("selection", () => going?.abort());

  /** @param {string} recipe @param {Record<string, unknown>} inputs @param {AbortSignal} signal */
  const make = async (recipe, inputs, signal) => {
    const { step } = state;
    if (!step) return undefined;
    const { digest, width, height } = await unless(signal, state.kept(step));
    const wished = { inputs: { image: digest, ...inputs }, key: anyKey() };
    const tell = (/** @type {import("../running.js").News} */ { progress = bar.value, note = told.textContent }) => {
      [bar.value, told.textContent] = [progress, note];
    };
    const job = await runner.run(recipe, wished, { tag: TAG, signal, tell });
    for (const warning of job.warnings) state.say(warning);
    const mask = /** @type {Record<string, any>} */ (job.outputs).mask;
    if (!mask) throw new Error((job.problems ?? []).map(({ detail }) => detail).join("\n") || t("do.cancelled"));
    const picture = await bitmapOf(client, { picture: mask }, EXACT);
    const patch = await beside.ask("read", [picture, width, height], [picture]);
    signal.throwIfAborted();
    if (!patch) state.say(t("select.nothing"));
    return patch;
  };

  const ask = async (/** @type {string} */ recipe, /** @type {Record<string, unknown>} */ inputs) => {
    going?.abort(); // what is asked now takes its place
    const mine = new AbortController();
    going = mine;
    [bar.value, told.textContent, element.hidden] = [0, "", false];
    try {
      return await make(recipe, inputs, mine.signal);
    } catch (error) {
      if (!mine.signal.aborted) state.sorry(error);
      return undefined;
    } finally {
      if (going === mine) {
        going = null;
        element.hidden = true;
      }
    }
  };
  return { element, ask };
}
