// SPDX-License-Identifier: Apache-2.0
// The page's words in the visitor's language, from one file a language.

/** The languages that there are, by their own names. @type {Record<string, string>} */
export const LANGUAGES = { en: "English", de: "Deutsch" };
const KEPT = "paintgraph.language";

/**
 * Gives the text of a key. `{name}` in it is replaced by the value of that name, numbers as the
 * language writes them; where the text has forms ("one", "other"), the value `n` chooses.
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Translate
 */

/** @typedef {Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>} Table */

/** What this visitor chose; null: nothing, or the browser keeps nothing. @param {string} key */
export function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remember what this visitor chose, where the browser allows it. @param {string} key @param {string} value */
export function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {} // it holds for as long as the page is open
}

/** The language chosen here before, or the first of the browser's that there is, or English. */
export function language() {
  const wanted = [kept(KEPT), ...navigator.languages];
  const found = wanted.map((each) => each?.slice(0, 2) ?? "").find((each) => each in LANGUAGES);
  return found ?? "en";
}

/** Choose a language for this visitor from now on; the page is made anew.
 * @param {string} chosen */
export function speak(chosen) {
  keep(KEPT, chosen);
  location.reload();
}

/** Read the texts of a language.
 * @param {string} spoken
 * @returns {Promise<Translate>} */
export async function texts(spoken) {
  const answer = await fetch(new URL(`texts/${spoken}.json`, import.meta.url));
  return translator(spoken, await answer.json());
}

/** What gives texts of a table.
 * @param {string} spoken
 * @param {Table} table
 * @returns {Translate} */
export function translator(spoken, table) {
  const plural = new Intl.PluralRules(spoken);
  const numbers = new Intl.NumberFormat(spoken);
  return (key, values = {}) => {
    const found = table[key] ?? key;
    const text = typeof found === "string" ? found : (found[plural.select(Number(values.n))] ?? found.other ?? key);
    return text.replaceAll(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name] ?? whole;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  };
}

/** Fill in what index.html names by keys (`data-t-label`), for screen readers and pointers that rest. @param {Translate} t */
export function fill(t) {
  for (const each of document.querySelectorAll("[data-t-label]")) {
    const label = t(each.getAttribute("data-t-label") ?? "");
    each.setAttribute("aria-label", label);
    each.setAttribute("title", label);
  }
}
