"""Build manifests: their grammar, its validation, and the plan that follows."""
