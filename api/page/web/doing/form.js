// SPDX-License-Identifier: Apache-2.0
// Forms made from the schemas of recipes: a field for each input, with its kind, bounds, default and help.
// @ts-check

import { h } from "../dom.js";
import { Mask } from "../mask.js";
import { FILES } from "../photo.js";
import { toPng } from "../png.js";

/** @typedef {import("../client.js").InputSchema} InputSchema */
/** What forms need of the page.
 * @typedef {{ state: import("../state.js").State, client: import("../client.js").Client, models: import("../models.js").Models,
 *   t: import("../texts.js").Translate }} Page */
/** @typedef {import("./performing.js").Patiently} Patiently */
/** `read` takes what stands there now, and gives undefined for what is left to the server.
 * @typedef {{ element: HTMLElement, read: (patiently: Patiently) => unknown }} Field */
/** A picture of the page. @typedef {"shown" | "selection"} Source */
/** @typedef {{ name: string, kind: string, schema: InputSchema, required: boolean, page: Page }} Input */

const BESIDE = ["metadata", "graph", "webhook"]; // what every recipe takes, and no picture is made of
const OF_FILES = ["channel", "threshold", "fit"]; // how masks are read that are no selections of the page
const BOX = 4;

/** Names of inputs in the visitor's words; others are shown by their own. @type {Record<string, string>} */
const NAMES = {
  prompt: "input.prompt",
  negative_prompt: "input.negative_prompt",
  engine: "input.engine",
  model: "input.model",
  seed: "input.seed",
  grow: "input.grow",
  feather: "input.feather",
  radius: "input.radius",
  background: "input.background",
  steps: "input.steps",
  strength: "input.strength",
  mask: "input.mask",
  image: "input.image",
  count: "input.count",
};

/** @param {string} name @param {import("../texts.js").Translate} t */
export function inputName(name, t) {
  const plain = name.replaceAll("_", " ");
  return NAMES[name] ? t(NAMES[name]) : plain[0].toUpperCase() + plain.slice(1);
}

/**
 * A form for a recipe.
 * @param {Page} page
 * @param {import("../wire").RecipeSummary} recipe
 * @param {import("../client.js").Schema} schema
 * @param {{ first?: string[], without?: string[], given?: Record<string, Source>, only?: Record<string, string[]> }} [options]
 *   `first`: inputs that stand above the rest, which is folded; `without`: inputs that somebody else gives; `given`: those
 *   that are taken from the page without a word; `only`: of these choices those
 * @returns {{ element: HTMLElement, read: (patiently: Patiently) => Promise<Record<string, unknown>> }}
 */
export function recipeForm(page, recipe, schema, { first, without = [], given = {}, only = {} } = {}) {
  const unasked = [...BESIDE, ...without, ...Object.keys(given), ...(given.mask ? OF_FILES : [])];
  /** @type {Map<string, Field>} */
  const fields = new Map();
  for (const [name, one] of Object.entries(schema.properties)) {
    if (unasked.includes(name)) continue;
    const kept = only[name] ? { ...one, enum: only[name].filter((each) => one.enum?.includes(each)) } : one;
    const required = schema.required?.includes(name) ?? false;
    fields.set(name, fieldOf({ name, kind: recipe.inputs[name]?.type ?? "text", schema: kept, required, page }));
  }
  const isFirst = (/** @type {string} */ name) => !first || first.includes(name);
  const shown = (first ?? [...fields.keys()]).flatMap((name) => fields.get(name)?.element ?? []);
  const folded = [...fields].filter(([name]) => !isFirst(name)).map(([, field]) => field.element);
  const more = folded.length ? h("details", { class: "more" }, h("summary", null, page.t("do.more")), ...folded) : null;
  /** @param {Patiently} patiently */
  const read = async (patiently) => {
    const taken = Object.entries(given).map(async ([name, source]) => [name, await pictureOf(page, source, patiently)]);
    const filled = [...fields].map(async ([name, field]) => [name, await field.read(patiently)]);
    const all = /** @type {[string, unknown][]} */ (await Promise.all([...taken, ...filled]));
    const isToSend = (/** @type {string} */ name, /** @type {unknown} */ value) =>
      value !== undefined && (schema.properties[name].default !== value || name === "seed");
    return Object.fromEntries(all.filter(([name, value]) => isToSend(name, value)));
  };
  return { element: h("div", { class: "fields" }, ...shown, more), read };
}

