"""Language models, ours and others': trained here, loaded from a folder, or behind an address."""
