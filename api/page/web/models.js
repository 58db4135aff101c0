// SPDX-License-Identifier: Apache-2.0
// Models that the server lacks: what they are, what they cost, and having the server fetch them.
// @ts-check

import { h } from "./dom.js";

/** @typedef {import("./wire").Model} Model */

/** Knows the server's models; asks for them once, and again when one was fetched. */
export class Models {
  /** @type {Promise<import("./wire").Models> | null} */
  #asked = null;

  /**
   * @param {import("./client.js").Client} client
   * @param {import("./texts.js").Translate} t
   */
  constructor(client, t) {
    this.client = client;
    this.t = t;
  }

  async all() {
    this.#asked ??= this.client.models();
    try {
      return await this.#asked;
    } catch (error) {
      this.#asked = null;
      throw error;
    }
  }

  /** The models that do what one does, or those of a family. @param {string} name @returns {Promise<Model[]>} */
  async like(name) {
    const { models } = await this.all();
    const family = models.find((each) => each.name === name)?.family ?? name;
    return models.filter((each) => each.family === family);
  }

  /** How a model is called in a list of choices. @param {string} name @param {Model} [model] */
  named(name, model) {
    return model && model.state !== "present" ? this.t("models.missing", { name, size: this.#size(model) }) : name;
  }

  /**
   * What is to know about a model that is not there, with a button where the server may fetch it.
   * @param {string} name @param {() => void} onPresent
   * @returns {Promise<HTMLElement | null>} null: it is there, or no model of the server's list
   */
  async needed(name, onPresent) {
    const { t } = this;
    const { models, can_be_pulled: canBePulled } = await this.all();
    const model = models.find((each) => each.name === name);
    if (!model || model.state === "present") return null;
    const { licence, command } = model;
    const box = h("div", { class: "needed", role: "group", "aria-label": name });
    const use = {
      free: "models.free",
      paid: "models.paid",
      forbidden: "models.forbidden",
      unknown: "models.unknown",
    };
    box.append(
      h("p", null, t("models.about", { name, about: model.about, size: this.#size(model) })),
      h(
        "p",
        null,
        t("models.licence", {
          name: licence.name || t("models.unnamed"),
          use: t(use[licence.commercial]),
        }),
        " ",
        h("a", { href: licence.url, rel: "noreferrer", target: "_blank" }, licence.url),
      ),
    );
    if (canBePulled && command) {
      const told = h("span", { role: "status" });
      const bar = h("progress", { max: 1, hidden: true, "aria-label": t("models.fetch") });
      const fetchIt = async () => {
        [button.disabled, bar.hidden] = [true, false];
        try {
          await this.client.pull(name, (event) => {
            if (event.total_bytes) bar.value = event.done_bytes / event.total_bytes;
            told.textContent = event.file;
          });
          this.#asked = null;
          onPresent();
        } catch (error) {
          told.textContent = error instanceof Error ? error.message : String(error);
        } finally {
          [button.disabled, bar.hidden] = [false, true];
        }
      };
      const button = h("button", { type: "button", onclick: fetchIt }, t("models.fetch"));
      box.append(button, bar, told);
    } else {
      const problems = model.problems.join(" ");
      box.append(
        h(
          "p",
          null,
          command ? t("models.command") : t("models.no_address", { name }),
          " ",
          command && h("code", null, command),
          problems && ` ${problems}`,
        ),
      );
    }
    return box;
  }

  /** @param {Model} model */
  #size({ size_bytes: bytes }) {
    return bytes
      ? this.t("models.megabytes", { n: Math.max(1, Math.round(bytes / 1e6)) })
      : this.t("models.size_unknown");
  }
}
