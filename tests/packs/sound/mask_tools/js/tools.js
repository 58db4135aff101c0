import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { app as same } from "/scripts/app.js";

app.registerExtension({
  name: "mask_tools",
  async setup() {
    const answer = await api.fetchApi("/served_nodes/ping");
    window.maskTools = { same: app === same, ping: answer.status };
  },
});
