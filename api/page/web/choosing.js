// SPDX-License-Identifier: Apache-2.0
// Photos come in: by a picker, the camera, drag and drop, the clipboard.

import { h } from "./dom.js";

/**
 * @param {import("./state.js").State} state
 * @param {import("./client.js").Client} client
 * @param {import("./view.js").View} _view
 * @param {import("./texts.js").Translate} t
 * @returns {HTMLElement}
 */
export function choosing(state, client, _view, t) {
  /** @param {Iterable<File>} files */
  const take = async (files) => {
    for (const file of files) {
      const bitmap = await createImageBitmap(file);
      const picture = { digest: "", width: bitmap.width, height: bitmap.height, name: file.name };
      bitmap.close();
      const keeping = client
        .upload(file, file.name)
        .then((kept) => Object.assign(picture, { digest: kept.digest }));
      state.open({
        id: crypto.getRandomValues(new Uint32Array(2)).join("-"),
        name: file.name,
        at: 0,
        steps: [{ picture, made: null, source: file, keeping }],
      });
    }
  };
  const input = h("input", {
    type: "file",
    accept: "image/*",
    multiple: true,
    onchange: () => void take(input.files ?? []),
  });
  return h("label", { class: "choose" }, t("choose.pick"), input);
}
