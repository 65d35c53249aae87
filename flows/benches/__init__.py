"""What `phimill bench` measures: phimill beside its peers, and phimill under torture."""
