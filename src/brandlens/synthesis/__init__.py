"""Scenes composed around a logo file."""
