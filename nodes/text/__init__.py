"""Node types that compute with texts: taking them apart, putting them together, reading formats, writing them alike."""
