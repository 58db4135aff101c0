// Uploads a picture, inverts it with @stable-canvas/comfyui-client, which has no uploads of its own, and
// fetches what was made; prints the content (base64) of each picture as JSON.
import { readFileSync } from "node:fs";
import { Client, Workflow } from "@stable-canvas/comfyui-client";
import WebSocket from "ws";

const client = new Client({ api_host: process.argv[2].replace("http://", ""), WebSocket, fetch });
client.connect();
while (client.socket?.readyState !== 1) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const workflow = new Workflow();
const nodes = workflow.classes;
const form = new FormData();
form.append("image", new Blob([readFileSync(process.argv[3])]), "photo.png");
const answer = await fetch(`${process.argv[2]}/upload/image`, { method: "POST", body: form });
const { name } = await answer.json();
const [image] = nodes.LoadImage({ image: name });
const [inverted] = nodes.ImageInvert({ image });
nodes.SaveImage({ images: inverted, filename_prefix: "stable" });
const found = await workflow.invoke(client);
for (const { data } of found.images) {
  const content = Buffer.from(await (await fetch(data)).arrayBuffer()).toString("base64");
  console.log(JSON.stringify({ content }));
}
process.exit(0);
