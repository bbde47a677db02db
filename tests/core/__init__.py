"""Laws and examples of the pure core."""
