"""From a draft that is edited to the version that runs are started from, and back."""
