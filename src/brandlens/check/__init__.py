"""Find what may be wrong in labelled pictures, and fix what is safe to fix."""
