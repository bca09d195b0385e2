"""How results are written: text, JSON, CSV, HTML, drawn pictures."""
