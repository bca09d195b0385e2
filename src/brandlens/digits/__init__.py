"""Written digits: small networks on a small problem, on which the figures and advice of the field can be checked."""
