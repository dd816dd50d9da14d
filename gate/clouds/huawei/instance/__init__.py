"""The own scan of an instance of SWR Enterprise: by digest, for vulnerabilities only (huawei-images.md 5)."""
