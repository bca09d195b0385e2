"""Millions of pictures and reviews, on one machine, on Ray and in Spark."""
