// SPDX-License-Identifier: Apache-2.0
// The photos that are open: another one to choose, and which of several is shown.

import { byId, h, icon, refill } from "./dom.js";

/**
 * @param {import("./state.js").State} state
 * @param {import("./texts.js").Translate} t
 * @param {import("./thumbnails.js").Thumbnails} thumbnails
 * @returns {HTMLElement}
 */
export function photos(state, t, thumbnails) {
  const open = h(
    "button",
    {
      type: "button",
      class: "plain",
      "aria-keyshortcuts": "O",
      title: t("photos.open"),
      hidden: true,
      onclick: () => byId("pick").click(),
    },
    icon("photo"),
    h("span", { class: "wide" }, t("photos.open")),
  );
  const list = h("ol", { class: "photos", "aria-label": t("photos"), hidden: true });
  state.addEventListener("photos", () => {
    open.hidden = !state.photo;
    list.hidden = state.photos.length < 2;
    refill(list, ...state.photos.map((photo) => h("li", null, ...entry(photo))));
  });
  /** @param {import("./state.js").Photo} photo */
  const entry = (photo) => {
    const [first] = photo.steps;
    const image = h("img", { alt: "" });
    void thumbnails.show(image, first);
    const isShown = photo === state.photo;
    const names = { "aria-label": photo.name, title: photo.name, "aria-current": isShown ? "true" : null };
    const close = t("photos.close", { name: photo.name });
    return [
      h(
        "button",
        { type: "button", class: "icon-only", ...names, onclick: () => isShown || state.show(photo, photo.at) },
        image,
      ),
      isShown &&
        h(
          "button",
          { type: "button", class: "icon-only", "aria-label": close, title: close, onclick: () => state.close(photo) },
          icon("close"),
        ),
    ];
  };
  return h("div", { class: "group" }, open, list);
}
