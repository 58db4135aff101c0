// SPDX-License-Identifier: Apache-2.0
// Puts the parts of the page together; each part listens to the state. (Tests ask what it exports.)

import { choosing } from "./choosing.js";
import { Client } from "./client.js";
import { doing } from "./doing/panel.js";
import { Performer } from "./doing/performing.js";
import { byId } from "./dom.js";
import { gallery } from "./gallery.js";
import { keeping, keepSelection } from "./keeping.js";
import { dress, menu, sheets } from "./menu.js";
import { Models } from "./models.js";
import { photos } from "./photos.js";
import { Runner } from "./running.js";
import { saving } from "./saving.js";
import { selecting } from "./selecting/panel.js";
import { State } from "./state.js";
import { steps } from "./steps.js";
import { fill, language, texts } from "./texts.js";
import { Thumbnails } from "./thumbnails.js";
import { View } from "./view.js";
import { viewing } from "./viewing.js";

dress();
const spoken = language();
document.documentElement.lang = spoken;
const t = await texts(spoken);
fill(document, t);
export const state = new State(t);
const client = new Client(t);
const canvas = /** @type {HTMLCanvasElement} */ (byId("picture"));
export const view = new View(canvas, state, client);
const models = new Models(client, t);
const runner = new Runner(state, client, t);
const performer = new Performer(state, runner, t);
const thumbnails = new Thumbnails(client);

/**
 * Each part: where its element stands, and what makes it.
 * @type {[string, (state: State, client: Client, view: View, t: import("./texts.js").Translate) => HTMLElement | void][]}
 */
const PARTS = [
  ["stage", choosing],
  ["bar-view", viewing],
  ["select", (...page) => selecting(...page, models, runner)],
  ["do", (...page) => doing(...page, performer, models)],
  ["bar-save", saving],
  ["strip", () => steps(state, client, t, thumbnails)],
  ["bar-photos", () => photos(state, t, thumbnails)],
  ["bar-photos", () => gallery(state, client, t, thumbnails)],
];
for (const [place, make] of PARTS) {
  const made = make(state, client, view, t);
  if (made) byId(place).append(made);
}
byId("bar").append(menu(t, () => keepSelection(state, client, t)));
byId("sheets").append(...sheets(t));
state.addEventListener("step", () => {
  for (const id of ["select", "do"]) byId(id).hidden = !state.step;
  document.body.classList.toggle("working", state.step !== null);
});
await keeping(state, client, t, performer);