/** @param {Input} input @returns {Field} */
function fieldOf(input) {
  const { kind, schema } = input;
  if (kind === "image" || kind === "mask") return pictureField(input);
  if (schema.enum) return choiceField(input, schema.enum);
  if (kind === "bool") return tickField(input);
  if (kind === "int" || kind === "float" || kind === "seed") return numberField(input);
  if (kind === "list") return schema.items?.enum ? ticksField(input, schema.items.enum) : listField(input);
  return textField(input);
}

/** A control with its name above. @param {string} text @param {HTMLElement} control @param {...(HTMLElement | null)} beside */
export function field(text, control, ...beside) {
  return h("div", { class: "field" }, h("label", null, h("span", null, text), control), ...beside);
}

/** A control for an input, with its unit and help. @param {Input} input @param {HTMLElement} control @param {...(HTMLElement | null)} beside */
function labelled({ name, schema, page }, control, ...beside) {
  const unit = schema["x-unit"] ? ` (${schema["x-unit"]})` : "";
  control.title = schema.description ?? "";
  const made = field(inputName(name, page.t) + unit, control, ...beside);
  made.dataset.input = name;
  return made;
}

/** @param {Input} input @returns {Field} */
function numberField(input) {
  const { kind, schema, required, page } = input;
  const { minimum: min, maximum: max } = schema;
  const step = kind === "float" ? "any" : 1;
  const control = h("input", {
    type: "number",
    min,
    max,
    step,
    required,
    value: schema.default ?? "",
  });
  const roll = () => (control.value = String(Math.floor(Math.random() * 1e9)));
  const dice = kind === "seed" ? h("button", { type: "button", onclick: roll }, page.t("do.roll")) : null;
  const read = () => (checked(control).value === "" ? undefined : control.valueAsNumber);
  return { element: labelled(input, control, dice), read };
}

/** @param {Input} input @returns {Field} */
function tickField(input) {
  const control = h("input", { type: "checkbox", checked: input.schema.default === true });
  return { element: labelled(input, control), read: () => control.checked };
}

/** @param {Input} input @returns {Field} */
function textField(input) {
  const { name, schema, required, page } = input;
  const value = typeof schema.default === "string" ? schema.default : "";
  const isLong = name.includes("prompt") || name === "replacement";
  const control = isLong ? h("textarea", { rows: 2, required }, value) : h("input", { type: "text", required, value });
  const needed = h("div", null);
  const look = async () => {
    const like = value ? await page.models.like(value).catch(() => []) : [];
    if (!like.length || !control.parentElement) return;
    const choices = like.map((each) => each.name);
    const field = choiceField({ ...input, schema: { ...schema, enum: choices } }, choices);
    element.replaceChildren(...field.element.childNodes);
    read = field.read;
  };
  /** @type {Field["read"]} */
  let read = () => (checked(control).value === "" && !required ? schema.default : control.value);
  const element = labelled(input, control, needed);
  void look();
  return { element, read: (patiently) => read(patiently) };
}

/** One of several; those that are models which are missing say so, and what they need. @param {Input} input @param {(string | null)[]} choices @returns {Field} */
function choiceField(input, choices) {
  const { schema, required, page } = input;
  const needed = h("div", null);
  const control = h(
    "select",
    { required },
    ...choices.map((each) => h("option", { value: each ?? "" }, each ?? page.t("do.none"))),
  );
  control.value = typeof schema.default === "string" ? schema.default : (choices[0] ?? "");
  const show = async () => {
    const { models } = await page.models.all();
    for (const option of control.options) {
      option.textContent =
        page.models.named(
          option.value,
          models.find((each) => each.name === option.value),
        ) || page.t("do.none");
    }
    const box = await page.models.needed(control.value, () => void show());
    needed.replaceChildren(...(box ? [box] : []));
  };
  control.addEventListener("change", () => void show());
  show().catch(() => {}); // without the list the names alone are shown
  return { element: labelled(input, control, needed), read: () => control.value || null };
}

