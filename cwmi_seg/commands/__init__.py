"""What a person types: one module a command, each of them thin."""
