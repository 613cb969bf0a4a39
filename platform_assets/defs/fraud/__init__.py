"""Fraud among card transactions, on simulated data."""
