"""Masks that are kept as outlines in json files: those of COCO, a file for many images, and of labelme, one for each.

    json --coco or labelme--> regions of an image, in order --masks--> class indices H W

Coordinates are those of both formats: x to the right and y down, (0, 0) the upper left corner of the first pixel. A
pixel is inside where its centre is.
"""
