// SPDX-License-Identifier: Apache-2.0
// Forms made from the schemas of recipes: a field for each input, with its kind, bounds, default and help.

import { field, h } from "../dom.js";
import { Mask } from "../mask.js";
import { FILES } from "../photo.js";
import { toPng } from "../png.js";
import { start } from "./progress.js";

/** @typedef {import("../client.js").InputSchema} InputSchema */
/** @typedef {import("../main.js").Page} Page */
/** @typedef {import("./performing.js").Patiently} Patiently */
/** `read` takes what stands there now, and gives undefined for what is left to the server.
 * @typedef {{ element: HTMLElement, read: (patiently: Patiently) => unknown }} Field */
/** A picture of the page. @typedef {"shown" | "selection"} Source */
/** @typedef {{ name: string, kind: string, schema: InputSchema, required: boolean, page: Page }} Input */

const BESIDE = ["metadata", "graph", "webhook"]; // what every recipe takes, and no picture is made of
const OF_FILES = ["channel", "threshold", "fit"]; // how masks are read that are no selections of the page
const BOX = 4;

/** The name of an input in the visitor's words; others are shown by their own. @param {string} name @param {import("../texts.js").Translate} t */
export function inputName(name, t) {
  const key = `input.${name}`;
  const plain = name.replaceAll("_", " ");
  return t(key) === key ? plain[0].toUpperCase() + plain.slice(1) : t(key);
}

/**
 * A form for a recipe.
 * @param {import("./panel.js").Doing} page @param {string} recipe its name
 * @param {{ first?: string[], without?: string[], given?: Record<string, Source>, only?: Record<string, string[]> }} [options]
 *   `first`: inputs that stand above the rest, which is folded, else those that must be given; `without`: inputs that
 *   somebody else gives; `given`: those that are taken from the page without a word; `only`: of these choices those
 * @returns {Promise<{ element: HTMLElement, about: string, read: import("./performing.js").Wish["read"] }>}
 */
export async function recipeForm(page, recipe, { first, without = [], given = {}, only = {} } = {}) {
  const [{ about, inputs }, schema] = await page.lookup(recipe);
  const required = schema.required ?? [];
  const unasked = [...BESIDE, ...without, ...Object.keys(given), ...(given.mask ? OF_FILES : [])];
  /** @type {Map<string, Field>} */
  const fields = new Map();
  for (const [name, one] of Object.entries(schema.properties)) {
    if (unasked.includes(name)) continue;
    const kept = only[name] ? { ...one, enum: only[name].filter((each) => one.enum?.includes(each)) } : one;
    const kind = inputs[name]?.type ?? "text";
    fields.set(name, fieldOf({ name, kind, schema: kept, required: required.includes(name), page }));
  }
  const above = first ?? (required.length ? required : [...fields.keys()]);
  const shown = above.flatMap((name) => fields.get(name)?.element ?? []);
  const folded = [...fields].filter(([name]) => !above.includes(name)).map(([, { element }]) => element);
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
  return { element: h("div", { class: "fields", "data-recipe": recipe }, ...shown, more), about, read };
}

/**
 * The form of the recipe that is chosen, made anew when another one is, and the button that begins it.
 * @param {import("./panel.js").Doing} doing @param {HTMLSelectElement[]} choices
 * @param {() => { recipe: string, label: string, first?: string[], given?: Record<string, Source> }} wanted what they say
 * @returns {Promise<HTMLElement[]>}
 */
export async function changingForm(doing, choices, wanted) {
  const place = h("div", { class: "fields" });
  /** @type {import("./performing.js").Wish | null} */
  let wish = null;
  let asked = 0;
  const show = async () => {
    const mine = ++asked;
    const { recipe, label, ...options } = wanted();
    const { element, about, read } = await recipeForm(doing, recipe, options);
    if (mine !== asked) return; // another one was chosen meanwhile
    wish = { recipe, label, read };
    place.replaceChildren(h("p", null, about), element);
  };
  for (const each of choices) each.addEventListener("change", () => show().catch(doing.state.sorry));
  await show();
  return [place, start(doing, doing.t("do.go"), () => wish)];
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

/** What stands above a control, with its unit. @param {Input} input */
function labelOf({ name, schema, page }) {
  return inputName(name, page.t) + (schema["x-unit"] ? ` (${schema["x-unit"]})` : "");
}

/** A control for an input, with its help. @param {Input} input @param {HTMLElement} control @param {...(HTMLElement | null)} beside */
function labelled(input, control, ...beside) {
  return placed(input, field(labelOf(input), control, ...beside), control);
}

/** @param {Input} input @param {HTMLElement} element @param {HTMLElement} control */
function placed({ name, schema }, element, control) {
  element.dataset.input = name;
  control.title = schema.description ?? "";
  return element;
}

/** @param {Input} input @returns {Field} */
function numberField(input) {
  const { kind, schema, required, page } = input;
  const { minimum: min, maximum: max } = schema;
  const bounds = { min, max, step: kind === "float" ? "any" : 1 };
  const control = h("input", { type: "number", ...bounds, required, value: schema.default ?? "" });
  const roll = () => (control.value = String(Math.floor(Math.random() * 1e9)));
  const dice = kind === "seed" ? h("button", { onclick: roll }, page.t("do.roll")) : null;
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
  const look = async () => {
    const names = value ? await page.models.namesLike(value).catch(() => []) : [];
    if (!names.length) return;
    const choice = choiceField(input, names);
    element.replaceChildren(...choice.element.childNodes);
    read = choice.read;
  };
  /** @type {Field["read"]} */
  let read = () => (checked(control).value === "" && !required ? schema.default : control.value);
  const element = labelled(input, control);
  void look();
  return { element, read: (patiently) => read(patiently) };
}

/** One of several; they may be models. @param {Input} input @param {(string | null)[]} choices @returns {Field} */
function choiceField(input, choices) {
  const { schema, required, page } = input;
  const chosen = typeof schema.default === "string" ? schema.default : (choices[0] ?? "");
  const { element, control } = page.models.choice(labelOf(input), choices, chosen);
  control.required = required;
  return { element: placed(input, element, control), read: () => control.value || null };
}

/** Any of several. @param {Input} input @param {string[]} choices @returns {Field} */
function ticksField(input, choices) {
  const boxes = choices.map((value) => h("input", { type: "checkbox", value }));
  const labels = boxes.map((box) => h("label", null, box, box.value));
  const element = h("fieldset", { class: "field" }, h("legend", null, labelOf(input)), ...labels);
  const read = () => {
    const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
    return ticked.length ? ticked : undefined;
  };
  return { element: placed(input, element, element), read };
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
    const place = schema.maxItems === BOX ? [x, y, x + width, y + height] : [x + width / 2, y + height / 2];
    control.value = place.map(Math.floor).join(", ");
  };
  const button = isNumbers ? h("button", { onclick: take }, t("do.from_selection")) : null;
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
  const control = h(
    "select",
    null,
    !required && h("option", { value: "" }, t("do.none")),
    h("option", { value: "shown" }, t("do.shown")),
    h("option", { value: "selection" }, t("do.selection")),
    h("option", { value: "file" }, t("do.file")),
  );
  control.value = !required ? "" : kind === "mask" ? "selection" : name === "image" ? "shown" : "file";
  const label = t("do.file_for", { name: inputName(name, t) });
  const file = h("input", { type: "file", accept: FILES, "aria-label": label });
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
