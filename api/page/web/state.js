// SPDX-License-Identifier: Apache-2.0
// What is open and what is being done. Parts of the page know this, and not each other.

import { byId, h } from "./dom.js";
import { Mask } from "./mask.js";
import { placeOf } from "./numbers.js";

/**
 * A picture, upright. `digest` is empty until the server has it: see `State.kept`.
 * @typedef {{digest: string, width: number, height: number, name: string}} Picture
 *
 * What made a picture: name of the recipe, its inputs as JSON (pictures by digest), the job's id,
 * and how the step is called; `mask`: the digest of what was repainted; `repaint`: the job's measures;
 * `choices`: all results of one wish, of which this is one.
 * @typedef {{recipe: string, inputs: Record<string, unknown>, job: string, label: string,
 *   mask?: string | null, repaint?: Record<string, number>, choices?: Choice[]}} Made
 *
 * The first step of a photo is the photo as it came. `source`: its bytes, where they are here;
 * `keeping`: ends once the server has it, or fails with the reason in words.
 * @typedef {{picture: Picture, made: Made | null, source?: Blob, keeping?: Promise<unknown>}} Step
 *
 * A result that can be chosen; `later`: the steps that were made of it, while another one is shown.
 * @typedef {{picture: Picture, made: Made | null, later?: Step[]}} Choice
 *
 * `at`: which step is shown; what lies behind it is there to redo. `sent`: how much of the photo the server has, 0 to
 * 1, while it is on its way. `selection`: the digest of what was selected when the page was left.
 * @typedef {{id: string, name: string, steps: Step[], at: number, sent?: number, selection?: string}} Photo
 *
 * What is being done; `preview` is an address, `note` what is to know besides, `going` what is kept of it.
 * @typedef {{photo: string, label: string, progress: number, preview: string | null,
 *   note: string, going: import("./doing/performing.js").Going, cancel: () => void}} Work
 *
 * @typedef {import("./mask.js").Rect} Rect
 */

const NOTE_SECONDS = 8;

/** What a step is known by in its photo: the job that made it; the photo as it came has none. @param {Choice | null} step */
export function idOf(step) {
  return step?.made?.job ?? "";
}

/** What an error says. @param {unknown} error */
export function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Events: 'photos' (the list, or what is known of one), 'closed' (detail: the Photo that is off the list), 'step' (another picture is shown), 'selection' (another mask is
 * drawn on), 'mask' (detail: the Rect that changed of it), 'sent' (how much of a photo the server has), 'work', 'tool'.
 */
export class State extends EventTarget {
  /** @type {Photo[]} */
  photos = [];
  /** @type {Photo | null} */
  photo = null;
  /** @type {Work | null} */
  work = null;
  /** The name of the tool in hand. */
  tool = "brush";
  /** Of the size of the step's picture. @type {Mask | null} */
  mask = null;

  /** @param {import("./texts.js").Translate} t */
  constructor(t) {
    super();
    this.t = t;
  }

  /** @returns {Step | null} */
  get step() {
    return this.photo?.steps[this.photo.at] ?? null;
  }

  /**
   * Show a photo, which is added to the list if it is new.
   * @param {Photo} photo
   */
  open(photo) {
    if (!this.photos.includes(photo)) this.photos.push(photo);
    this.show(photo, photo.at);
  }

  /**
   * Show a step of a photo.
   * @param {Photo} photo
   * @param {number} at
   * @param {Mask | null} [mask] what is selected in it; nothing
   */
  show(photo, at, mask = null) {
    this.photo = photo;
    photo.at = Math.max(0, Math.min(at, photo.steps.length - 1));
    const { width, height } = photo.steps[photo.at].picture;
    const isOther = mask === null || mask !== this.mask;
    this.mask = mask ?? new Mask(width, height);
    this.#tell("photos");
    if (isOther) this.#tell("selection");
    this.#tell("step");
  }

