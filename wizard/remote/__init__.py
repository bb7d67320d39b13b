"""Node types that services offer over HTTP, in any language: how they are described, called and kept at hand."""
