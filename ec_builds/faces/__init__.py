"""Other APIs over the same builds, for clients that speak these."""
