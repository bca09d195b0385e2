"""A review's text → the ids of its tokens."""
