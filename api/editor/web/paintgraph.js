// SPDX-License-Identifier: Apache-2.0
// What paintgraph adds to ComfyUI's page: the graph that a new user sees first, a picture on which
// boxes and points are set by the mouse, links to inputs that take several types, colours of its
// sockets, and texts and numbers of results on their nodes.
import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";

const FIRST_GRAPH = "erase_object";
const AMBER = "#e6a23c";
const GREEN = "#4caf50";
const RED = "#f44336";
const COLOURS = { BOUNDING_BOX: AMBER, BOXES: AMBER, LIST: "#b0a8f0", PARTS: "#6cc5c1" };

async function firstGraph() {
  const address = `../../api/workflow_templates/paintgraph/${FIRST_GRAPH}.json`;
  const answer = await fetch(new URL(address, import.meta.url));
  return answer.ok ? answer.json() : undefined;
}

/** The inputs of a node type as [name, [type, options]]. */
function inputsOf(data) {
  return Object.entries({ ...data.input?.required, ...data.input?.optional });
}

/** Let an input that is a widget take links of other types, too, where it says so. */
function widen(config) {
  const [type, options] = config;
  if (!options?.also || type === "IMAGEUPLOAD") return;
  options.widgetType = Array.isArray(type) ? "COMBO" : type;
  if (Array.isArray(type)) options.options = type;
  config[0] = `${options.widgetType},${options.also}`;
}

/** Show an element below a node's widgets; no file and no prompt holds it. */
function addElement(node, name, element, height) {
  const widget = node.addDOMWidget(name, name, element, {
    serialize: false,
    hideOnZoom: false,
    getMinHeight: height,
  });
  widget.serialize = false;
  return widget;
}

function styled(element, style) {
  element.style.cssText = style;
  return element;
}

// --- Boxes and points -------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
const SIGN = 7; // px: radius of a point and of a corner
const STEADY = 4; // px: a pointer that moves less than this has clicked

function drawn(kind, attributes) {
  const shape = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
  return shape;
}

/** A widget whose numbers are rows: left, top, right, bottom of a box, or x, y of a point. */
class Table {
  constructor(node, widget, { columns, most_rows: most }) {
    Object.assign(this, { node, widget, size: columns.length, most: most ?? Infinity });
    this.isBox = this.size === 4;
    this.isUnwanted = widget.name === "avoid";
    this.colour = this.isBox ? AMBER : this.isUnwanted ? RED : GREEN;
  }

  get isLinked() {
    const { node, widget } = this;
    const slot = node.inputs?.findIndex((input) => input.widget?.name === widget.name);
    return slot >= 0 && node.isInputConnected(slot);
  }

  get rows() {
    const numbers = (String(this.widget.value ?? "").match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
    const rows = [];
    for (let at = 0; at + this.size <= numbers.length; at += this.size) rows.push(numbers.slice(at, at + this.size));
    return rows;
  }

  set rows(rows) {
    this.widget.value = rows.flat().join(", ");
    this.widget.callback?.(this.widget.value, app.canvas, this.node);
    this.node.setDirtyCanvas(true, true);
  }

  /** Set a row, or add one; where only one is allowed it takes the place of that. */
  put(row, at = this.rows.length) {
    const rows = this.rows;
    rows[Math.min(at, this.most - 1)] = row;
    this.rows = rows;
  }

  remove(at) {
    this.rows = this.rows.filter((_, row) => row !== at);
  }
}

/** The address of the picture that comes to a node, else of that which it reads; "" for none. */
function pictureOf(node) {
  const slot = node.inputs?.findIndex((input, at) => input.type.includes("IMAGE") && node.isInputConnected(at));
  return slot >= 0 ? pictureFrom(node.getInputNode(slot)) : addressOf({ filename: chosenFile(node) });
}

/** The address of a picture that a node gives, as far as that is known. */
function pictureFrom(source) {
  if (!source) return "";
  if (source.type === "Reroute") return pictureFrom(source.getInputNode(0));
  if (LOADERS.includes(source.type)) return addressOf({ filename: chosenFile(source) });
  return addressOf(app.nodeOutputs?.[source.id]?.images?.[0] ?? {});
}

function chosenFile(node) {
  return node.widgets?.find((widget) => PICTURES.get(node.comfyClass)?.has(widget.name))?.value;
}

function addressOf({ filename, subfolder = "", type = "input" }) {
  if (!filename || filename === "none") return "";
  return api.apiURL(`/view?${new URLSearchParams({ filename, subfolder, type })}`);
}

/** Nodes that give the picture that they read; others that read one make something of it. */
const LOADERS = ["LoadImage", "LoadImageOutput"];

/** By node type: options of the inputs that are tables, and names of those that are pictures. */
const TABLES = new Map();
const PICTURES = new Map();

/** A picture below the widgets of a node, on which its tables are filled by the mouse. */
class Pointing {
  constructor(node, tables) {
    Object.assign(this, { node, tables, address: "", state: "", width: 0, height: 0 });
    this.photo = drawn("image", {});
    this.shapes = drawn("g", {});
    this.svg = styled(drawn("svg", {}), "flex:1;min-height:0;cursor:crosshair;touch-action:none");
    this.svg.append(this.photo, this.shapes);
    this.hint = styled(document.createElement("div"), "font-size:11px;opacity:.75;padding:4px");
    this.element = styled(document.createElement("div"), "flex-direction:column;display:flex");
    this.element.append(this.svg, this.hint);
    this.element.addEventListener("wheel", (event) => app.canvas.processMouseWheel(event));
    this.svg.addEventListener("pointerdown", (event) => this.begin(event));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    this.svg.addEventListener("pointerup", (event) => this.end(event));
    addElement(node, "picture", this.element, () => (this.open.length ? 240 : 0));
  }

