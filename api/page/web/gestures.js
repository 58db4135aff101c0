// SPDX-License-Identifier: Apache-2.0
// Pointers and wheel on the canvas: what moves the picture, and what the tool in hand gets.

import { cursorOf, dragged, handleAt } from "./frame.js";

const WHEEL = 0.0022; // of a doubling, by pixel

/** @typedef {import("./view.js").View} View */
/** What is going on: a finger or the mouse draws, moves the picture, drags a handle, or two fingers pinch.
 * @typedef {"tool" | "pan" | "pinch" | {handle: import("./frame.js").Handle}} Doing */

/** @param {View} view */
export function gestures(view) {
  const { canvas } = view;
  /** @type {Map<number, {x: number, y: number}>} */
  const held = new Map();
  /** @type {Doing | null} */
  let doing = null;
  let hasSpace = false;
  /** Whether a pen draws: the hand that holds it may touch the screen. */
  let isPen = false;
  /** Where a handle was taken, and the frame that there was. */
  let start = { x: 0, y: 0, frame: { left: 0, top: 0, right: 0, bottom: 0 } };

  const cursor = () => {
    const at = view.hovered && view.toScreen(view.hovered);
    const handle = at && view.frame ? handleAt(view.edges(view.frame), at.x, at.y) : null;
    const tool = view.frame ? null : view.tool;
    const isMoved = hasSpace || doing === "pan" || !(tool || handle);
    canvas.style.cursor = isMoved
      ? held.size
        ? "grabbing"
        : "grab"
      : handle
        ? cursorOf(handle)
        : (tool?.cursor ?? "");
  };

  /** @param {PointerEvent} event @returns {Doing} */
  const begun = (event) => {
    if (held.size > 1) return "pinch";
    if (event.button === 1 || hasSpace) return "pan";
    const { x, y } = view.onScreen(event);
    const handle = view.frame && handleAt(view.edges(view.frame), x, y);
    if (handle && view.frame) {
      start = { ...view.toPicture(event.clientX, event.clientY), frame: view.frame };
      return { handle };
    }
    return view.tool && !view.frame && view.isReady ? "tool" : "pan";
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    const isOverHand = event.pointerType === "pen" && !isPen; // it touched the screen before the pen did
    if (isOverHand) held.clear();
    else if (held.size && (isPen || doing === "pinch" || event.pointerType !== "touch")) return;
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, view.onScreen(event));
    isPen = event.pointerType === "pen";
    if (doing === "tool") view.tool?.cancel?.(); // it was the first of two fingers, or the hand
    doing = begun(event);
    if (doing === "tool") view.tool?.down?.(view.pointOf(event));
    view.hovered = view.pointOf(event);
    cursor();
    view.draw();
  });

  canvas.addEventListener("pointermove", (event) => {
    view.hovered = view.pointOf(event);
    const before = held.get(event.pointerId);
    if (before) move(event, before);
    cursor();
    view.draw();
  });

  /** @param {PointerEvent} event @param {{x: number, y: number}} before */
  const move = (event, before) => {
    const now = view.onScreen(event);
    held.set(event.pointerId, now);
    const [x, y] = [now.x - before.x, now.y - before.y];
    if (doing === "tool") {
      const all = event.getCoalescedEvents();
      for (const each of all.length ? all : [event]) view.tool?.move?.(view.pointOf(each));
    } else if (doing === "pan") {
      view.pan(x, y);
    } else if (doing === "pinch") {
      const other = [...held.entries()].find(([id]) => id !== event.pointerId)?.[1];
      if (!other) return;
      const apart = Math.hypot(before.x - other.x, before.y - other.y) || 1;
      view.pan(x / 2, y / 2);
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      view.zoom(Math.hypot(now.x - other.x, now.y - other.y) / apart, middle);
    } else if (doing && view.frame) {
      const change = view.toPicture(event.clientX, event.clientY);
      view.drag(dragged(start.frame, doing.handle, change.x - start.x, change.y - start.y));
    }
  };

  /** @param {PointerEvent} event */
  const end = (event) => {
    if (!held.delete(event.pointerId)) return;
    if (doing === "tool") event.type === "pointerup" ? view.tool?.up(view.pointOf(event)) : view.tool?.cancel?.();
    doing = held.size ? "pan" : null;
    if (event.pointerType === "touch") view.hovered = null;
    cursor();
    view.draw();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => {
    view.hovered = null;
    view.draw();
  });

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode ? 16 : 1;
      if (event.shiftKey || (event.deltaX && !event.ctrlKey))
        return view.pan(-event.deltaX, event.shiftKey ? -event.deltaY : 0);
      view.zoom(2 ** (-event.deltaY * lines * WHEEL * (event.ctrlKey ? 4 : 1)), view.onScreen(event));
    },
    { passive: false },
  );

  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.key !== " " || event.defaultPrevented) return;
    if (target.matches("a, button, summary, input, label, textarea, select, [role=button]")) return;
    event.preventDefault();
    hasSpace = true;
    cursor();
  });
  addEventListener("keyup", (event) => {
    if (event.key !== " ") return;
    hasSpace = false;
    cursor();
  });
  addEventListener("blur", () => {
    hasSpace = false;
  });
  view.addEventListener("tool", cursor);
}
