"""What a file is by its content, whatever its name: its kind, its encoding, and how its CSV is written."""
