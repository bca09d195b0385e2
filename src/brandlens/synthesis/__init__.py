"""Labelled scenes composed around a logo file: backgrounds, look-alikes, perspective, light and occlusion."""
