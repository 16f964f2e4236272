"""The command line. `ui.cli.main.build` puts its commands together."""
