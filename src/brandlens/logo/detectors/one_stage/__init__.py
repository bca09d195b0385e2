"""The one-stage detector: an anchor-free network gives the boxes and labels of a whole picture in one pass."""
