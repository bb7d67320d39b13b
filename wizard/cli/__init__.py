"""The command `wizard`: one module a command."""
