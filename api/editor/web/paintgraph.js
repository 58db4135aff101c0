// SPDX-License-Identifier: Apache-2.0
// What paintgraph adds to ComfyUI's page: the graph that a new user sees first, the colours of its
// own sockets, and the texts that nodes give as results.
import { app } from "../../scripts/app.js";

const FIRST_GRAPH = "erase_object";

const COLOURS = {
  BOUNDING_BOX: "#e6a23c",
  BOXES: "#e6a23c",
  LIST: "#b0a8f0",
  PARTS: "#6cc5c1",
};

async function firstGraph() {
  const address = `../../api/workflow_templates/paintgraph/${FIRST_GRAPH}.json`;
  const answer = await fetch(new URL(address, import.meta.url));
  return answer.ok ? answer.json() : undefined;
}

app.registerExtension({
  name: "paintgraph",

  // Without a graph to load, the page shows one of diffusion models that are not here.
  async init() {
    const load = app.loadGraphData;
    const first = await firstGraph();
    app.loadGraphData = function (graph, ...others) {
      return load.call(this, graph ?? structuredClone(first), ...others);
    };
  },

  setup() {
    const known = app.canvas?.default_connection_color_byType;
    if (known) Object.assign(known, COLOURS);
  },

  // Texts and numbers among a node's results stand on the node.
  nodeCreated(node) {
    const executed = node.onExecuted;
    node.onExecuted = function (output, ...others) {
      executed?.call(this, output, ...others);
      const lines = output?.text;
      if (!Array.isArray(lines) || this.type === "PreviewAny") return;
      let widget = this.widgets?.find((one) => one.name === "result");
      if (!widget) {
        widget = this.addWidget("text", "result", "", () => {}, { multiline: true });
        widget.serialize = false;
        widget.disabled = true;
      }
      widget.value = lines.join("\n");
    };
  },
});
