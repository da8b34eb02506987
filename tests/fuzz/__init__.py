"""What nobody would send, sent to all that the OpenAPI document describes."""
