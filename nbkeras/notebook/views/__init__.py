"""What a reader sees: each view is data by mime type, complete as text, without scripts."""