  /**
   * Take a photo off the list.
   * @param {Photo} photo
   */
  close(photo) {
    const place = this.photos.indexOf(photo);
    this.photos = this.photos.filter((each) => each !== photo);
    this.#tell("closed", photo);
    if (this.photo !== photo) return this.#tell("photos");
    const next = this.photos[Math.min(place, this.photos.length - 1)];
    if (next) return this.show(next, next.at);
    this.photo = this.mask = null;
    this.#tell("photos");
    this.#tell("selection");
    this.#tell("step");
  }

  /**
   * Add a step to a photo behind the one that it was made of, and show it; what was to redo there goes.
   * @param {Step} step
   * @param {Photo} photo
   * @param {string} from id of that one; if it is gone, the step comes last
   * @param {boolean} [isDrawn] whether what is selected was drawn meanwhile: it goes along
   * @returns {boolean} whether it is shown; not where what is selected has no place in it
   */
  add(step, photo, from, isDrawn = false) {
    const { step: shown, mask } = this;
    const isShown = photo === this.photo;
    const before = photo.steps.findIndex((each) => idOf(each) === from);
    const at = before < 0 ? photo.steps.length : before + 1;
    photo.steps.splice(at, Infinity, step);
    const place = isShown && isDrawn && shown && !mask?.isEmpty ? placeOf(shown, step) : undefined;
    if (place !== null || !shown || !photo.steps.includes(shown)) photo.at = at;
    if (!isShown || photo.at !== at) this.#tell("photos");
    else this.show(photo, at, place && mask?.placed(place, step.picture));
    return photo.at === at;
  }

  /**
   * Show another result of the same wish in place of the shown one; each keeps the steps that were made of it.
   * @param {Choice} wanted
   */
  choose(wanted) {
    const { photo, step } = this;
    if (!photo || !step?.made?.choices) return;
    const { at } = photo;
    const later = photo.steps.slice(at + 1);
    const choices = step.made.choices.map((each) => (idOf(each) === idOf(step) ? { ...each, later } : each));
    const { picture, made, later: steps = [] } = wanted;
    photo.steps.splice(at, Infinity, { picture, made: made && { ...made, choices } }, ...steps);
    this.show(photo, at);
  }

  /**
   * The picture of a step once the server has it.
   * @param {Step} step
   * @returns {Promise<Picture>}
   */
  async kept(step) {
    await step.keeping;
    return step.picture;
  }

  /** Tell how much of a photo is sent. @param {Photo} photo @param {number} [part] none: all, and it is kept */
  setSent(photo, part) {
    photo.sent = part;
    this.#tell("sent");
  }

  /** Tell that something about a photo is known now. */
  changed() {
    this.#tell("photos");
  }

  /** Tell which part of the mask changed, if any did. @param {Rect | null} [rect] */
  maskChanged(rect) {
    if (rect) this.#tell("mask", rect);
  }

  /** @param {Work | null} work */
  setWork(work) {
    this.work = work;
    this.#tell("work");
  }

  /** @param {string} name */
  setTool(name) {
    this.tool = name;
    this.#tell("tool");
  }

  /**
   * Say a sentence to those who see and those who hear; urgent ones stay until they are closed.
   * @param {string} text
   * @param {{urgent?: boolean}} [options]
   */
  say(text, { urgent = false } = {}) {
    const place = byId(urgent ? "urgent" : "said");
    const close = { class: "close", "aria-label": this.t("close"), onclick: () => note.remove() };
    const note = h("p", { class: "note" }, text, h("button", close, "×"));
    place.replaceChildren(note);
    if (!urgent) setTimeout(() => note.remove(), NOTE_SECONDS * 1000);
  }

  /** Say urgently what went wrong. @type {(error: unknown) => void} */
  sorry = (error) => this.say(wordsOf(error), { urgent: true });

  /** Take away what was said urgently; it is past. */
  hush() {
    byId("urgent").replaceChildren();
  }

  /**
   * @param {string} type
   * @param {unknown} [detail]
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
