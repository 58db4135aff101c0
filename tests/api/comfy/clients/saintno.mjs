// Runs two prompts with @saintno/comfyui-sdk; prints the images of each as JSON.
import { CallWrapper, ComfyApi, PromptBuilder } from "@saintno/comfyui-sdk";

const api = new ComfyApi(process.argv[2], "a-client-of-saintno");
api.init();
await api.waitForReady();
const prompt = {
  1: { class_type: "EmptyImage", inputs: { width: 8, height: 8, batch_size: 1, color: 1 } },
  2: { class_type: "ImageInvert", inputs: { image: ["1", 0] } },
  3: { class_type: "SaveImage", inputs: { images: ["2", 0], filename_prefix: "saintno" } },
};
for (const color of [1, 2]) {
  const builder = new PromptBuilder(prompt, ["color"], ["images"])
    .setInputNode("color", "1.inputs.color")
    .setOutputNode("images", "3")
    .input("color", color);
  const found = await new Promise((resolve, reject) => {
    new CallWrapper(api, builder)
      .onFinished((data) => resolve(data.images.images))
      .onFailed(reject)
      .run();
  });
  console.log(JSON.stringify(found));
}
process.exit(0);