  /** The tables whose numbers come by no link. */
  get open() {
    return this.tables.filter((table) => !table.isLinked);
  }

  /** Draw anew what has changed since the last time. */
  refresh() {
    const address = pictureOf(this.node);
    if (address !== this.address) this.load(address);
    const { clientWidth, clientHeight } = this.svg;
    const values = this.open.map((table) => table.widget.value);
    const state = JSON.stringify([values, this.address, this.width, clientWidth, clientHeight]);
    if (state !== this.state) this.draw();
    this.state = state;
  }

  load(address) {
    Object.assign(this, { address, width: 0, height: 0 });
    const file = new Image();
    file.onload = () => {
      if (address !== this.address) return;
      Object.assign(this, { width: file.naturalWidth, height: file.naturalHeight });
      this.photo.setAttribute("href", file.src);
    };
    // Browsers do not show TIFF and others; the server makes a preview of the same size.
    file.onerror = () => {
      if (!file.src.includes("&preview=")) file.src = `${address}&preview=webp;80`;
    };
    if (address) file.src = address;
  }

  draw() {
    const { width, height, open } = this;
    this.svg.style.visibility = width ? "visible" : "hidden";
    this.hint.textContent = this.advice();
    this.svg.setAttribute("viewBox", `0 0 ${width || 1} ${height || 1}`);
    this.photo.setAttribute("width", width);
    this.photo.setAttribute("height", height);
    const { clientWidth, clientHeight } = this.svg;
    // Before the node is laid out, and without a picture, there is no scale to draw in.
    const tables = width && clientWidth && clientHeight ? open : [];
    const unit = Math.max(width / clientWidth, height / clientHeight);
    this.shapes.replaceChildren(...tables.flatMap((table) => this.shapesOf(table, unit)));
  }

  advice() {
    const { open } = this;
    if (!open.length) return "";
    if (!this.width) return "Link a Load Image, or a Preview Image that has run, to point here.";
    const points = open.filter((table) => !table.isBox);
    const said = [];
    if (open.some((table) => table.isBox)) said.push("Drag: a box.");
    if (points.length) said.push("Click: a point.");
    if (points.some((table) => table.isUnwanted)) said.push("Shift-click: not this.");
    return [...said, `Click a ${points.length ? "sign" : "corner"}: remove it.`].join(" ");
  }

  shapesOf(table, unit) {
    const look = { stroke: table.colour, "stroke-width": 2 * unit };
    const sign = (cx, cy, grip) => {
      const fill = table.isBox ? "#0008" : table.colour;
      const edge = table.isBox ? look : { stroke: "#fff", "stroke-width": 1.5 * unit };
      const shape = drawn("circle", { cx, cy, r: SIGN * unit, fill, ...edge });
      shape.style.cursor = "grab";
      return Object.assign(shape, { grip: { table, ...grip } });
    };
    const cross = ([x, y]) => {
      const [dx, dy] = [3.5 * unit, table.isUnwanted ? 0 : 3.5 * unit];
      const d = `M${x - dx} ${y}H${x + dx}M${x} ${y - dy}V${y + dy}`;
      return drawn("path", {
        d,
        stroke: "#fff",
        "stroke-width": 1.5 * unit,
        "pointer-events": "none",
      });
    };
    return table.rows.flatMap((row, at) => {
      if (!table.isBox) return [sign(...row, { at }), cross(row)];
      const [left, top, right, bottom] = row;
      const size = { width: Math.max(right - left, 0), height: Math.max(bottom - top, 0) };
      const frame = drawn("rect", { x: left, y: top, ...size, fill: "none", ...look });
      const corners = [left, right].flatMap((x) => [top, bottom].map((y) => [x, y]));
      const across = ([x, y]) => [left + right - x, top + bottom - y];
      return [frame, ...corners.map((corner) => sign(...corner, { at, from: across(corner) }))];
    });
  }

