"""Who is asked for pictures: one module a provider, all turning a query into the same candidates."""
