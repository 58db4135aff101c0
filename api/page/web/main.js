// SPDX-License-Identifier: Apache-2.0
// Puts the parts of the page together; each part listens to the state. (Tests ask what it exports.)

import { choosing } from "./choosing.js";
import { Client } from "./client.js";
import { doing } from "./doing/panel.js";
import { Performer } from "./doing/performing.js";
import { byId } from "./dom.js";
import { gallery } from "./gallery.js";
import { keeping } from "./keeping.js";
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
fill(t);
export const state = new State(t);
const client = new Client(t);
export const view = new View(/** @type {HTMLCanvasElement} */ (byId("picture")), state, client);
const runner = new Runner(state, client, t);
const page = {
  ...{ state, client, view, t, runner },
  models: new Models(client, t),
  performer: new Performer(state, runner, t),
  thumbnails: new Thumbnails(client),
};

/**
 * What the parts of the page know, and a part: it makes what stands for it.
 * @typedef {typeof page} Page
 * @typedef {(page: Page) => Node} Part
 */

/** Where each part stands. @type {[string, Part][]} */
const PARTS = [
  ["stage", choosing],
  ["bar-view", viewing],
  ["select", selecting],
  ["do", doing],
  ["bar-save", saving],
  ["strip", steps],
  ["bar-photos", photos],
  ["bar-photos", gallery],
  ["bar", menu],
  ["sheets", sheets],
];
for (const [place, make] of PARTS) byId(place).append(make(page));
state.addEventListener("step", () => {
  for (const id of ["select", "do"]) byId(id).hidden = !state.step;
  document.body.classList.toggle("working", state.step !== null);
});
await keeping(page);
