// SPDX-License-Identifier: Apache-2.0
// The server as the page knows it: pictures, recipes, jobs and what they tell, models. Types are of wire.d.ts.

/** @typedef {import("./wire").Job} Job */
/** @typedef {import("./wire").Picture} SentPicture */
/** @typedef {import("./wire").PullProgressEvent} PullProgress */
/** @typedef {{ digest: string, width: number, height: number, name: string }} Picture */
/** @typedef {{ type: string | string[], enum?: (string | null)[], minimum?: number, maximum?: number, default?: unknown,
 *   description?: string, items?: { type?: string, enum?: string[] }, maxItems?: number, "x-unit"?: string }} InputSchema */
/** @typedef {{ title: string, description?: string, required?: string[], properties: Record<string, InputSchema> }} Schema */
/**
 * What is told of a job while it is followed; `away` that the server does not answer, and that it does again.
 * @typedef {object} Told
 * @property {(event: import("./wire").StatusEvent) => void} [status]
 * @property {(event: import("./wire").PreviewEvent) => void} [preview]
 * @property {(event: import("./wire").WarningEvent) => void} [warning]
 * @property {(isAway: boolean) => void} [away]
 */

const FIRST_WAIT = 250;
const LONGEST_WAIT = 4000;
const AWAY = [0, 429, 502, 503, 504]; // what a server, or what stands before it, answers for a while
const SOON = 3; // seconds
const SILENCE = 45_000; // the server gives a sign of life every 15 seconds
const ENDED = { done: true, value: undefined }; // whoever follows comes back, whether it ended or broke

