"""Networks that detect logos, one package each."""
