"""One row and many, asked of Slipway and of what users would pick instead: `make bench-serving`."""
