"""Layers, one table per family."""
