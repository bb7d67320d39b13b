"""Tests of node types that services offer."""
