// SPDX-License-Identifier: Apache-2.0
// Says in the server's own words why a graph cannot run: what is allowed, and what cures it. The
// page frames the node; of the faults that it knows by type it only gives a short text of its own.
import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";

const MOST = 3;
const MILLISECONDS = 20000;

function tell(faults) {
  const messages = Object.values(faults ?? {}).flatMap((node) => node.errors.map((e) => e.message));
  for (const detail of messages.slice(0, MOST)) {
    app.extensionManager.toast.add({
      severity: "error",
      summary: "Not run",
      detail,
      life: MILLISECONDS,
    });
  }
}

app.registerExtension({
  name: "paintgraph.faults",

  setup() {
    const queuePrompt = api.queuePrompt;
    api.queuePrompt = async function (...given) {
      try {
        return await queuePrompt.apply(this, given);
      } catch (error) {
        tell(error?.response?.node_errors);
        throw error;
      }
    };
  },
});
