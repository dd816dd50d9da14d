"""Image mode: judging exactly the images that were asked for, and not a scan task of the cloud."""
