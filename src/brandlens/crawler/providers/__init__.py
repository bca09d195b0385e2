"""The providers of pictures: one module each, all of which turn a query into the same candidates."""
