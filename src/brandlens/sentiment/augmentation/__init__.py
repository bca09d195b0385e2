"""Further training reviews made out of the training reviews, so that negation and length do not mislead a network."""
