// SPDX-License-Identifier: Apache-2.0
// Photos come in: by a picker, the camera, drag and drop, the clipboard. They are shown at once, from here; the server
// gets them one by one behind that.

import { anyKey } from "./client.js";
import { h, icon } from "./dom.js";
import { FILES } from "./photo.js";

/** @typedef {import("./state.js").Photo} Photo */
/** @typedef {import("./state.js").Step} Step */

/** The place to begin; photos that are dropped or pasted are taken everywhere. @type {import("./main.js").Part} */
export function choosing({ state, client, view, t, runner }) {
  /** Uploads, one after the other. @type {Promise<unknown>} */
  let sending = Promise.resolve();

  /** @param {File[]} files */
  const take = async (files) => {
    let isFirst = true;
    for (const file of files) {
      const photo = await opened(file).catch((error) => void refuse(file, error));
      if (!photo) continue;
      if (isFirst) {
        const hadFocus = element.contains(document.activeElement); // it is hidden now
        state.open(photo);
        if (hadFocus) view.canvas.focus();
      } else {
        state.photos.push(photo);
        state.changed();
      }
      isFirst = false;
    }
  };

  /**
   * A photo of a file; one that the browser cannot read is sent to the server first.
   * @param {File} file @returns {Promise<Photo>}
   */
  const opened = async (file) => {
    const name = file.name || t("choose.pasted");
    /** @type {Photo} */
    const photo = { id: anyKey(), name, at: 0, steps: [], sent: 0 };
    /** @type {Step} */
    const step = { picture: { digest: "", width: 0, height: 0, name }, made: null, source: file };
    photo.steps.push(step);
    const isSent = send(photo, step, file);
    step.keeping = isSent;
    const { width, height } = await view.open(step);
    await Promise.race([isSent, Promise.resolve()]); // the server may have refused it by now
    Object.assign(step.picture, { width, height });
    isSent.catch((error) => {
      if (!state.photos.includes(photo)) return;
      refuse(file, error);
      state.close(photo);
    });
    return photo;
  };

  /** @param {Photo} photo @param {Step} step @param {Blob} file */
  const send = (photo, step, file) => {
    const stop = new AbortController();
    const { signal } = stop;
    state.addEventListener("closed", (/** @type {any} */ { detail }) => detail === photo && stop.abort(), { signal });
    let isSaid = false;
    const tell = (/** @type {import("./running.js").News} */ { note = "" }) => {
      if (note && !isSaid) state.say(note, { urgent: true });
      if (!note && isSaid) state.hush();
      isSaid = note !== "";
    };
    const upload = async () => {
      const ask = () => client.upload(file, photo.name, (part) => state.setSent(photo, part));
      try {
        step.picture.digest = (await runner.patiently(ask, { signal, tell })).digest;
      } finally {
        tell({});
        stop.abort();
      }
      state.setSent(photo);
      state.changed();
    };
    const done = sending.then(upload);
    sending = done.catch(() => {});
    return done;
  };

  /** @param {File} file @param {Error} error */
  const refuse = (file, error) =>
    state.say(t("choose.refused", { name: file.name, why: error.message }), { urgent: true });

  /** @param {DataTransfer | null} data @returns {File[]} */
  const filesOf = (data) => [...(data?.files ?? [])];

  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    void take(filesOf(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const files = filesOf(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    void take(files);
  });

  /** @param {Record<string, unknown>} props */
  const picker = (props) => {
    const input = h("input", {
      type: "file",
      accept: FILES,
      class: "unseen",
      onchange: () => {
        void take([...(input.files ?? [])]);
        input.value = ""; // the same file can be chosen again
      },
      ...props,
    });
    return input;
  };
  const example = async () => {
    try {
      const blob = await (await fetch("page/example.jpg")).blob();
      await take([new File([blob], "rocket.jpg", { type: blob.type })]);
    } catch {
      state.say(t("client.away"), { urgent: true });
    }
  };
  const many = picker({ id: "pick", multiple: true });
  const camera = picker({ capture: "environment" });
  const element = h(
    "section",
    { class: "choose", "aria-labelledby": "choose-title" },
    h("h2", { id: "choose-title" }, t("choose.title")),
    h("p", null, t("choose.how")),
    h(
      "div",
      { class: "row" },
      h("label", { class: "button primary" }, icon("photo"), t("choose.pick"), many),
      h("label", { class: "button camera" }, icon("camera"), t("choose.camera"), camera),
      h("button", { class: "example", onclick: () => void example() }, t("choose.example")),
    ),
    h("p", { class: "quiet" }, t("choose.private")),
  );
  return element;
}