/** Any of several. @param {Input} input @param {string[]} choices @returns {Field} */
function ticksField(input, choices) {
  const boxes = choices.map((value) => h("input", { type: "checkbox", value }));
  const labels = boxes.map((box) => h("label", null, box, box.value));
  const legend = h("legend", null, inputName(input.name, input.page.t));
  const element = h(
    "fieldset",
    { class: "field", "data-input": input.name, title: input.schema.description },
    legend,
    ...labels,
  );
  const read = () => {
    const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
    return ticked.length ? ticked : undefined;
  };
  return { element, read };
}

/** Numbers, or texts, divided by commas; boxes and points can be taken from the selection. @param {Input} input @returns {Field} */
function listField(input) {
  const { schema, required, page } = input;
  const { state, t } = page;
  const isNumbers = schema.items?.type === "integer" || schema.items?.type === "number";
  const control = h("input", { type: "text", required, inputMode: isNumbers ? "numeric" : "text" });
  const take = () => {
    const box = state.mask?.bounds();
    if (!box) return state.say(t("do.select_first"), { urgent: true });
    const { x, y, width, height } = box;
    const isBox = schema.maxItems === BOX;
    control.value = (isBox ? [x, y, x + width, y + height] : [x + width / 2, y + height / 2].map(Math.floor)).join(
      ", ",
    );
  };
  const button = isNumbers ? h("button", { type: "button", onclick: take }, t("do.from_selection")) : null;
  const read = () => {
    const entries = checked(control)
      .value.split(/[,\s]+/)
      .filter(Boolean);
    return entries.length ? (isNumbers ? entries.map(Number) : entries) : undefined;
  };
  return { element: labelled(input, control, button), read };
}

/** A picture: the one that is shown, what is selected in it, or a file; it goes by its digest. @param {Input} input @returns {Field} */
function pictureField(input) {
  const { name, kind, required, page } = input;
  const { client, t } = page;
  /** @type {[string, string][]} */
  const choices = [
    ["shown", t("do.shown")],
    ["selection", t("do.selection")],
    ["file", t("do.file")],
  ];
  if (!required) choices.unshift(["", t("do.none")]);
  const control = h("select", null, ...choices.map(([value, text]) => h("option", { value }, text)));
  control.value = !required ? "" : kind === "mask" ? "selection" : name === "image" ? "shown" : "file";
  const file = h("input", {
    type: "file",
    accept: FILES,
    "aria-label": t("do.file_for", { name: inputName(name, t) }),
  });
  const show = () => (file.hidden = control.value !== "file");
  control.addEventListener("change", show);
  show();
  /** @param {Patiently} patiently */
  const read = async (patiently) => {
    const source = control.value;
    if (source !== "file") return source ? pictureOf(page, /** @type {Source} */ (source), patiently) : undefined;
    const [chosen] = file.files ?? [];
    if (!chosen) throw new Error(t("do.file_missing", { name: inputName(name, t) }));
    return (await patiently(() => client.upload(chosen, chosen.name))).digest;
  };
  return { element: labelled(input, control, file), read };
}

/** A picture of the page as it is now, kept by the server. @param {Page} page @param {Source} source @param {Patiently} patiently */
async function pictureOf({ state, client, t }, source, patiently) {
  const { step, mask } = state;
  if (source === "shown") return step ? (await state.kept(step)).digest : undefined;
  if (!mask || mask.isEmpty) throw new Error(t("do.select_first"));
  const file = await toPng(new Mask(mask.width, mask.height, mask.data.slice())); // strokes go on
  return (await patiently(() => client.upload(file, "mask.png"))).digest;
}

/**
 * A control that is filled in well, or the browser's words for what is wrong with it.
 * @template {HTMLInputElement | HTMLTextAreaElement} Control
 * @param {Control} control
 */
function checked(control) {
  if (control.checkValidity()) return control;
  const folded = control.closest("details.more");
  if (folded instanceof HTMLDetailsElement) folded.open = true;
  control.reportValidity();
  throw new Error(`${control.labels?.[0]?.firstChild?.textContent}: ${control.validationMessage}`);
}
