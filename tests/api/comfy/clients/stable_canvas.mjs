// Runs a prompt with @stable-canvas/comfyui-client; prints the images as JSON.
import { Client, Workflow } from "@stable-canvas/comfyui-client";
import WebSocket from "ws";

const client = new Client({ api_host: process.argv[2].replace("http://", ""), WebSocket, fetch });
client.connect();
while (client.socket?.readyState !== 1) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const workflow = new Workflow();
const nodes = workflow.classes;
const [image] = nodes.EmptyImage({ width: 8, height: 8, batch_size: 1, color: 5 });
const [inverted] = nodes.ImageInvert({ image });
nodes.SaveImage({ images: inverted, filename_prefix: "stable" });
const found = await workflow.invoke(client);
console.log(JSON.stringify(found.images.map((each) => each.data)));
process.exit(0);
