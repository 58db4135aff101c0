// SPDX-License-Identifier: Apache-2.0
// Takes pictures and masks home as files, and tells how they were made.

import { h, icon } from "./dom.js";
import { toPng } from "./png.js";
import { asCommand, asHttp, asPython, asRecipe, toldOf } from "./telling.js";

/** Formats by the ends of their names. @type {[string, string, string][]} */
const FORMATS = [
  ["png", "image/png", "PNG"],
  ["jpg", "image/jpeg", "JPEG"],
  ["webp", "image/webp", "WebP"],
];

/** @type {import("./main.js").Part} */
export function saving({ state, client, t }) {
  /** @param {string} text @param {() => Promise<unknown>} act */
  const button = (text, act) => h("button", { onclick: () => act().catch(state.sorry) }, text);
  const files = FORMATS.map(([suffix, type, title]) =>
    button(title, async () => {
      const { step } = state;
      if (!step) return;
      const { digest, name } = await state.kept(step);
      download(await client.image(digest, type), `${stem(name)}.${suffix}`);
    }),
  );
  const saveMask = async () => {
    const { step, mask } = state;
    if (!step) return;
    const made = step.made?.mask;
    if (!made && (!mask || mask.isEmpty)) throw new Error(t("save.no_mask"));
    const file = mask && !mask.isEmpty ? await toPng(mask) : await client.image(made ?? "", "image/png");
    download(file, `${stem(step.picture.name)}_mask.png`);
  };
  const dialog = h("dialog", { class: "told" });
  /** @type {[string, (told: import("./telling.js").Told, about: string) => string][]} */
  const texts = [
    [t("save.recipe"), asRecipe],
    [t("save.command"), asCommand],
    [t("save.http"), asHttp],
    [t("save.python"), asPython],
  ];
  const tellers = texts.map(([title, tell]) =>
    button(title, async () => {
      const { photo } = state;
      if (!photo || photo.at === 0) throw new Error(t("save.nothing_made"));
      const steps = photo.steps.slice(0, photo.at + 1);
      const told = toldOf(steps, new URL(".", location.href).href, await client.isShut());
      const about = steps.flatMap(({ made }) => made?.label ?? []).join(", ");
      showText(dialog, title, tell(told, about), t);
    }),
  );
  const graph = h("a", { class: "button", target: "_blank" }, t("save.graph"));
  state.addEventListener("step", () => {
    const job = state.step?.made?.job;
    graph.hidden = !job;
    graph.href = `editor/?graph=${job}`;
  });
  const names = { class: "primary", popovertarget: "saving" };
  const opener = h("button", names, icon("download"), t("save.title"));
  dialog.addEventListener("close", () => opener.focus()); // what opened it lies in the closed box
  const pictures = { class: "row", role: "group", "aria-label": t("save.file") };
  const ways = { class: "row", role: "group", "aria-label": t("save.as") };
  const box = h(
    "div",
    { id: "saving", popover: "auto" },
    h("div", pictures, ...files, button(t("save.mask"), saveMask)),
    h("div", ways, graph, ...tellers),
  );
  return h("div", null, opener, box, dialog);
}

/** @param {HTMLDialogElement} dialog @param {string} title @param {string} text @param {import("./texts.js").Translate} t */
function showText(dialog, title, text, t) {
  const shown = h("pre", { tabIndex: 0, "aria-label": title }, text);
  const copied = h("span", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied.textContent = t("save.copied");
    } catch {
      getSelection()?.selectAllChildren(shown); // browsers give the clipboard to safe origins alone
      copied.textContent = t("save.copy_by_hand");
    }
  };
  dialog.setAttribute("aria-label", title);
  const close = h("button", { onclick: () => dialog.close() }, t("close"));
  const row = h("div", { class: "row" }, h("button", { onclick: copy }, t("save.copy")), close, copied);
  dialog.replaceChildren(h("h2", null, title), shown, row);
  dialog.showModal();
}

/** @param {Blob} file @param {string} name */
function download(file, name) {
  const url = URL.createObjectURL(file);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** @param {string} name */
function stem(name) {
  return name.replace(/\.\w{1,5}$/, "") || "picture";
}
