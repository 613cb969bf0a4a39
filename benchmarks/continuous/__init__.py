"""Half a year of payments whose frauds change: never, governed or every day trained again."""
