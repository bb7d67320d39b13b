"""Resources: what a node needs to get at a service of others (addresses, passwords, tokens), named by definitions and
kept apart from them."""
