// SPDX-License-Identifier: Apache-2.0
// Asks the worker, so that the page stays quick meanwhile.

/** @typedef {import("../mask.js").Patch} Patch */
/** @typedef {{resolve: (result: any) => void, reject: (error: Error) => void}} Waiting */

export class Beside {
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #last = 0;

  /** Do a task of worker.js. @param {string} task @param {unknown[]} given @param {Transferable[]} [moved] what goes there for good @returns {Promise<any>} */
  ask(task, given, moved = []) {
    this.#worker ??= this.#start();
    const id = ++this.#last;
    this.#worker.postMessage({ id, task, given }, moved);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #start() {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data: { id, result, fault } }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (fault === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(fault));
    });
    worker.addEventListener("error", (event) => {
      this.#worker = null; // another one is made when it is needed next
      for (const { reject } of this.#waiting.values()) reject(new Error(event.message));
      this.#waiting.clear();
    });
    return worker;
  }
}
