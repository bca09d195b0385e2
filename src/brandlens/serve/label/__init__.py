"""Pictures of a folder and their boxes, labelled in a browser."""
