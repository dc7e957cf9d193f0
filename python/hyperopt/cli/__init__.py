"""The command ``hyperopt``: one module for each family of subcommands."""