/** What the server refused, in its own words; status 0: it did not answer. */
export class ServerError extends Error {
  /** @param {string} message @param {string} code @param {number} status @param {number} retryAfter seconds */
  constructor(message, code, status, retryAfter = 0) {
    super(message);
    this.name = "ServerError";
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Asks the server that the page came from; its errors are ServerError. */
export class Client {
  /** @param {(key: string) => string} t gives the sentence for a server that does not answer */
  constructor(t) {
    this.t = t;
  }

  /**
   * Keep a picture.
   * @param {Blob} blob @param {string} name @param {(part: number) => void} [onProgress] how much is sent, 0 to 1
   * @returns {Promise<Picture>}
   */
  upload(blob, name, onProgress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch does not tell how much is sent
      request.open("POST", "v1/images");
      request.responseType = "json";
      request.setRequestHeader("Content-Type", blob.type || "application/octet-stream");
      request.upload.onprogress = (event) => onProgress?.(event.loaded / event.total);
      request.onerror = () => reject(this.#away());
      request.onload = () => {
        const { status, response } = request;
        if (status !== 201) return reject(this.#refused(status, response, request.getResponseHeader("Retry-After")));
        resolve({ digest: response.digest, width: response.width, height: response.height, name });
      };
      request.send(blob);
    });
  }

  /** The address of a picture. @param {string} digest */
  imageUrl(digest) {
    return `v1/images/${digest}`;
  }

  /** The file of a picture, or the same picture as another type. @param {string} digest @param {string} [type] */
  async image(digest, type = "*/*") {
    return (await this.#ask(this.imageUrl(digest), { headers: { Accept: type } })).blob();
  }

  /** Whether the server still has a picture. @param {string} digest */
  async has(digest) {
    try {
      await this.#ask(this.imageUrl(digest), { method: "HEAD" });
      return true;
    } catch (error) {
      if (error instanceof ServerError && error.status === 404) return false;
      throw error;
    }
  }

  /** Whether the server asks programs for a key: one that does not leads away from its login page. */
  async isShut() {
    const answer = await fetch("login", { redirect: "manual" }).catch(() => null);
    if (!answer) throw this.#away();
    return answer.ok;
  }

  /** @returns {Promise<import("./wire").RecipeSummary[]>} */
  async recipes() {
    return (await this.#json("v1/recipes")).recipes;
  }

  /** The schema of a recipe's inputs. @param {string} name @returns {Promise<Schema>} */
  recipe(name) {
    return this.#json(`v1/recipes/${encodeURIComponent(name)}`);
  }

  /**
   * Begin a job; asking again with the same key gives the same job.
   * @param {string} recipe @param {Record<string, unknown>} inputs
   * @param {{ tags?: string[], key?: string }} options
   * @returns {Promise<Job>}
   */
  run(recipe, inputs, { tags = [], key = anyKey() } = {}) {
    const query = new URLSearchParams(tags.map((tag) => ["tag", tag]));
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    const path = `v1/recipes/${encodeURIComponent(recipe)}?${query}`;
    return this.#json(path, { method: "POST", body: JSON.stringify(inputs), headers });
  }

  /** @param {string} id @returns {Promise<Job>} */
  job(id) {
    return this.#json(`v1/jobs/${id}`);
  }

  /** What a job was asked to do. @param {string} id @returns {Promise<import("./wire").JobGraph>} */
  graph(id) {
    return this.#json(`v1/jobs/${id}/graph`);
  }

  /** Jobs of this page from newest to oldest. @param {string} [before] @returns {Promise<import("./wire").Jobs>} */
  jobs(before = "", limit = 24) {
    return this.#json(`v1/jobs?${new URLSearchParams({ tag: "page", limit: `${limit}`, ...(before && { before }) })}`);
  }

  /** @param {string} id @returns {Promise<Job>} */
  cancel(id) {
    return this.#json(`v1/jobs/${id}`, { method: "DELETE" });
  }

  /** Remove a job that has ended, with its pictures. @param {string} id */
  async remove(id) {
    await this.#ask(`v1/jobs/${id}?purge=true`, { method: "DELETE" });
  }

  /**
   * Follow a job to its end; a server that goes away is waited for, and nothing is told twice but signals.
   * @param {string} id @param {Told} told @param {AbortSignal} [signal]
   * @returns {Promise<Job>} as it ended
   */
  async follow(id, told, signal) {
    let [last, wait, isAway] = ["", FIRST_WAIT, false];
    for (;;) {
      try {
        const headers = last ? { "Last-Event-ID": last } : undefined;
        const answer = await this.#ask(`v1/jobs/${id}/events`, { headers, signal });
        if (isAway) told.away?.(false);
        isAway = false;
        for await (const event of eventsOf(answer)) {
          [last, wait] = [event.id || last, FIRST_WAIT];
          const { data } = event;
          if (data.type === "status") told.status?.(data);
          if (data.type === "preview") told.preview?.(data);
          if (data.type === "warning") told.warning?.(data);
        }
        const job = await this.job(id);
        if (job.ended !== null) return job;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isOfAway(error)) throw error;
        if (!isAway) told.away?.(true);
        isAway = true;
      }
      await pause(wait, signal);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }

  /** @returns {Promise<import("./wire").Models>} */
  models() {
    return this.#json("v1/models");
  }

  /** Let the server fetch a model. @param {string} model @param {(event: PullProgress) => void} onProgress */
  async pull(model, onProgress) {
    const headers = { "Content-Type": "application/json" };
    const path = `v1/models/${encodeURIComponent(model)}/pull`;
    const answer = await this.#ask(path, { method: "POST", body: "{}", headers });
    for await (const { data } of eventsOf(answer)) {
      if (data.type === "progress") onProgress(data);
      if (data.type === "failed") throw new ServerError(data.detail, data.code, 200);
      if (data.type === "done") return;
    }
    throw this.#away();
  }

  /** @param {string} path @param {RequestInit} [options] @returns {Promise<any>} */
  async #json(path, options) {
    const answer = await this.#ask(path, options);
    return answer.json().catch((error) => {
      throw error instanceof SyntaxError ? error : this.#away();
    });
  }

  /** @param {string} path @param {RequestInit} [options] */
  async #ask(path, options = {}) {
    const answer = await fetch(path, options).catch((error) => {
      throw options.signal?.aborted ? error : this.#away();
    });
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => null);
    throw this.#refused(answer.status, problem, answer.headers.get("Retry-After"));
  }

  /**
   * The error for a refusal, a sentence for each fault; who has no key is led to where one is given.
   * @param {number} status @param {import("./wire").Error | null} problem @param {string | null} retryAfter
   */
  #refused(status, problem, retryAfter) {
    if (status === 401) location.assign(`login?${new URLSearchParams({ to: location.pathname })}`);
    const faults = (problem?.errors ?? []).filter((each) => each.severity !== "warning");
    const message = faults.length > 1 ? faults.map((each) => each.detail).join("\n") : problem?.detail;
    // What gives no reason in our words is no server of ours, but what stands before it.
    return new ServerError(message ?? this.t("client.away"), problem?.code ?? "away", status, Number(retryAfter));
  }

  #away() {
    return new ServerError(this.t("client.away"), "away", 0);
  }
}

/** Whether the server, or the way to it, is away for a while. @param {unknown} error */
function isOfAway(error) {
  return error instanceof ServerError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

/** In how many seconds to ask again: as the server says, or soon if it is away or full; 0: never. @param {unknown} error */
export function waitOf(error) {
  if (!(error instanceof ServerError)) return 0;
  return error.retryAfter || (AWAY.includes(error.status) ? SOON : 0);
}

/**
 * The server-sent events of an answer, until it ends.
 * @param {Response} answer @returns {AsyncGenerator<{ id: string, data: any }>}
 */
async function* eventsOf(answer) {
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const silence = setTimeout(() => reader.cancel(), SILENCE);
      const { done, value } = await reader
        .read()
        .catch(() => ENDED)
        .finally(() => clearTimeout(silence));
      if (done) return;
      const blocks = (text + value).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block);
        if (data) yield { id: /^id: (.*)$/m.exec(block)?.[1] ?? "", data: JSON.parse(data[1]) };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {number} milliseconds @param {AbortSignal} [signal] */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw signal.reason;
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Browsers have randomUUID only where the page came by https or from this machine. */
export function anyKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
}
