"""What routes work with: catalogue, pictures, submission, answers, and one registry of all."""
