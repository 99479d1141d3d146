"""Help while writing: completion in `%%model` cells and on the lines of magics."""
