"""Pictures and reviews as the collect stages take them: readers, splits, near-duplicates."""
