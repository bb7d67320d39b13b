"""Node types that compute with days and times, and those that wait for one."""
