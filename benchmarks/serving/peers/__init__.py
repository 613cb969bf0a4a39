"""What runs in the peers' own processes and environments; nothing here imports Slipway."""
