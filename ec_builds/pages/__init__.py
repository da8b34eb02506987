"""Pages behind links: schemas, relations, error codes, the OpenAPI document, health."""