  /** Where the pointer is, in px of the picture; of a box its edges, of a point the px it is in. */
  at(event, isBox) {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    const [number, less] = isBox ? [Math.round, 0] : [Math.floor, 1];
    const within = (value, size) => Math.min(Math.max(number(value), 0), size - less);
    return [within(x, this.width), within(y, this.height)];
  }

  begin(event) {
    if (event.button !== 0 || !this.width) return;
    event.stopPropagation();
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    app.canvas.emitBeforeChange(); // so that what is done can be undone
    this.held = { x: event.clientX, y: event.clientY, grip: event.target.grip, moved: false };
    if (!this.held.grip) {
      const table = this.open.find((each) => each.isBox);
      const at = table && Math.min(table.rows.length, table.most - 1);
      if (table) this.held.grip = { table, at, from: this.at(event, true), isNew: true };
    }
  }

  move(event) {
    const { held } = this;
    if (!held) return;
    event.stopPropagation();
    held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) >= STEADY;
    if (!held.moved || !held.grip) return;
    const { table, at, from } = held.grip;
    const [x, y] = this.at(event, table.isBox);
    if (!table.isBox) table.put([x, y], at);
    else if (x !== from[0] && y !== from[1]) table.put([...lower([x, y], from), ...lower([x, y], from, Math.max)], at);
    this.refresh();
  }

  end(event) {
    const { held } = this;
    if (!held) return;
    this.held = undefined;
    if (!held.moved) {
      if (held.grip && !held.grip.isNew) held.grip.table.remove(held.grip.at);
      else this.addPoint(event);
    }
    app.canvas.emitAfterChange();
    this.refresh();
  }

  addPoint(event) {
    const tables = this.open.filter((table) => !table.isBox);
    const table = tables.find((each) => each.isUnwanted === event.shiftKey) ?? tables[0];
    table?.put(this.at(event, false));
  }
}

function lower(one, other, less = Math.min) {
  return one.map((value, axis) => less(value, other[axis]));
}

/** Pictures to point at; what they show may change in many ways, so they look for themselves. */
const pointings = new Set();
setInterval(() => pointings.forEach((each) => each.element.isConnected && each.refresh()), 200);

// --- Results ----------------------------------------------------------------------------------

/** The numbers of a repainted picture in words. */
function fitOf({ max_abs_diff_outside: outside, seam_ratio: seam, ring_delta_e: step }) {
  return [
    `Outside the mask: ${outside ? `changed by up to ${outside}` : "unchanged"}`,
    `Seam: ${seam.toFixed(2)} (about 1: not seen)`,
    `Step in colour: ${step.toFixed(1)} (below 1: not seen)`,
  ].join("\n");
}

/** Texts and numbers among a node's results, below its widgets. */
function showTexts(node, output) {
  const texts = node.type === "PreviewAny" ? [] : (output?.text ?? []);
  const lines = [...texts, ...(output?.repaint ?? []).map(fitOf)];
  let area = node.widgets?.find((widget) => widget.name === "result")?.element;
  if (!lines.length && !area) return;
  if (!area) {
    area = styled(document.createElement("textarea"), "resize:none;font:11px/1.4 sans-serif");
    area.className = "comfy-multiline-input";
    area.readOnly = true;
    addElement(node, "result", area, () => 60);
  }
  area.value = lines.join("\n");
}

// ----------------------------------------------------------------------------------------------

app.registerExtension({
  name: "paintgraph",

  // Without a graph to load, the page shows one of diffusion models that are not here.
  async init() {
    const load = app.loadGraphData;
    const first = await firstGraph();
    app.loadGraphData = function (graph, ...others) {
      return load.call(this, graph ?? structuredClone(first), ...others);
    };
  },

  setup() {
    const known = app.canvas?.default_connection_color_byType;
    if (known) Object.assign(known, COLOURS);
  },

  beforeRegisterNodeDef(_, data) {
    const inputs = inputsOf(data);
    const tables = inputs.filter(([, [, options]]) => options?.columns);
    const pictures = inputs.filter(([, [, options]]) => options?.image_upload);
    if (tables.length) TABLES.set(data.name, new Map(tables.map(([n, [, options]]) => [n, options])));
    PICTURES.set(data.name, new Set(pictures.map(([name]) => name)));
    inputs.forEach(([, config]) => widen(config));
  },

  nodeCreated(node) {
    const executed = node.onExecuted;
    node.onExecuted = function (output, ...others) {
      executed?.call(this, output, ...others);
      showTexts(this, output);
    };
    const options = TABLES.get(node.comfyClass);
    if (!options) return;
    const widgets = node.widgets.filter((widget) => options.has(widget.name));
    const pointing = new Pointing(
      node,
      widgets.map((widget) => new Table(node, widget, options.get(widget.name))),
    );
    pointings.add(pointing);
    const removed = node.onRemoved;
    node.onRemoved = function (...given) {
      pointings.delete(pointing);
      removed?.apply(this, given);
    };
  },
});
