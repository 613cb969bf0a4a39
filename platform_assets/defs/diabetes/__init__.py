"""Progression of diabetes within a year, on the data that ships with scikit-learn."""
