"""Word vectors: their training, and a report of what they learned."""
