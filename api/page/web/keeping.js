// SPDX-License-Identifier: Apache-2.0
// What stays when the page is left: digests and ids of jobs, no pixels. What was being done goes on.

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Step} Step */
/** @typedef {import("./state.js").Photo} Photo */

import { bitmapOf, EXACT } from "./photo.js";
import { fromPicture, toPng } from "./png.js";

const KEPT = "paintgraph.photos";
const MOST_PHOTOS = 20;

/**
 * Show what was open, without what the server has no more; then keep what is open from now on.
 * @param {import("./main.js").Page} page
 */
export async function keeping({ state, client, t, performer }) {
  const kept = read();
  let gone = 0;
  try {
    for (const photo of kept.photos) {
      // A server that does not say has it: what is gone is seen later.
      const there = await Promise.all(photo.steps.map((step) => client.has(step.picture.digest).catch(() => true)));
      const shown = photo.steps[photo.at];
      const steps = photo.steps.filter((_, at) => there[at]);
      gone += photo.steps.length - steps.length;
      if (steps.length) state.photos.push({ ...photo, steps, at: Math.max(0, steps.indexOf(shown)) });
    }
    const open = state.photos.find((each) => each.id === kept.open) ?? state.photos[0];
    if (open && !state.photo) state.open(open); // else a photo was chosen meanwhile
    const { photo } = state;
    if (photo?.selection) await select(state, client, photo.selection);
    if (photo) photo.selection = undefined;
    if (gone) state.say(t("steps.gone", { n: gone }));
  } catch (error) {
    state.sorry(error);
  }
  for (const event of ["photos", "step", "work"]) state.addEventListener(event, () => write(state));
  addEventListener("beforeunload", (event) => state.photos.some(isOnItsWay) && event.preventDefault());
  if (kept.going) void performer.takeUp(kept.going, kept.isOwn);
}

/** @returns {{ photos: Photo[], open: string, going: import("./doing/performing.js").Going | null, isOwn: boolean }} */
function read() {
  try {
    const own = sessionStorage.getItem(KEPT);
    const { photos, open, going } = JSON.parse(own ?? localStorage.getItem(KEPT) ?? "");
    return { photos, open, going, isOwn: own !== null };
  } catch {
    return { photos: [], open: "", going: null, isOwn: false }; // nothing is kept, or by another version of the page
  }
}

/** Select what is white in a picture that the server has. @param {State} state @param {import("./client.js").Client} client @param {string} digest */
export async function select(state, client, digest) {
  const { mask } = state;
  const bitmap = await bitmapOf(client, { picture: { digest } }, EXACT);
  const rect = mask?.combine(fromPicture(bitmap, mask.width, mask.height), "replace");
  bitmap.close();
  if (mask === state.mask) state.maskChanged(rect);
}

/**
 * Keep what is selected, for when the page is loaded next; photos that are on their way are waited for.
 * @param {State} state @param {import("./client.js").Client} client @param {import("./texts.js").Translate} t
 */
export async function keepSelection(state, client, t) {
  if (state.photos.some(isOnItsWay)) state.say(t("language.waits"));
  while (state.photos.some(isOnItsWay)) await Promise.allSettled(state.photos.map(({ steps }) => steps[0].keeping));
  const { photo, mask } = state;
  if (!photo || !mask || mask.isEmpty) return;
  photo.selection = (await client.upload(await toPng(mask), "mask.png")).digest;
  state.changed();
}

/** Whether the server does not have all of a photo yet. @param {Photo} photo */
function isOnItsWay({ steps }) {
  return steps[0].picture.digest === "";
}

/** A tab keeps its own; a new one begins with what was kept last. @param {State} state */
function write(state) {
  const photos = state.photos.slice(-MOST_PHOTOS).flatMap((photo) => {
    const steps = photo.steps.filter((step) => step.picture.digest).map(({ picture, made }) => ({ picture, made }));
    return steps.length ? [{ ...photo, steps }] : [];
  });
  const kept = { photos, open: state.photo?.id ?? "", going: state.work?.going ?? null };
  // Another tab takes up what goes on here once this one is closed, where browsers tell it: over https, or on this machine.
  const shared = navigator.locks ? kept : { ...kept, going: null };
  for (const [storage, what] of /** @type {const} */ ([
    ["sessionStorage", kept],
    ["localStorage", shared],
  ])) {
    try {
      window[storage].setItem(KEPT, JSON.stringify(what));
    } catch {
      // full, or forbidden by the browser: the page works without
    }
  }
}
