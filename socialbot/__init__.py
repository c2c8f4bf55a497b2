"""socialbot puts the posts a website publishes on social networks: fitting, labelled, on time, exactly once."""

__version__ = "0.1.0"
