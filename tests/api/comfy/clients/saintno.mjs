// Uploads a picture, inverts it in two prompts and fetches what they made, with @saintno/comfyui-sdk;
// prints the name and the content (base64) of each as JSON.
import { readFileSync } from "node:fs";
import { CallWrapper, ComfyApi, PromptBuilder } from "@saintno/comfyui-sdk";

const api = new ComfyApi(process.argv[2], "a-client-of-saintno");
api.init();
await api.waitForReady();
const prompt = {
  1: { class_type: "LoadImage", inputs: { image: "" } },
  2: { class_type: "ImageInvert", inputs: { image: ["1", 0] } },
  3: { class_type: "SaveImage", inputs: { images: ["2", 0], filename_prefix: "saintno" } },
};
const photo = readFileSync(process.argv[3]);
for (const name of ["first.png", "second.png"]) {
  const { info } = await api.uploadImage(photo, name);
  const builder = new PromptBuilder(prompt, ["image"], ["images"])
    .setInputNode("image", "1.inputs.image")
    .setOutputNode("images", "3")
    .input("image", info.filename);
  const found = await new Promise((resolve, reject) => {
    new CallWrapper(api, builder)
      .onFinished((data) => resolve(data.images.images))
      .onFailed(reject)
      .run();
  });
  const [image] = found;
  const blob = await api.getImage(image);
  const content = Buffer.from(await blob.arrayBuffer()).toString("base64");
  console.log(JSON.stringify({ name: image.filename, content }));
}
process.exit(0);
