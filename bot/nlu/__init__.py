"""Reading French as owners type it."""
