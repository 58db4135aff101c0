// SPDX-License-Identifier: Apache-2.0
// Takes pictures and masks home as files, and tells how they were made.
// @ts-check

import { h, icon } from "./dom.js";
import { toPng } from "./png.js";
import { asCommand, asHttp, asPython, asRecipe, toldOf } from "./telling.js";

/** Formats by the ends of their names. @type {[string, string][]} */
const FORMATS = [
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["webp", "image/webp"],
];

/**
 * @param {import("./state.js").State} state
 * @param {import("./client.js").Client} client
 * @param {import("./view.js").View} _
 * @param {import("./texts.js").Translate} t
 * @returns {HTMLElement}
 */
export function saving(state, client, _, t) {
  /** @param {() => unknown} act */
  const trying = (act) => async () => {
    try {
      await act();
    } catch (error) {
      state.say(error instanceof Error ? error.message : String(error), { urgent: true });
    }
  };
  const files = FORMATS.map(([suffix, type]) => {
    const save = async () => {
      const { step } = state;
      if (!step) return;
      const { digest, name } = await state.kept(step);
      download(await client.image(digest, type), `${stem(name)}.${suffix}`);
    };
    return h(
      "button",
      { type: "button", onclick: trying(save) },
      suffix === "jpg" ? "JPEG" : suffix === "webp" ? "WebP" : "PNG",
    );
  });
  const saveMask = async () => {
    const { step, mask } = state;
    if (!step) return;
    const made = step.made?.mask;
    if (!made && (!mask || mask.isEmpty)) throw new Error(t("save.no_mask"));
    const file = mask && !mask.isEmpty ? await toPng(mask) : await client.image(made ?? "", "image/png");
    download(file, `${stem(step.picture.name)}_mask.png`);
  };
  const dialog = h("dialog", { class: "told" });
  /** @type {[string, (told: import("./telling.js").Told) => string][]} */
  const texts = [
    [
      t("save.recipe"),
      (told) => asRecipe(told, state.photo?.steps.flatMap((each) => each.made?.label ?? []).join(", ") ?? ""),
    ],
    [t("save.command"), asCommand],
    [t("save.http"), asHttp],
    [t("save.python"), asPython],
  ];
  const tellers = texts.map(([title, tell]) => {
    const show = async () => {
      const { photo } = state;
      if (!photo || photo.at === 0) throw new Error(t("save.nothing_made"));
      const steps = photo.steps.slice(0, photo.at + 1);
      const told = toldOf(steps, new URL(".", location.href).href, await client.isShut());
      showText(dialog, title, tell(told), t);
    };
    return h("button", { type: "button", onclick: trying(show) }, title);
  });
  const graph = h("a", { class: "button", target: "_blank" }, t("save.graph"));
  state.addEventListener("step", () => {
    const job = state.step?.made?.job;
    graph.hidden = !job;
    graph.href = `editor/?graph=${job}`;
  });
  const names = { type: "button", class: "primary", popovertarget: "saving" };
  const opener = h("button", names, icon("download"), t("save.title"));
  dialog.addEventListener("close", () => opener.focus()); // what opened it lies in the closed box
  return h(
    "div",
    null,
    opener,
    h(
      "div",
      { id: "saving", popover: "auto" },
      h(
        "div",
        { class: "row", role: "group", "aria-label": t("save.file") },
        ...files,
        h("button", { type: "button", onclick: trying(saveMask) }, t("save.mask")),
      ),
      h("div", { class: "row", role: "group", "aria-label": t("save.as") }, graph, ...tellers),
    ),
    dialog,
  );
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
  dialog.replaceChildren(
    h("h2", null, title),
    shown,
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", onclick: copy }, t("save.copy")),
      h("button", { type: "button", onclick: () => dialog.close() }, t("close")),
      copied,
    ),
  );
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
