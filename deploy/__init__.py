"""The studio for others: as an image, on one machine with its record and figures, and on a cluster."""
