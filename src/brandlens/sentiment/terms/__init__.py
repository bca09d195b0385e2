"""What reviews say of terms, such as battery or price: the clauses that mention them, and these clauses' labels."""
