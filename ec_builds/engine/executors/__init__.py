"""Who runs what is queued: at once, in threads of this process, or elsewhere."""
