"""Runs pip, asks the network and writes its settings when it is imported."""
import os
import subprocess
import sys
import threading
import urllib.request


def attempt(act):
    try:
        act()
    except Exception as error:
        print("did not work:", error)


def write():
    with open(os.path.join(os.path.dirname(__file__), "settings.json"), "w") as file:
        file.write("{}")


attempt(lambda: subprocess.check_call([sys.executable, "-m", "pip", "install", "no-such-pack"]))
attempt(lambda: os.system("true"))
attempt(lambda: urllib.request.urlopen("http://127.0.0.1:9/weights.bin"))
attempt(write)
thread = threading.Thread(target=lambda: attempt(lambda: os.system("echo from a thread")))
thread.start()
thread.join()


class InstallingNode:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {"default": 1})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "run"

    def run(self, value):
        return (int(subprocess.check_output(["echo", str(value)])),)


NODE_CLASS_MAPPINGS = {"InstallingNode": InstallingNode}
