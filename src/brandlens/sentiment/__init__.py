"""The sentiment side: tokens, vectors, the networks and the classifier that users run."""
