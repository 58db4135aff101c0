// SPDX-License-Identifier: Apache-2.0
// How a picture was made, as texts that make it again: a recipe in YAML, commands, HTTP, Python.

/** @typedef {import("./state.js").Step} Step */
/** One use of a recipe; `given` are its inputs, with pictures by the names of their files.
 * @typedef {{ recipe: string, given: Record<string, unknown>, sent: Record<string, unknown>, result: string }} Use */
/** `files`: what the server has, by the names that the texts give them; `isShut`: it asks for a key.
 * @typedef {{ server: string, isShut: boolean, files: Map<string, string>, uses: Use[] }} Told */

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const NEEDS_KEY = `: "\${PAINTGRAPH_KEY:?Set it to a key of the server.}"`;
const SUFFIX = /\.(png|jpe?g|webp|tiff?|avif|heic|bmp|gif)$/i;

/**
 * What the texts are made of.
 * @param {Step[]} steps from the photo to the picture that is shown
 * @param {string} server its address
 * @param {boolean} isShut whether it asks for a key
 * @returns {Told}
 */
export function toldOf(steps, server, isShut) {
  const [photo, ...made] = steps;
  /** @type {Map<string, string>} names by digest */
  const names = new Map([
    [photo.picture.digest, `photo${SUFFIX.exec(photo.picture.name)?.[0].toLowerCase() ?? ".png"}`],
  ]);
  /** @type {Map<string, string>} digests by name */
  const files = new Map();
  const uses = made.flatMap(({ picture, made: by }, number) => {
    if (!by) return [];
    /** @type {Record<string, unknown>} */
    const given = {};
    for (const [name, value] of Object.entries(by.inputs)) {
      given[name] = value;
      if (typeof value !== "string" || !DIGEST.test(value)) continue;
      const file = names.get(value) ?? `${name}_${number + 1}.png`;
      names.set(value, file);
      if (!file.startsWith("step_")) files.set(file, value);
      given[name] = file;
    }
    const result = `step_${number + 1}.png`;
    names.set(picture.digest, result);
    return [{ recipe: by.recipe, given, sent: by.inputs, result }];
  });
  return { server, isShut, files, uses };
}

/** Commands for a terminal. @param {Told} told */
export function asCommand({ server, isShut, files, uses }) {
  const fetched = [...files].map(
    ([file, digest]) => `${curl(isShut)} -o ${quoted(file)} ${quoted(`${server}v1/images/${digest}`)}`,
  );
  const run = uses.map(({ recipe, given, result }) =>
    ["paintgraph run", quoted(recipe), ...options(given), "-o", result].join(" "),
  );
  return `${[...(isShut ? [NEEDS_KEY] : []), ...fetched, ...run].join("\n")}\n`;
}

/** The command that asks the server; texts are copied and passed on, so the key itself stands in none. @param {boolean} isShut */
function curl(isShut) {
  return isShut ? 'curl -sSf -H "X-API-KEY: $PAINTGRAPH_KEY"' : "curl -sSf";
}

/** @param {Record<string, unknown>} given */
function options(given) {
  return Object.entries(given).flatMap(([name, value]) => {
    const option = name.replaceAll("_", "-");
    if (typeof value === "boolean") return value ? `--${option}` : `--no-${option}`;
    if (value === null) return [];
    return quoted(`--${option}=${value}`); // the entries of lists are divided by commas
  });
}

/** Requests by curl. @param {Told} told */
export function asHttp({ server, isShut, uses }) {
  const requests = uses.map(({ recipe, sent, result }) =>
    [
      `${curl(isShut)} -o ${result} -H 'Accept: image/png' -H 'Content-Type: application/json'`,
      `  --data-raw ${quoted(JSON.stringify(sent))}`,
      `  ${quoted(`${server}v1/recipes/${encodeURIComponent(recipe)}?wait=600`)}`,
    ].join(" \\\n"),
  );
  return `${[...(isShut ? [NEEDS_KEY] : []), ...requests].join("\n")}\n`;
}

/** A program. @param {Told} told */
export function asPython({ server, isShut, files, uses }) {
  const fetched = [...files].map(([file, digest]) => `urlretrieve(SERVER + "v1/images/${digest}", ${python(file)})`);
  const run = uses.map(({ recipe, given, result }) => {
    const inputs = Object.entries(given).map(([name, value]) => `    ${python(name)}: ${python(value)},\n`);
    return `result = paintgraph.run(${python(recipe)}, {\n${inputs.join("")}})\nresult.save(${python(result)})`;
  });
  const named = `SERVER = ${python(server)}`;
  const head = isShut
    ? [
        "import os",
        "from urllib.request import build_opener, install_opener, urlretrieve",
        "",
        "import paintgraph",
        "",
        named,
        "opener = build_opener()",
        'opener.addheaders = [("X-API-KEY", os.environ["PAINTGRAPH_KEY"])]  # set it to a key of the server',
        "install_opener(opener)",
      ]
    : ["from urllib.request import urlretrieve", "", "import paintgraph", "", named];
  return `${[...head, ...fetched, ...run].join("\n")}\n`;
}

/** @param {unknown} value @returns {string} */
function python(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null) return "None";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return JSON.stringify(value); // numbers and texts are written alike
}

/** A recipe of all steps, in YAML; what it is run on are its inputs. @param {Told} told @param {string} about */
export function asRecipe({ files, uses }, about) {
  const inputs = [...files.keys()].map((file) => {
    const name = inputOf(file);
    return `  ${name}: {type: ${/^(mask|avoid)/.test(name) ? "mask" : "image"}}`;
  });
  const nodes = uses.map(({ recipe, given, result }) => {
    const values = Object.entries(given).map(([name, value]) => {
      const file = typeof value === "string" ? value : "";
      const step = uses.find((use) => use.result === file);
      if (step) return `${name}: "\${${inputOf(file)}.image}"`;
      return `${name}: ${files.has(file) ? `"\${inputs.${inputOf(file)}}"` : literal(value)}`;
    });
    return `  ${inputOf(result)}: {recipe: ${JSON.stringify(recipe)}, ${values.join(", ")}}`;
  });
  const last = inputOf(uses[uses.length - 1].result);
  return [
    "paintgraph: 1",
    `about: ${JSON.stringify(about)}`,
    "inputs:",
    ...inputs,
    "nodes:",
    ...nodes,
    "outputs:",
    `  image: "\${${last}.image}"`,
    "",
  ].join("\n");
}

/** A value as it stands in recipes: a text that looks like a reference takes one more "$". @param {unknown} value @returns {string} */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return JSON.stringify(typeof value === "string" && /^\$+\{[^{}]*\}$/.test(value) ? `$${value}` : value);
}

/** The name of a file without its suffix; the photo is the input "image". @param {string} file */
function inputOf(file) {
  const name = file.replace(/\.\w+$/, "");
  return name === "photo" ? "image" : name;
}

/** One word of a POSIX shell. @param {string} text */
function quoted(text) {
  return /^[\w./:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
