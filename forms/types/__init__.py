"""One module for each family of fields: how an answer is read."""
