"""Fetching pictures from strangers' servers: politely, within limits, and taken only when they decode."""
