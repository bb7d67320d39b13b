"""What pages and the JSON interface share: bodies, who calls, rates, files, streams, health, failures."""
