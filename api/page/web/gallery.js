// SPDX-License-Identifier: Apache-2.0
// Jobs of this page that were: their pictures, opened again or removed from the server.

import { stepOf } from "./doing/performing.js";
import { h, icon } from "./dom.js";
import { bitmapOf } from "./photo.js";
import { wordsOf } from "./state.js";

/** The button that opens it. @type {import("./main.js").Part} */
export function gallery({ state, client, t, thumbnails }) {
  const list = h("ul", { class: "jobs" });
  const told = h("p", { role: "status" });
  const more = h("button", { onclick: () => void fill(next) }, t("gallery.more"));
  const close = h("button", { onclick: () => dialog.close() }, t("close"));
  const title = h("h2", null, t("gallery.title"));
  const names = { class: "gallery", "aria-label": t("gallery.title") };
  const dialog = h("dialog", names, title, list, told, h("div", { class: "row" }, more, close));
  let [next, asked] = ["", 0];

  /** Add what comes before a job to the list; an answer that another question has overtaken is left out. */
  const fill = async (before = "") => {
    const mine = ++asked;
    try {
      const page = await client.jobs(before);
      if (mine !== asked) return;
      next = page.next ?? "";
      more.hidden = !next;
      list.append(...page.jobs.map(entry));
      told.textContent = list.childElementCount ? "" : t("gallery.empty");
    } catch (error) {
      sorry(error);
    }
  };
  /** @param {import("./client.js").Job} job */
  const entry = (job) => {
    const step = stepOf(job, "", { recipe: job.recipe ?? "", label: "", inputs: {} });
    const name = job.recipe?.replaceAll("_", " ") ?? "";
    const when = new Date(job.created).toLocaleString();
    const about = `${name}, ${t(`gallery.${job.state}`)}, ${when}`;
    const onclick = () => void show(job).catch(sorry);
    const names = { "aria-label": t("gallery.open", { about }), disabled: !step };
    const open = h("button", { ...names, onclick }, step ? thumbnails.image(step) : h("img", { alt: "" }));
    const remove = async () => {
      if (!confirm(t("gallery.sure", { about }))) return;
      try {
        await (job.ended === null ? client.cancel(job.id) : client.remove(job.id));
        made.remove();
      } catch (error) {
        sorry(error);
      }
    };
    const drop = h("button", { "aria-label": t("gallery.remove", { about }), onclick: remove }, "×");
    const made = h("li", null, open, h("span", null, about), drop);
    return made;
  };
  /**
   * Show a job's picture where it is a step of an open photo; else open it, behind the picture that it was made of.
   * @param {import("./client.js").Job} job
   */
  const show = async (job) => {
    const { request } = await client.graph(job.id);
    const inputs = /** @type {Record<string, unknown>} */ (request.inputs ?? {});
    const name = job.recipe?.replaceAll("_", " ") ?? job.id;
    const step = stepOf(job, name, { recipe: job.recipe ?? "", label: name, inputs });
    if (!step) return;
    const steps = [step];
    if (typeof inputs.image === "string") {
      const picture = { digest: inputs.image, width: 0, height: 0, name };
      const source = await bitmapOf(client, { picture }).catch(() => null); // it may be gone, the result is not
      if (source) {
        const { width, height } = source;
        source.close();
        steps.unshift({ picture: { ...picture, width, height }, made: null });
      }
    }
    const made = (/** @type {import("./state.js").Step} */ each) => each.made?.job === job.id;
    const open = state.photos.find((photo) => photo.steps.some(made));
    if (open) state.show(open, open.steps.findIndex(made));
    else state.open({ id: job.id, name, steps, at: steps.length - 1 });
    dialog.close();
  };
  /** @param {unknown} error */
  const sorry = (error) => {
    told.textContent = wordsOf(error);
  };
  const begin = () => {
    list.replaceChildren();
    dialog.showModal();
    void fill();
  };
  document.body.append(dialog);
  const props = { class: "plain", "aria-label": t("gallery.title"), onclick: begin };
  return h("button", props, icon("gallery"), h("span", { class: "wide" }, t("gallery.title")));
}
