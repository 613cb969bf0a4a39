"""The same half year through the running stack: time is short, everything else is real."""
