// SPDX-License-Identifier: Apache-2.0
// The frame to extend a picture to: drawn with handles, of which each moves one side or two.

/** How much is added at each side, in pixels of the picture. @typedef {{left: number, top: number, right: number, bottom: number}} Frame */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Edges on the screen */
/** @typedef {{across: -1 | 0 | 1, down: -1 | 0 | 1}} Handle which sides it moves */

const REACH = 22; // pixels of the screen around a handle
const SIZE = 12;

/** @type {Handle[]} */
const HANDLES = /** @type {const} */ ([-1, 0, 1]).flatMap((across) =>
  /** @type {const} */ ([-1, 0, 1]).filter((down) => across || down).map((down) => ({ across, down })),
);

/** @param {Edges} edges @param {Handle} handle */
function placeOf({ left, top, right, bottom }, { across, down }) {
  return { x: (left + right + across * (right - left)) / 2, y: (top + bottom + down * (bottom - top)) / 2 };
}

/**
 * The handle at a place, the nearest one.
 * @param {Edges} edges @param {number} x @param {number} y
 * @returns {Handle | null}
 */
export function handleAt(edges, x, y) {
  const reached = HANDLES.map((handle) => {
    const place = placeOf(edges, handle);
    return { handle, away: Math.hypot(place.x - x, place.y - y) };
  });
  const nearest = reached.reduce((one, other) => (other.away < one.away ? other : one));
  return nearest.away <= REACH ? nearest.handle : null;
}

/** @param {Handle} handle */
export function cursorOf({ across, down }) {
  if (!across) return "ns-resize";
  if (!down) return "ew-resize";
  return across === down ? "nwse-resize" : "nesw-resize";
}

/**
 * The frame after a handle was moved by so many pixels of the picture; nothing becomes smaller than the picture.
 * @param {Frame} frame @param {Handle} handle @param {number} x @param {number} y
 * @returns {Frame}
 */
export function dragged(frame, { across, down }, x, y) {
  /** @param {number} was @param {number} by */
  const moved = (was, by) => Math.max(0, Math.round(was + by));
  return {
    left: across < 0 ? moved(frame.left, -x) : frame.left,
    top: down < 0 ? moved(frame.top, -y) : frame.top,
    right: across > 0 ? moved(frame.right, x) : frame.right,
    bottom: down > 0 ? moved(frame.bottom, y) : frame.bottom,
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Edges} outer of the frame
 * @param {Edges} inner of the picture
 */
export function drawFrame(context, outer, inner) {
  const [width, height] = [outer.right - outer.left, outer.bottom - outer.top];
  context.beginPath();
  context.rect(outer.left, outer.top, width, height);
  context.rect(inner.left, inner.top, inner.right - inner.left, inner.bottom - inner.top);
  context.fillStyle = "rgb(120 110 240 / 28%)";
  context.fill("evenodd");
  for (const [dash, colour] of /** @type {const} */ ([
    [[], "#fff"],
    [[6, 6], "#4a3fd0"],
  ])) {
    context.setLineDash(dash);
    context.lineWidth = 2;
    context.strokeStyle = colour;
    context.strokeRect(outer.left, outer.top, width, height);
  }
  context.setLineDash([]);
  context.fillStyle = "#fff";
  for (const handle of HANDLES) {
    const { x, y } = placeOf(outer, handle);
    context.beginPath();
    context.roundRect(x - SIZE / 2, y - SIZE / 2, SIZE, SIZE, 3);
    context.fill();
    context.stroke();
  }
}
