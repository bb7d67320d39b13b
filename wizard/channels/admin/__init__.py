"""The interface for those who edit, deploy and operate workflows: JSON below `/api/v1/admin`."""
