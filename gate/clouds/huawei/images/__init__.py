"""What Huawei Cloud does for image mode: the images of SWR, and their scans."""
