"""The verbs, whoever asks: the native face, other faces, the command line."""
