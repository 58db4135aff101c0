// SPDX-License-Identifier: Apache-2.0
// Which model selects; one that is not there says what it is, and how to get it.

import { h } from "../dom.js";

/**
 * A choice of the models that do what one does, the first that is there chosen; with what is to know of a missing one.
 * @param {import("./panel.js").Selecting} selecting @param {string} usual name of a model @param {string} label
 */
export function modelChoice({ state, models }, usual, label) {
  const choice = h("select", { onchange: () => void look() });
  const needed = h("div", { role: "status" });
  const refill = async () => {
    const like = await models.like(usual);
    const chosen =
      choice.value ||
      (
        like.find((each) => each.name === usual && each.state === "present") ??
        like.find((each) => each.state === "present")
      )?.name ||
      usual;
    choice.replaceChildren(
      ...like.map((each) =>
        h("option", { value: each.name, selected: each.name === chosen }, models.named(each.name, each)),
      ),
    );
    await look();
  };
  const look = async () => {
    const box = choice.value ? await models.needed(choice.value, () => void show()) : null;
    needed.replaceChildren(...(box ? [box] : []));
  };
  const show = () => refill().catch((error) => state.say(error.message, { urgent: true }));
  return {
    elements: [h("label", { class: "field" }, h("span", null, label), choice), needed],
    /** Ask the server which there are. */
    show,
    get value() {
      return choice.value || usual;
    },
  };
}
