"""One module a format: imglab, Pascal VOC, COCO, YOLO and CSV."""
