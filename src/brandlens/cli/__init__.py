"""The command line: runs trained models on pictures and reviews, on the light libraries alone."""
