"""What every list resource promises: how it is filtered, sorted and paged. No SQL, no HTTP."""
