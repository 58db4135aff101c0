// SPDX-License-Identifier: Apache-2.0
// Keys on the canvas: arrows move the tool in hand, and space puts it down and lifts it; without a tool they move the picture.

const STEP = 16; // pixels of the screen that a key moves the tool
const FINE = 2; // with shift
const PAN = 64; // that a key moves the picture
const ARM = 11; // of the cross

/** @typedef {import("./view.js").View} View */
/** @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {View} view */
export function keyboard(view) {
  const { canvas } = view;
  canvas.role = "application"; // else screen readers keep the arrow keys to themselves
  /** What draws. @type {import("./view.js").Tool | null} */
  let drawing = null;

  /** Where the tool is. @returns {import("./view.js").Point} */
  const point = () => {
    const { left, top } = canvas.getBoundingClientRect();
    const { x, y } = view.mark ?? { x: 0, y: 0 };
    return { ...view.toPicture(left + x, top + y), pressure: 0.5, pointer: "keys", shift: false, alt: false };
  };
  const isDrawing = () => drawing !== null && drawing === view.tool;
  const lift = () => {
    if (isDrawing()) drawing?.up(point());
    drawing = null;
  };
  const leave = () => {
    lift();
    view.mark = null;
    view.draw();
  };

  /** @param {number} x @param {number} y */
  const move = (x, y) => {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const from = view.mark ?? (view.hovered ? view.toScreen(view.hovered) : { x: width / 2, y: height / 2 });
    const to = { x: Math.min(width, Math.max(0, from.x + x)), y: Math.min(height, Math.max(0, from.y + y)) };
    const [over, under] = [to.x - from.x - x, to.y - from.y - y];
    if (over || under) view.pan(over, under); // past the side of the screen the picture comes along
    view.mark = to;
    view.hovered = point();
    if (isDrawing()) drawing?.move?.(view.hovered);
    view.draw();
  };

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WAYS[event.key];
    const hasTool = view.tool && !view.frame && view.isReady;
    if (way) {
      const step = hasTool ? (event.shiftKey ? FINE : STEP) : -PAN;
      (hasTool ? move : view.pan.bind(view))(step * way[0], step * way[1]);
    } else if (event.key === " " && view.mark && hasTool) {
      if (event.repeat) return event.preventDefault();
      if (isDrawing()) lift();
      else (drawing = view.tool)?.down?.(point());
    } else if (event.key === "Escape" && isDrawing()) {
      drawing?.cancel?.();
      drawing = null;
    } else return;
    event.preventDefault();
  });
  for (const name of ["pointermove", "pointerdown", "blur"]) canvas.addEventListener(name, () => view.mark && leave());
}

/** The place of the tool that keys move. @param {CanvasRenderingContext2D} context @param {{x: number, y: number}} place on the screen */
export function drawCross(context, { x, y }) {
  context.beginPath();
  for (const [across, down] of Object.values(WAYS)) {
    context.moveTo(x + 3 * across, y + 3 * down);
    context.lineTo(x + ARM * across, y + ARM * down);
  }
  for (const [width, colour] of /** @type {const} */ ([
    [4, "#000a"],
    [1.5, "#fff"],
  ])) {
    [context.lineWidth, context.strokeStyle] = [width, colour];
    context.stroke();
  }
}
