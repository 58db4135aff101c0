// SPDX-License-Identifier: Apache-2.0
// The photos that are open: another one to choose, and which of several is shown.

import { byId, h, icon, refill, signed } from "./dom.js";

/** @type {import("./main.js").Part} */
export function photos({ state, t, thumbnails }) {
  const title = t("photos.open");
  const props = { class: "plain", "aria-keyshortcuts": "O", title, hidden: true, onclick: () => byId("pick").click() };
  const open = h("button", props, icon("photo"), h("span", { class: "wide" }, title));
  const list = h("ol", { class: "photos", "aria-label": t("photos"), hidden: true });
  state.addEventListener("photos", () => {
    open.hidden = !state.photo;
    list.hidden = state.photos.length < 2;
    refill(list, ...state.photos.map((photo) => h("li", null, ...entry(photo))));
  });
  /** @param {import("./state.js").Photo} photo */
  const entry = (photo) => {
    const { name } = photo;
    const isShown = photo === state.photo;
    const names = { "aria-label": name, title: name, "aria-current": isShown ? "true" : null };
    const show = () => isShown || state.show(photo, photo.at);
    return [
      h("button", { class: "icon-only", ...names, onclick: show }, thumbnails.image(photo.steps[0])),
      isShown && signed("close", t("photos.close", { name }), () => state.close(photo)),
    ];
  };
  return h("div", { class: "group" }, open, list);
}
