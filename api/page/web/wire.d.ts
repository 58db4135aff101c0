// SPDX-License-Identifier: Apache-2.0
// What the server sends, as its OpenAPI document says; made by scripts/page_types.py.

export type Error = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  errors: Problem[];
};

export type ExecutedEvent = {
  node: string;
  kind: string;
  display: string;
  parent: string | null;
  submitted: string;
  type: "executed";
  ui: Record<string, unknown[]>;
  cached: boolean;
  files?: Picture[];
};

export type Finding = {
  name: string;
  family: string;
  about: string;
  state: "present" | "missing" | "damaged";
  verified: boolean;
  size_bytes: number | null;
  memory_bytes: number | null;
  licence: Licence;
  command: string | null;
  problems: string[];
};

export type Job = {
  id: string;
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  progress: number;
  outputs: Record<string, unknown>;
  warnings: string[];
  tags: string[];
  recipe?: string;
  created: string;
  started: string | null;
  ended: string | null;
  links: Links;
  position?: number;
  waits_for?: string;
  problems?: Problem[];
};

export type JobEvent = StateEvent | StatusEvent | NodeStartedEvent | ProgressEvent | PreviewEvent | NodeFinishedEvent | NodeFailedEvent | ExecutedEvent | WarningEvent | SentEvent | KeptEvent | StoredEvent | WorkerLostEvent;

export type JobGraph = {
  graph: object;
  request: Record<string, unknown>;
};

export type Jobs = {
  jobs: Job[];
  next: string | null;
};

export type KeptEvent = {
  type: "kept";
  nodes: string[];
};

export type Licence = {
  name: string;
  url: string;
  commercial: "free" | "paid" | "forbidden" | "unknown";
};

export type Links = {
  self: string;
  events: string;
  graph: string;
  editor?: string;
};

export type Model = {
  name: string;
  family: string;
  about: string;
  state: "present" | "missing" | "damaged";
  verified: boolean;
  size_bytes: number | null;
  memory_bytes: number | null;
  licence: Licence;
  command: string | null;
  problems: string[];
  url: string;
};

export type Models = {
  auto: string;
  models: Model[];
  can_be_pulled: boolean;
};

export type NodeFailedEvent = {
  node: string;
  kind: string;
  display: string;
  parent: string | null;
  submitted: string;
  type: "node_failed";
  element: number;
  code: string;
  message: string;
  exception: string;
  inputs: Record<string, string>;
};

export type NodeFinishedEvent = {
  node: string;
  kind: string;
  display: string;
  parent: string | null;
  submitted: string;
  type: "node_finished";
  how: "computed" | "cached" | "shared" | "failed" | "skipped";
  seconds: number;
  bytes: number;
};

export type NodeStartedEvent = {
  node: string;
  kind: string;
  display: string;
  parent: string | null;
  submitted: string;
  type: "node_started";
  elements: number;
};

export type Picture = {
  url: string;
  link?: string;
  digest: string;
  media_type: string;
  width?: number;
  height?: number;
  repaint?: Record<string, number>;
};

export type PreviewEvent = {
  node: string;
  kind: string;
  display: string;
  parent: string | null;
  submitted: string;
  type: "preview";
  element: number;
  media_type: string;
  image: string;
};

export type Problem = {
  code: string;
  detail: string;
  severity?: "error" | "warning";
  pointer?: string;
  node?: string;
  nodes?: string[];
  input?: string;
  outputs?: string[];
  line?: number;
  column?: number;
  element?: number;
  given?: Record<string, string>;
};

export type ProgressEvent = {
  node: string;
  kind: string;
  display: string;
  parent: string | null;
  submitted: string;
  type: "progress";
  element: number;
  done: number;
  total: number;
};

export type PullDoneEvent = {
  type: "done";
  model: Finding;
};

export type PullEvent = PullProgressEvent | PullNoteEvent | PullDoneEvent | PullFailedEvent;

export type PullFailedEvent = {
  type: "failed";
  code: string;
  detail: string;
};

export type PullNoteEvent = {
  type: "note";
  model: string;
  detail: string;
};

export type PullProgressEvent = {
  type: "progress";
  model: string;
  file: string;
  step: "fetch" | "check";
  done_bytes: number;
  total_bytes: number | null;
  bytes_per_second: number;
  seconds_left: number | null;
};

export type RecipeInput = {
  type: string;
  required: boolean;
  about: string;
};

export type RecipeSummary = {
  name: string;
  about: string;
  inputs: Record<string, RecipeInput>;
  outputs: string[];
  url: string;
};

export type Recipes = {
  recipes: RecipeSummary[];
};

export type SentEvent = {
  node: string;
  kind: string;
  display: string;
  parent: string | null;
  submitted: string;
  type: "sent";
  event: string;
  content: unknown;
};

export type StateEvent = {
  type: "state";
  state: "succeeded" | "failed" | "cancelled";
};

export type StatusEvent = {
  type: "status";
  state: "queued" | "running";
  progress: number;
  position?: number;
};

export type StoredEvent = {
  type: "stored";
  key: string;
};

export type WarningEvent = {
  node: string;
  kind: string;
  display: string;
  parent: string | null;
  submitted: string;
  type: "warning";
  element: number;
  message: string;
  code?: string;
};

export type WorkerLostEvent = {
  type: "worker_lost";
  node: string;
  times: number;
};
