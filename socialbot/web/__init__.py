"""What a browser is given: the deploy hook and the preview page."""
