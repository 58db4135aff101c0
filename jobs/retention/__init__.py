"""What is kept of jobs and files, for how long and how much; the rest is removed in small steps."""
