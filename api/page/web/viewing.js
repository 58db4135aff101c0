// SPDX-License-Identifier: Apache-2.0
// How the picture is looked at: larger, smaller, all of it, beside what it was before; and how much of it is sent.

import { h, signed } from "./dom.js";

const FACTOR = 1.25;

/** @type {import("./main.js").Part} */
export function viewing({ state, view, t }) {
  const percent = h("output", { class: "percent" });
  const compare = signed("compare", t("view.compare"), () => show(slider.hidden === true), "C");
  const slider = h("input", {
    type: "range",
    class: "compare",
    min: 0,
    max: 1000,
    value: "500",
    "aria-label": t("view.slider"),
    hidden: true,
    oninput: () => show(true),
  });
  /** @param {boolean} isOn */
  const show = (isOn) => {
    slider.hidden = !isOn;
    compare.setAttribute("aria-pressed", String(isOn));
    view.compare(isOn ? slider.valueAsNumber / 1000 : null).catch(state.sorry);
  };
  const sending = h("progress", { class: "sending", max: 1, "aria-label": t("view.sending"), hidden: true });
  view.canvas.after(slider, sending);
  const element = h(
    "div",
    { class: "group", role: "group", "aria-label": t("view"), hidden: true },
    compare,
    signed("minus", t("view.smaller"), () => view.zoom(1 / FACTOR), "-"),
    percent,
    signed("plus", t("view.larger"), () => view.zoom(FACTOR), "+"),
    signed("fit", t("view.fit"), () => view.fit(), "0"),
  );
  view.addEventListener("view", () => {
    percent.textContent = t("view.percent", { n: Math.round(view.scale * 100) });
  });
  const showSent = () => {
    const sent = state.photo?.sent;
    sending.hidden = sent === undefined;
    if (sent !== undefined) sending.value = sent;
  };
  state.addEventListener("sent", showSent);
  state.addEventListener("step", showSent);
  state.addEventListener("step", () => {
    element.hidden = !state.step;
    compare.disabled = !view.canCompare;
    if (compare.disabled) show(false);
  });
  return element;
}
