"""What the commands print and write: text, JSON, CSV, pages and drawn pictures."""
