// SPDX-License-Identifier: Apache-2.0
// Elements in one expression.

/**
 * An element with its properties and children. Names that begin with "on" are listeners, texts are attributes,
 * other values are properties where there are such; null and undefined are left out. Buttons submit only if they say so.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} [props]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props, ...children) {
  const made = document.createElement(tag);
  if (made instanceof HTMLButtonElement) made.type = "button";
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && typeof value !== "string") Reflect.set(made, name, value);
    else made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/**
 * A button that is a sign; its name is for screen readers, and for pointers that rest on it.
 * @param {string} sign @param {string} label @param {(() => void) | null} onclick @param {string} [keys]
 */
export function signed(sign, label, onclick, keys) {
  const names = { "aria-label": label, title: label, "aria-keyshortcuts": keys };
  return h("button", { class: "icon-only", ...names, onclick }, icon(sign));
}

/** A control with its name above. @param {string} name @param {HTMLElement} control @param {...(Node | null)} beside */
export function field(name, control, ...beside) {
  return h("div", { class: "field" }, h("label", null, h("span", null, name), control), ...beside);
}

/**
 * Put others in place of an element's children; the keyboard stays at the same button among them.
 * @param {HTMLElement} element
 * @param {...(Node | string)} children
 */
export function refill(element, ...children) {
  const buttons = () => [...element.querySelectorAll("button")];
  const at = buttons().indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  element.replaceChildren(...children);
  if (at >= 0) buttons()[at]?.focus();
}

/**
 * The element that the page has under an id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element '${id}'`);
  return found;
}

/**
 * A sign of icons.svg, for the eyes only.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.setAttribute("class", "icon");
  made.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `page/icons.svg#${name}`);
  made.append(use);
  return made;
}
