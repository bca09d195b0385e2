"""The Keras networks for reviews, their layers, and what is trained beside them."""
