"""Where pictures and reviews come from."""
