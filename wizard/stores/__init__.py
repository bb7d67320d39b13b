"""Where runs are kept: one contract, and a package for each database."""
