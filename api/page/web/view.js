// SPDX-License-Identifier: Apache-2.0
// The canvas: the picture, the mask over it, what it was before, the frame to extend it to, and the tool in hand.

import { drawFrame } from "./frame.js";
import { gestures } from "./gestures.js";
import { drawCross, keyboard } from "./keyboard.js";
import { Overlay } from "./overlay.js";
import { pattern } from "./photo.js";
import { placeOf } from "./numbers.js";
import { Opened } from "./opened.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Step} Step */
/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./photo.js").Drawable} Drawable */
/** @typedef {{step: Step, drawable: Drawable}} Shown */

/**
 * In pixels of the picture; alt and shift are keys that are held.
 * @typedef {{x: number, y: number, pressure: number, pointer: string, shift: boolean, alt: boolean}} Point
 *
 * What gets the pointer. It draws in pixels of the screen: see `View.toScreen` and `View.scale`.
 * @typedef {{cursor: string, down?(point: Point): void, move?(point: Point): void, up(point: Point): void,
 *   cancel?(): void, draw?(context: CanvasRenderingContext2D, view: View): void}} Tool
 */

const MARGIN = 16; // pixels of the screen around what fits
const FRAME_MARGIN = 0.14; // of the screen, where there is a frame to drag
const LEAST = 48; // pixels of the screen of a picture that stay in sight
const LARGEST = 40; // pixels of the screen for one of the picture
const STILL = 160; // milliseconds after which what moved is drawn in full detail

