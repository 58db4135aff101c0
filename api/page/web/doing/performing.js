// SPDX-License-Identifier: Apache-2.0
// Has the server do what was wished: asks, follows, and adds what comes of it as a step.
// @ts-check

import { anyKey, pause, ServerError } from "../client.js";

/** @typedef {import("../state.js").Photo} Photo */
/** @typedef {import("../state.js").Step} Step */
/** @typedef {import("../state.js").Work} Work */
/** @typedef {Record<string, unknown>} Inputs */
/** What is wished; with a count, so many results to choose from, whose seeds follow each other.
 * @typedef {{ recipe: string, label: string, count?: number, read: (image: string) => Promise<Inputs> }} Wish */
/** A job that was asked for. @typedef {{ id: string, inputs: Inputs }} Asked */
/** What goes on, so that it can be taken up again; `from` is the number of the step that it began with.
 * @typedef {{ photo: string, from: number, recipe: string, label: string, jobs: Asked[] }} Going */

const MOST_SEED = 2 ** 31;

/** Does one thing at a time. */
export class Performer {
  /**
   * @param {import("../state.js").State} state
   * @param {import("../client.js").Client} client
   * @param {import("../texts.js").Translate} t
   */
  constructor(state, client, t) {
    this.state = state;
    this.client = client;
    this.t = t;
  }

  /** @param {Wish} wish @returns {Promise<boolean>} whether there is a new step */
  async perform({ recipe, label, count = 1, read }) {
    const { photo, step } = this.state;
    if (!photo || !step) return false;
    /** @type {Going} */
    const going = { photo: photo.id, from: photo.at, recipe, label, jobs: [] };
    return this.#work(photo, going, async (work, signal) => {
      const { digest } = await unless(signal, this.state.kept(step));
      this.#checkShown(step);
      const inputs = await unless(signal, read(digest));
      this.#checkShown(step);
      const seed = inputs.seed === -1 ? Math.floor(Math.random() * MOST_SEED) : Number(inputs.seed ?? 0);
      for (let number = 0; number < count; number++) {
        const wished = "seed" in inputs || number ? { ...inputs, seed: seed + number } : inputs;
        const job = await this.#ask(recipe, wished, work, signal);
        going.jobs.push({ id: job.id, inputs: wished });
        this.#tell(work, { job: job.id });
      }
    });
  }

  /** Go on with what was going on when the page was left. @param {Going} going */
  async takeUp(going) {
    const photo = this.state.photos.find((each) => each.id === going.photo);
    if (photo && going.jobs.length) await this.#work(photo, going, async () => {});
  }

  /**
   * @param {Photo} photo @param {Going} going
   * @param {(work: Work, signal: AbortSignal) => Promise<void>} begin asks for the jobs
   */
  async #work(photo, going, begin) {
    const { state } = this;
    if (state.work) {
      state.say(this.t("do.busy", { label: state.work.label }), { urgent: true });
      return false;
    }
    const [from, stop] = [photo.steps[going.from], new AbortController()];
    const cancel = () => {
      stop.abort(new ServerError(this.t("do.cancelled"), "cancelled", 0));
      for (const { id } of going.jobs) this.client.cancel(id).catch((error) => this.#sorry(error));
    };
    /** @type {Work} */
    const work = {
      photo: photo.id,
      job: going.jobs[0]?.id ?? null,
      label: going.label,
      progress: 0,
      preview: null,
      note: "",
      going,
      cancel,
    };
    state.hush();
    state.setWork(work);
    try {
      await begin(work, stop.signal).catch((error) => {
        if (!going.jobs.length || stop.signal.aborted) throw error;
        this.#sorry(error); // what was accepted before goes on
      });
      const steps = await this.#follow(photo, going, work);
      if (!steps.length) return false;
      if (steps.length > 1) for (const step of steps) if (step.made) step.made.choices = steps.map(plain);
      if (photo.steps.includes(from)) photo.at = photo.steps.indexOf(from);
      state.add(steps[0], photo);
      return true;
    } catch (error) {
      this.#sorry(error);
      return false;
    } finally {
      state.setWork(null);
    }
  }

  /** Ask for a job; a server that has no room for it yet is asked again. @param {string} recipe @param {Inputs} inputs @param {Work} work @param {AbortSignal} signal */
  async #ask(recipe, inputs, work, signal) {
    const key = anyKey();
    for (;;) {
      try {
        const job = await this.client.run(recipe, inputs, { tags: ["page"], key });
        if (!signal.aborted) return job;
        await this.client.cancel(job.id);
        throw signal.reason;
      } catch (error) {
        if (!(error instanceof ServerError) || !error.retryAfter) throw error;
        this.#tell(work, {
          note: `${error.message} ${this.t("do.again", { n: error.retryAfter })}`,
        });
        await pause(1000 * error.retryAfter, signal);
      }
    }
  }

  /** What the jobs give, in their order. @param {Photo} photo @param {Going} going @param {Work} work @returns {Promise<Step[]>} */
  async #follow(photo, going, work) {
    const progress = going.jobs.map(() => 0);
    const ended = await Promise.all(
      going.jobs.map(
        ({ id }, number) =>
          this.client
            .follow(id, {
              status: (event) => {
                progress[number] = event.progress;
                const part = progress.reduce((sum, each) => sum + each, 0) / progress.length;
                this.#tell(work, {
                  progress: part,
                  note: event.position ? this.t("do.queued", { n: event.position }) : "",
                });
              },
              preview: (event) => this.#tell(work, { preview: event.image }),
              warning: (event) => this.#tell(work, { note: event.message }),
              away: (isAway) => this.#tell(work, { note: isAway ? this.t("do.away") : "" }),
            })
            .catch((error) => this.#sorry(error)), // one that is gone takes no other with it
      ),
    );
    const jobs = ended.flatMap((job) => job ?? []);
    const faults = jobs.flatMap((job) => job.problems?.map((problem) => problem.detail) ?? []);
    if (faults.length) this.state.say([...new Set(faults)].join("\n"), { urgent: true });
    else if (jobs.length && jobs.every((job) => job.state === "cancelled")) this.state.say(this.t("do.cancelled"));
    const warnings = [...new Set(jobs.flatMap((job) => job.warnings))];
    if (warnings.length) this.state.say(warnings.join("\n"));
    return ended.flatMap((job, number) => {
      if (!job) return [];
      const { recipe, label } = going;
      const step =
        job.state === "succeeded"
          ? stepOf(job, photo.name, { recipe, label, inputs: going.jobs[number].inputs })
          : null;
      if (job.state === "succeeded" && !step) this.state.say(this.t("do.no_picture"));
      return step ?? [];
    });
  }

  /** What is selected and filled in belongs to the step that is shown. @param {Step} step */
  #checkShown(step) {
    if (this.state.step !== step) throw new Error(this.t("do.changed"));
  }

  /** @param {Work} work @param {Partial<Work>} news */
  #tell(work, news) {
    this.state.setWork(Object.assign(work, news));
  }

  /** @param {unknown} error */
  #sorry(error) {
    this.state.say(error instanceof Error ? error.message : String(error), { urgent: true });
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

/**
 * Wait for something, but not beyond a signal.
 * @template Value @param {AbortSignal} signal @param {Promise<Value>} something @returns {Promise<Value>}
 */
function unless(signal, something) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    something.then(resolve, reject);
  });
}

/** A step to choose instead of another one. @param {Step} step @returns {Step} */
function plain({ picture, made }) {
  return { picture, made: made && { ...made, choices: undefined } };
}
