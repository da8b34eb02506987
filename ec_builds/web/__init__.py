"""What all HTTP rooms share."""
