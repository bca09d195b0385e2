"""From a review's text to the ids of its tokens."""
