"""Detectors of logos: their protocol, the registry of models, and a package for each kind of network."""
