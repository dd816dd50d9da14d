"""The images of Security Center and Container Registry that were asked for: their rows, their scans, their tags.

`scans` has what `gate.clouds.interface.ImageScans` documents; every other module is a part of it.
"""
