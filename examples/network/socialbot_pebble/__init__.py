"""Pebble, an imaginary network, for socialbot: the example of docs/writing-a-network.md."""
