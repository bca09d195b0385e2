"""What may be wrong in labelled pictures, and what of it can be mended by itself."""
