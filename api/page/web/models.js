// SPDX-License-Identifier: Apache-2.0
// Models of the server, to choose from; of those that it lacks: what they are, what they cost, and having it fetch them.

import { field, h } from "./dom.js";
import { wordsOf } from "./state.js";

/** @typedef {import("./wire").Model} Model */

/** Stands for the best model that is there, where any would do. */
export const AUTO = "auto";

/** Knows the server's models; asks for them once, and again when one was fetched. */
export class Models {
  /** @type {Promise<import("./wire").Models> | null} */
  #asked = null;

  /** @param {import("./client.js").Client} client @param {import("./texts.js").Translate} t */
  constructor(client, t) {
    this.client = client;
    this.t = t;
  }

  async #all() {
    this.#asked ??= this.client.models();
    try {
      return await this.#asked;
    } catch (error) {
      this.#asked = null;
      throw error;
    }
  }

  /** The models that do what one does, or those of a family: first what is there, it before the others. @param {string} name */
  async like(name) {
    const { models, auto } = await this.#all();
    const meant = name === AUTO ? auto : name;
    const family = models.find((each) => each.name === meant)?.family ?? meant;
    const like = models.filter((each) => each.family === family);
    const rank = (/** @type {Model} */ each) => 2 * Number(isThere(each)) + Number(each.name === meant);
    return like.sort((a, b) => rank(b) - rank(a));
  }

  /** What may be chosen in place of one, by name. @param {string} name */
  async namesLike(name) {
    const names = (await this.like(name)).map((each) => each.name);
    return name === AUTO ? [AUTO, ...names] : names;
  }

  /**
   * A choice among names, of which those of models that are missing say so, and below what is to know of the chosen one.
   * @param {string} label @param {(string | null)[]} [names] @param {string} [chosen]
   */
  choice(label, names = [], chosen = "") {
    const control = h("select", { onchange: () => show().catch(() => {}) });
    const needed = h("div", { role: "status" });
    /** @param {(string | null)[]} names @param {string} chosen */
    const offer = (names, chosen) => {
      control.replaceChildren(...names.map((each) => h("option", { value: each ?? "" }, each ?? this.t("do.none"))));
      control.value = chosen;
      return show();
    };
    /** What the server says of them; without that they are names alone. */
    const show = async () => {
      const { models, auto, can_be_pulled: canBePulled } = await this.#all();
      const missing = new Map(models.filter((each) => !isThere(each)).map((each) => [each.name, each]));
      for (const option of control.options) {
        const model = missing.get(option.value);
        option.textContent = model
          ? this.t("models.missing", { name: model.name, size: this.#size(model) })
          : option.value || this.t("do.none");
      }
      const chosen = missing.get(control.value === AUTO ? auto : control.value);
      needed.replaceChildren(...(chosen ? [this.#needed(chosen, canBePulled, show)] : []));
    };
    offer(names, chosen).catch(() => {});
    return { element: field(label, control, needed), control, offer };
  }

  /** What is to know about a model that is missing, with a button where the server may fetch it. @param {Model} model @param {boolean} canBePulled @param {() => Promise<void>} onPresent */
  #needed(model, canBePulled, onPresent) {
    const { t } = this;
    const { name, about, licence, command } = model;
    const use = {
      free: t("models.free"),
      paid: t("models.paid"),
      forbidden: t("models.forbidden"),
      unknown: t("models.unknown"),
    };
    const terms = { name: licence.name || t("models.unnamed"), use: use[licence.commercial] };
    const box = h(
      "div",
      { class: "needed", role: "group", "aria-label": name },
      h("p", null, t("models.about", { name, about, size: this.#size(model) })),
      h(
        "p",
        null,
        t("models.licence", terms),
        " ",
        h("a", { href: licence.url, rel: "noreferrer", target: "_blank" }, licence.url),
      ),
    );
    if (canBePulled && command) box.append(...this.#fetching(name, onPresent));
    else {
      const how = command ? t("models.command") : t("models.no_address", { name });
      const problems = model.problems.join(" ");
      box.append(h("p", null, how, " ", command && h("code", null, command), problems && ` ${problems}`));
    }
    return box;
  }

  /** The button that has the server fetch a model, and how far it is. @param {string} name @param {() => Promise<void>} onPresent */
  #fetching(name, onPresent) {
    const told = h("span", { role: "status" });
    const bar = h("progress", { max: 1, hidden: true, "aria-label": this.t("models.fetch") });
    const fetchIt = async () => {
      [button.disabled, bar.hidden] = [true, false];
      try {
        await this.client.pull(name, (event) => {
          if (event.total_bytes) bar.value = event.done_bytes / event.total_bytes;
          told.textContent = event.file;
        });
        this.#asked = null;
        await onPresent();
      } catch (error) {
        told.textContent = wordsOf(error);
      } finally {
        [button.disabled, bar.hidden] = [false, true];
      }
    };
    const button = h("button", { onclick: fetchIt }, this.t("models.fetch"));
    return [button, bar, told];
  }

  /** @param {Model} model */
  #size({ size_bytes: bytes }) {
    return bytes
      ? this.t("models.megabytes", { n: Math.max(1, Math.round(bytes / 1e6)) })
      : this.t("models.size_unknown");
  }
}

/** @param {Model} model */
export function isThere(model) {
  return model.state === "present";
}
