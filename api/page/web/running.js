// SPDX-License-Identifier: Apache-2.0
// A job from the wish to its end: asked for until the server has it, followed, and cancelled by a signal.

import { pause, waitOf } from "./client.js";

/** @typedef {Record<string, unknown>} Inputs */
/** A job that is wished; asking twice with its key gives one job, whose id is known once the server has it.
 * @typedef {{ inputs: Inputs, key: string, id?: string }} Wished */
/** What is heard of a job. @typedef {{ progress?: number, note?: string, preview?: string }} News */
/** @typedef {{ tag: string, signal: AbortSignal, tell: (news: News) => void }} Following */

export class Runner {
  /**
   * @param {import("./state.js").State} state
   * @param {import("./client.js").Client} client
   * @param {import("./texts.js").Translate} t
   */
  constructor(state, client, t) {
    this.state = state;
    this.client = client;
    this.t = t;
  }

  /**
   * Ask the server something; one that is away, or has no room yet, is asked again.
   * @template Value @param {() => Promise<Value>} ask @param {Pick<Following, "signal" | "tell">} following @returns {Promise<Value>}
   */
  async patiently(ask, { signal, tell }) {
    for (;;) {
      try {
        const answer = await ask();
        tell({ note: "" });
        return answer;
      } catch (error) {
        const seconds = waitOf(error);
        if (!seconds) throw error;
        const { message, code } = /** @type {import("./client.js").ServerError} */ (error);
        tell({ note: code === "away" ? this.t("client.waiting") : `${message} ${this.t("do.again", { n: seconds })}` });
        await pause(1000 * seconds, signal);
      }
    }
  }

  /**
   * Have a job done. Its warnings are said; whoever gives it up waits for nothing.
   * @param {string} recipe @param {Wished} wished @param {Following} following
   * @returns {Promise<import("./client.js").Job>} as it ended
   */
  async run(recipe, wished, { tag, signal, tell }) {
    const { inputs, key } = wished;
    wished.id ??= (
      await this.patiently(() => this.client.run(recipe, inputs, { tags: [tag], key }), { signal, tell })
    ).id;
    const { id } = wished;
    const end = () => void this.client.cancel(id).catch(this.state.sorry);
    if (signal.aborted) end(); // it was given up while it was asked for
    signal.throwIfAborted();
    signal.addEventListener("abort", end);
    tell({});
    try {
      const told = {
        status: (/** @type {import("./wire").StatusEvent} */ { progress, position }) =>
          tell({ progress, note: position ? this.t("do.queued", { n: position }) : "" }),
        preview: (/** @type {import("./wire").PreviewEvent} */ { image }) => tell({ preview: image }),
        warning: (/** @type {import("./wire").WarningEvent} */ { message }) => tell({ note: message }),
        away: (/** @type {boolean} */ isAway) => tell({ note: isAway ? this.t("do.away") : "" }),
      };
      return await this.client.follow(id, told, signal);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }
}

/**
 * Wait for something, but not beyond a signal.
 * @template Value @param {AbortSignal} signal @param {Promise<Value>} something @returns {Promise<Value>}
 */
export function unless(signal, something) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    something.then(resolve, reject);
    if (signal.aborted) reject(signal.reason);
  });
}
