"""Networks in ONNX that erase without a prompt: LaMa, MI-GAN and others."""
