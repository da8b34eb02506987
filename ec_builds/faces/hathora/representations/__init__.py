"""How things look in this face."""
