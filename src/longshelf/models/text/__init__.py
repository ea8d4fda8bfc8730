"""Networks that read tokens: what turns text into them, and what stands above."""
