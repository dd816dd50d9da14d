"""What Huawei Cloud does for image mode: the images of SWR, and their scans.

`scans` has what `gate.clouds.interface.ImageScans` documents; every other module is a part of it.
"""
