"""The one-shot detector: one pass of one network over a whole picture gives every box and what it shows."""
