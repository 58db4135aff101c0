// SPDX-License-Identifier: Apache-2.0
// Has the server do what was wished, and adds what comes of it as a step.

import { anyKey } from "../client.js";
import { unless } from "../running.js";
import { idOf } from "../state.js";

/** @typedef {import("../state.js").Photo} Photo */
/** @typedef {import("../state.js").Step} Step */
/** @typedef {import("../state.js").Work} Work */
/** @typedef {import("../running.js").Inputs} Inputs */
/** Asks the server until it has answered. @typedef {<Value>(ask: () => Promise<Value>) => Promise<Value>} Patiently */
/** What is wished; with a count, so many results to choose from, whose seeds follow each other. `read` takes what is
 * selected and filled in as it is when it is called.
 * @typedef {{ recipe: string, label: string, count?: number, read: (patiently: Patiently) => Promise<Inputs> }} Wish */
/** What goes on, so that it can be taken up again; `from` is the id of the step that it began with.
 * @typedef {{ id: string, photo: string, from: string, recipe: string, label: string,
 *   jobs: import("../running.js").Wished[] }} Going */

const TAG = "page";
const MOST_SEED = 2 ** 31;

/** Does one thing at a time. */
export class Performer {
  /** @param {import("../state.js").State} state @param {import("../running.js").Runner} runner @param {import("../texts.js").Translate} t */
  constructor(state, runner, t) {
    this.state = state;
    this.runner = runner;
    this.t = t;
  }

  /** @param {Wish} wish @returns {Promise<boolean>} whether there is a new step */
  async perform({ recipe, label, count = 1, read }) {
    const { photo, step } = this.state;
    if (!photo || !step) return false;
    /** @type {Going} */
    const going = { id: anyKey(), photo: photo.id, from: idOf(step), recipe, label, jobs: [] };
    const done = this.#work(photo, going, async (patiently, signal) => {
      const inputs = await unless(signal, read(patiently));
      const seed = inputs.seed === -1 ? Math.floor(Math.random() * MOST_SEED) : Number(inputs.seed ?? 0);
      for (let number = 0; number < count; number++) {
        const wished = "seed" in inputs || number ? { ...inputs, seed: seed + number } : inputs;
        going.jobs.push({ inputs: wished, key: anyKey() });
      }
    });
    void navigator.locks?.request(going.id, () => done); // other tabs leave it alone
    return done;
  }

  /**
   * Go on with what was going on when the page was left.
   * @param {Going} going @param {boolean} isOwn whether this tab did it, and not perhaps another one that still does
   */
  async takeUp(going, isOwn) {
    const photo = this.state.photos.find((each) => each.id === going.photo);
    if (!photo || !going.jobs.length) return;
    const goOn = () => this.#work(photo, going, async () => {});
    if (!navigator.locks) await goOn();
    else await navigator.locks.request(going.id, { ifAvailable: !isOwn }, (lock) => lock && goOn());
  }

  /**
   * @param {Photo} photo @param {Going} going
   * @param {(patiently: Patiently, signal: AbortSignal) => Promise<void>} begin says which jobs are wished
   */
  async #work(photo, going, begin) {
    const { state, runner } = this;
    if (state.work) {
      state.say(this.t("do.busy", { label: state.work.label }), { urgent: true });
      return false;
    }
    const stop = new AbortController();
    const { signal } = stop;
    const { mask } = state;
    const [revision, sent] = [mask?.revision, mask?.cut()];
    const cancel = () => stop.abort(new Error(this.t("do.cancelled")));
    /** @type {Work} */
    const work = { photo: photo.id, label: going.label, progress: 0, preview: null, note: "", going, cancel };
    const tell = (/** @type {import("../running.js").News} */ news) => state.setWork(Object.assign(work, news));
    state.hush();
    state.setWork(work);
    try {
      await begin((ask) => runner.patiently(ask, { signal, tell }), signal);
      const steps = await this.#results(photo, going, signal, tell);
      if (!steps.length) return false;
      if (steps.length > 1) for (const step of steps) if (step.made) step.made.choices = steps.map(plain);
      const isDrawn = mask !== state.mask || mask?.revision !== revision;
      if (isDrawn && mask === state.mask && sent && steps[0].made?.inputs.mask) state.maskChanged(mask?.forget(sent));
      if (!state.add(steps[0], photo, going.from, isDrawn)) state.say(this.t("do.ready", { label: going.label }));
      return true;
    } catch (error) {
      if (signal.aborted) state.say(this.t("do.cancelled"));
      else state.sorry(error);
      return false;
    } finally {
      state.setWork(null);
    }
  }

  /**
   * The steps that the jobs give, in their order; one that fails takes no other with it.
   * @param {Photo} photo @param {Going} going @param {AbortSignal} signal @param {(news: import("../running.js").News) => void} tell
   */
  async #results(photo, { recipe, label, jobs: wished }, signal, tell) {
    const progress = wished.map(() => 0);
    const ended = await Promise.allSettled(
      wished.map((each, number) =>
        this.runner.run(recipe, each, {
          tag: TAG,
          signal,
          tell: (news) => {
            progress[number] = news.progress ?? progress[number];
            tell({ ...news, progress: progress.reduce((sum, part) => sum + part, 0) / progress.length });
          },
        }),
      ),
    );
    const jobs = ended.map((each) => (each.status === "fulfilled" ? each.value : null));
    const lost = ended.flatMap((each) => (each.status === "rejected" && !signal.aborted ? each.reason.message : []));
    const faults = jobs.flatMap((job) => job?.problems?.map((problem) => problem.detail) ?? []);
    const warnings = jobs.flatMap((job) => job?.warnings ?? []);
    if (warnings.length) this.state.say([...new Set(warnings)].join("\n"));
    if (jobs.every((job) => (job ? job.state === "cancelled" : signal.aborted))) this.state.say(this.t("do.cancelled"));
    if (lost.length + faults.length) this.state.say([...new Set([...lost, ...faults])].join("\n"), { urgent: true });
    return jobs.flatMap((job, number) => {
      if (job?.state !== "succeeded") return [];
      const step = stepOf(job, photo.name, { recipe, label, inputs: wished[number].inputs });
      if (!step) this.state.say(this.t("do.no_picture"));
      return step ?? [];
    });
  }
}

/**
 * The step that a job gives: its output "image", else its first picture.
 * @param {import("../client.js").Job} job @param {string} name @param {{ recipe: string, label: string, inputs: Inputs }} made
 * @returns {Step | null}
 */
export function stepOf(job, name, made) {
  const outputs = /** @type {Record<string, any>} */ (job.outputs);
  const found = [outputs.image, ...Object.values(outputs)].flat().find((each) => each?.digest && each.width);
  if (!found) return null;
  const { digest, width, height, repaint } = found;
  const mask = outputs.mask?.digest ?? null;
  return {
    picture: { digest, width, height, name },
    made: { ...made, job: job.id, mask, repaint },
  };
}

/** A step to choose instead of another one. @param {Step} step @returns {import("../state.js").Choice} */
function plain({ picture, made }) {
  return { picture, made: made && { ...made, choices: undefined } };
}
