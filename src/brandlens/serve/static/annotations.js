// Detections as annotations that brandlens and others read: imglab XML and COCO JSON.

import { storedSize, toStored } from "./exif.js";

const SPECIAL = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;" };
// characters that XML 1.0 has no way to write
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function escapeXml(text) {
  return text.replace(FORBIDDEN, "").replace(/[&<>"'\t\n\r]/g, (sign) => SPECIAL[sign]);
}

/**
 * Return imglab XML. pictures: [{name, width, height, orientation, detections: [{label, left, top, width, height}]}], boxes
 * in pixels of the picture as it is shown; imglab shows pictures as they are stored.
 */
export function toImglab(pictures) {
  const lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<dataset>", "<name>brandlens detections</name>", "<images>"];
  for (const picture of pictures) {
    const size = storedSize(picture, picture.orientation);
    lines.push(`  <image file='${escapeXml(picture.name)}' width='${size.width}' height='${size.height}'>`);
    for (const detection of picture.detections) {
      const box = toStored(detection, picture, picture.orientation);
      lines.push(
        `    <box top='${box.top}' left='${box.left}' width='${box.width}' height='${box.height}'>`,
        `      <label>${escapeXml(detection.label)}</label>`, "    </box>",
      );
    }
    lines.push("  </image>");
  }
  return [...lines, "</images>", "</dataset>", ""].join("\n");
}

/** Return COCO JSON, with scores; see toImglab. labels: names of the categories, numbered from 1. */
export function toCoco(pictures, labels) {
  const annotations = [];
  pictures.forEach((picture, index) => {
    for (const { label, score, left, top, width, height } of picture.detections) {
      annotations.push({
        id: annotations.length + 1, image_id: index + 1, category_id: labels.indexOf(label) + 1,
        bbox: [left, top, width, height], area: width * height, iscrowd: 0, score,
      });
    }
  });
  return `${JSON.stringify({
    images: pictures.map(({ name, width, height }, index) => ({ id: index + 1, file_name: name, width, height })),
    categories: labels.map((name, index) => ({ id: index + 1, name })),
    annotations,
  }, null, 1)}\n`;
}
