"""Design-based estimation: arrays in, estimates out."""
