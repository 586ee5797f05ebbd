"""What is in a file and how to cut it. Readers of untrusted bytes run in worker processes."""
