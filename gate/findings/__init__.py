"""Which findings count against a release: severities, limits, waivers, and what an earlier report had already."""
