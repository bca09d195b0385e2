"""What reviews say of a term, such as the battery or the price: mentions, their clauses and the sentiment of these."""
