"""Boxes and background cut out as the network's windows."""
