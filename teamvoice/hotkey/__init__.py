"""Sources of key edges: one file for each."""
