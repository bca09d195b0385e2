"""Word vectors: training them, and showing what they learned."""
