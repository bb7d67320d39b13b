"""What databases hold as blobs: runs in rows, their formats, and encryption."""