/** Events: 'view' (it was zoomed or moved), 'frame' (it was dragged), 'tool'. */
export class View extends EventTarget {
  /** Pixels of the screen for one of the picture. */
  scale = 1;
  /** Where the pointer is. @type {Point | null} */
  hovered = null;
  /** Where keys have moved the tool, in pixels of the canvas. @type {{x: number, y: number} | null} */
  mark = null;
  /** @type {Tool | null} */
  tool = null;
  #x = 0;
  #y = 0;
  #width = 1;
  #height = 1;
  /** @type {Shown | null} */
  #shown = null;
  #opened;
  #isFitted = true;
  /** @type {Frame | null} */
  #frame = null;
  /** How much of the screen shows what was before, 0 to 1. @type {number | null} */
  #compared = null;
  /** @type {Shown | null} */
  #before = null;
  /** The step that is compared with, or will be. @type {Step | null} */
  #asksBefore = null;
  #base = new OffscreenCanvas(1, 1);
  #isStale = true;
  #isMoving = false;
  #timer = 0;
  #asked = 0;
  #overlay = new Overlay();
  /** What changed of the mask since it was drawn; true: all. @type {import("./state.js").Rect[] | true} */
  #changes = true;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {State} state
   * @param {Client} client
   */
  constructor(canvas, state, client) {
    super();
    this.canvas = canvas;
    this.state = state;
    this.#opened = new Opened(client, (step) =>
      [state.step, this.#shown?.step, this.#before?.step, this.#asksBefore].includes(step),
    );
    const context = canvas.getContext("2d");
    if (!context) throw new Error("the browser gives no canvas");
    this.context = context;
    state.addEventListener("step", () => void this.#show());
    state.addEventListener("mask", (event) => {
      const rect = /** @type {CustomEvent} */ (event).detail;
      if (this.#changes !== true) this.#changes.push(rect);
      this.draw();
    });
    new ResizeObserver(() => this.#resize()).observe(canvas);
    gestures(this);
    keyboard(this);
  }

  /** Whether what is seen is the step, and can be drawn on. */
  get isReady() {
    return this.#shown !== null && this.#shown.step === this.state.step;
  }

  /** What is seen, once it is; its pixels can be asked for. */
  get picture() {
    return this.isReady ? (this.#shown?.drawable ?? null) : null;
  }

  /** The picture of a step, decoded. @param {Step} step */
  open(step) {
    return this.#opened.open(step);
  }

  /** Show the state's step. */
  async #show() {
    const { step } = this.state;
    const before = this.#shown;
    this.#changes = true;
    this.canvas.hidden = !step;
    if (!step) {
      this.#shown = null;
      return;
    }
    this.canvas.setAttribute("aria-busy", "true");
    try {
      const drawable = await this.open(step);
      if (this.state.step !== step) return;
      this.#measure(); // what was hidden until now has no size yet
      this.#shown = { step, drawable };
      const { width, height } = drawable;
      const isOther = before?.drawable.width !== width || before.drawable.height !== height;
      drawable.ready.then(() => this.#redraw());
      if (isOther || this.#isFitted) this.fit();
      this.#redraw();
      if (this.#compared !== null) await this.compare(this.#compared);
    } catch (error) {
      if (this.state.step === step) this.state.sorry(error);
    } finally {
      if (this.state.step === step) this.canvas.removeAttribute("aria-busy");
    }
  }

  // --- Where things are -----------------------------------------------------------------------

  /** A place of the window in pixels of the picture. @param {number} clientX @param {number} clientY */
  toPicture(clientX, clientY) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return { x: (clientX - left - this.#x) / this.scale, y: (clientY - top - this.#y) / this.scale };
  }

  /** A place of the picture in pixels of the canvas as it is seen. @param {{x: number, y: number}} place */
  toScreen({ x, y }) {
    return { x: this.#x + x * this.scale, y: this.#y + y * this.scale };
  }

  /** Where a pointer is on the canvas. @param {{clientX: number, clientY: number}} event */
  onScreen({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  /** @param {PointerEvent} event @returns {Point} */
  pointOf(event) {
    const { pressure, pointerType: pointer, shiftKey: shift, altKey: alt } = event;
    return { ...this.toPicture(event.clientX, event.clientY), pressure, pointer, shift, alt };
  }

  /** The sides of the picture with a frame around it, on the screen. @param {Frame} frame */
  edges({ left, top, right, bottom }) {
    const { width, height } = this.#size;
    const first = this.toScreen({ x: -left, y: -top });
    const last = this.toScreen({ x: width + right, y: height + bottom });
    return { left: first.x, top: first.y, right: last.x, bottom: last.y };
  }

  get #size() {
    return this.#shown?.drawable ?? { width: 1, height: 1 };
  }

  /** Show all of it, with the frame. */
  fit() {
    const { left = 0, top = 0, right = 0, bottom = 0 } = this.#frame ?? {};
    const { width, height } = this.#size;
    const margin = this.#frame ? FRAME_MARGIN * Math.min(this.#width, this.#height) : MARGIN;
    const [across, down] = [width + left + right, height + top + bottom];
    const most = Math.min((this.#width - 2 * margin) / across, (this.#height - 2 * margin) / down);
    this.scale = Math.max(most, 1e-3);
    this.#x = (this.#width - across * this.scale) / 2 + left * this.scale;
    this.#y = (this.#height - down * this.scale) / 2 + top * this.scale;
    this.#moved();
    this.#isFitted = true;
  }

  /**
   * Make it larger by a factor; what is at a place of the canvas stays there.
   * @param {number} factor
   * @param {{x: number, y: number}} [at] in the middle
   */
  zoom(factor, at = { x: this.#width / 2, y: this.#height / 2 }) {
    const least = LEAST / Math.max(this.#size.width, this.#size.height);
    const scale = Math.min(LARGEST, Math.max(Math.min(least, this.scale), this.scale * factor));
    this.#x = at.x - ((at.x - this.#x) * scale) / this.scale;
    this.#y = at.y - ((at.y - this.#y) * scale) / this.scale;
    this.scale = scale;
    this.#moved();
  }

  /** Move it by pixels of the screen; a part of it stays in sight. @param {number} x @param {number} y */
  pan(x, y) {
    this.#x += x;
    this.#y += y;
    this.#moved();
  }

  #moved() {
    const { width, height } = this.#size;
    this.#x = Math.min(this.#width - LEAST, Math.max(LEAST - width * this.scale, this.#x));
    this.#y = Math.min(this.#height - LEAST, Math.max(LEAST - height * this.scale, this.#y));
    this.#isFitted = false;
    this.#isMoving = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isMoving = false;
      this.#redraw();
    }, STILL);
    this.#changes = true;
    this.#redraw();
    this.dispatchEvent(new Event("view"));
  }

  // --- What is over it ------------------------------------------------------------------------

  /** Put a tool in hand. @param {Tool | null} tool */
  setTool(tool) {
    this.tool?.cancel?.();
    this.tool = tool;
    this.dispatchEvent(new Event("tool"));
    this.draw();
  }

  /** How much is to be added at each side; null where nothing is extended. */
  get frame() {
    return this.#frame;
  }

  set frame(frame) {
    const isNew = !this.#frame !== !frame;
    this.#frame = frame;
    if (isNew) this.fit();
    this.dispatchEvent(new Event("tool"));
    this.draw();
  }

  /** Change the frame by hand. @param {Frame} frame */
  drag(frame) {
    this.#frame = frame;
    this.dispatchEvent(new Event("frame"));
    this.draw();
  }

  /** Whether there is something to compare the step with. */
  get canCompare() {
    return (this.state.photo?.at ?? 0) > 0;
  }

  /**
   * Show what was before the step, from the left as far as a part of the screen; null: no more.
   * @param {number | null} part 0 to 1
   */
  async compare(part) {
    const { photo } = this.state;
    this.#compared = photo && photo.at > 0 ? part : null;
    const step = photo && this.#compared !== null ? photo.steps[photo.at - 1] : null;
    this.#asksBefore = step;
    const drawable = step ? await this.open(step) : null;
    if (this.#asksBefore !== step) return; // another one was asked for meanwhile
    this.#before = step && drawable && { step, drawable };
    this.#redraw();
  }

  // --- Drawing --------------------------------------------------------------------------------

  #measure() {
    this.#width = Math.max(1, this.canvas.clientWidth);
    this.#height = Math.max(1, this.canvas.clientHeight);
  }

  #resize() {
    this.#measure();
    const ratio = devicePixelRatio || 1;
    this.canvas.width = this.#base.width = Math.round(this.#width * ratio);
    this.canvas.height = this.#base.height = Math.round(this.#height * ratio);
    this.#changes = true;
    if (this.#isFitted) this.fit();
    this.#isStale = true;
    cancelAnimationFrame(this.#asked); // at once: the canvas is empty now
    this.#paint();
  }

  #redraw() {
    this.#isStale = true;
    this.draw();
  }

  /** Draw it anew with the next frame of the screen. */
  draw() {
    this.#asked ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#asked = 0;
    const { context } = this;
    const ratio = devicePixelRatio || 1;
    if (this.#isStale) this.#paintBase(ratio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.#shown) return;
    context.drawImage(this.#base, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.#compared === null) this.#paintMask();
    else this.#paintSlider(this.#compared * this.#width);
    if (this.#frame) drawFrame(context, this.edges(this.#frame), this.edges({ left: 0, top: 0, right: 0, bottom: 0 }));
    else if (this.isReady && this.#compared === null) {
      this.tool?.draw?.(context, this);
      if (this.mark) drawCross(context, this.mark);
    }
  }

  /** The pictures: drawn again only if they moved, so that a stroke costs no picture. @param {number} ratio */
  #paintBase(ratio) {
    this.#isStale = false;
    const context = this.#base.getContext("2d");
    if (!context || !this.#shown) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#base.width, this.#base.height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.save();
    if (this.#compared !== null) clip(context, this.#compared * this.#width, 0, this.#width, this.#height);
    this.#paintPicture(context, this.#shown.drawable, { x: 0, y: 0 }, ratio);
    context.restore();
    if (!this.#before || this.#compared === null) return;
    context.save();
    clip(context, 0, 0, this.#compared * this.#width, this.#height);
    const { before, step } = { before: this.#before, step: this.#shown.step };
    const { left, top } = placeOf(before.step, step) ?? { left: 0, top: 0 };
    this.#paintPicture(context, before.drawable, { x: left, y: top }, ratio);
    context.restore();
  }

  /**
   * @param {OffscreenCanvasRenderingContext2D} context @param {Drawable} drawable
   * @param {{x: number, y: number}} shift where it lies in the picture that is shown @param {number} ratio
   */
  #paintPicture(context, drawable, shift, ratio) {
    const { x, y } = this.toScreen(shift);
    const [width, height] = [drawable.width * this.scale, drawable.height * this.scale];
    context.fillStyle = pattern(context);
    context.fillRect(x, y, width, height);
    const seen = {
      x: Math.max(0, -x / this.scale),
      y: Math.max(0, -y / this.scale),
      width: Math.min(drawable.width, this.#width / this.scale),
      height: Math.min(drawable.height, this.#height / this.scale),
    };
    context.save();
    context.translate(x, y);
    context.scale(this.scale, this.scale);
    drawable.draw(context, seen, this.scale * ratio, this.#isMoving);
    context.restore();
  }

  #paintMask() {
    const { mask } = this.state;
    if (!mask || !this.isReady) return;
    const placed = { x: this.#x, y: this.#y, scale: this.scale };
    if (this.#changes === true) this.#overlay.fill(mask, placed, this.#width, this.#height);
    else for (const rect of this.#changes) this.#overlay.update(mask, placed, rect);
    this.#changes = [];
    this.#overlay.draw(this.context);
  }

  /** @param {number} x */
  #paintSlider(x) {
    const { context } = this;
    context.fillStyle = "#0008";
    context.fillRect(x - 2, 0, 4, this.#height);
    context.fillStyle = "#fff";
    context.fillRect(x - 1, 0, 2, this.#height);
  }
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {number} left @param {number} top @param {number} right @param {number} bottom */
function clip(context, left, top, right, bottom) {
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
}
