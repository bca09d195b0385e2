"""A folder of pictures from the network: the run that fills it, its journal, and the manifest written of it."""
