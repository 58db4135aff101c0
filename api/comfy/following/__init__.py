"""What becomes of prompts, told to the clients that posted them."""
