"""Rankings of other systems: read what they wrote, measure it as our own."""
