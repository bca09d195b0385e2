"""A service that runs the trained models, with pages where anyone can try them and label pictures."""
