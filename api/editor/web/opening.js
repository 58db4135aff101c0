// SPDX-License-Identifier: Apache-2.0
// Opens the graph that the address names: /editor/?graph=JOB, or ?graph=sha256:DIGEST&name=TITLE.
import { app } from "../../scripts/app.js";

const DIGEST = "sha256:";
const asked = new URLSearchParams(location.search);
const graph = asked.get("graph");

async function workflow() {
  const path = graph.startsWith(DIGEST) ? "blobs" : "jobs";
  const answer = await fetch(new URL(`../../graphs/${path}/${encodeURIComponent(graph)}`, import.meta.url));
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

function title() {
  const short = graph.replace(DIGEST, "").slice(0, 8);
  return asked.get("name") || (graph.startsWith(DIGEST) ? short : `job ${short}`);
}

// The page first loads what was open before; the graph of the address comes after that, in a tab of
// its own. The address is taken back, so that a reload shows what became of it.
async function openAfter(load) {
  try {
    await load(await workflow(), true, true, title());
  } catch (error) {
    const detail = `The graph cannot be opened: ${error.message}`;
    app.extensionManager.toast.add({ severity: "error", summary: "paintgraph", detail });
  }
  history.replaceState(null, "", location.pathname + location.hash);
}

app.registerExtension({
  name: "paintgraph.opening",

  // By then nobody else wraps what loads graphs.
  setup() {
    if (!graph) return;
    const load = app.loadGraphData.bind(app);
    app.loadGraphData = async (...given) => {
      app.loadGraphData = load;
      const loaded = await load(...given);
      await openAfter(load);
      return loaded;
    };
  },

  // A picture that is named by its digest is no file of a list, and not missing all the same.
  loadedGraphNode(node) {
    for (const { value, options } of node.widgets ?? []) {
      const isDigest = typeof value === "string" && value.startsWith(DIGEST);
      if (isDigest && Array.isArray(options?.values) && !options.values.includes(value))
        options.values = [...options.values, value];
    }
  },
});
