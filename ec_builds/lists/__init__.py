"""What every list resource promises: how it is filtered, sorted and paged. Knows no SQL, no HTTP."""
