"""Ends the program, politely."""
import sys

sys.exit("this pack wants another ComfyUI")
