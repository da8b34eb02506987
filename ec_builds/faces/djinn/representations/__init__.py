"""How things look to clients of this face (reference, section 2)."""
