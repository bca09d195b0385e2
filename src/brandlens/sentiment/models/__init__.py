"""The Keras networks that read reviews, their layers, and the features and branches that go with them."""
