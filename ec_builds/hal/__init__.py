"""A media type: HAL documents, their relations and pages, and problem documents."""
