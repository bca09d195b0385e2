"""Digits that touch, as fish on a belt do: composed scenes, maps of foreground and edges, and watersheds."""
