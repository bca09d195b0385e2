"""What reviews say of a term, such as a battery or the price: its mentions, their clauses and the sentiment of these."""
