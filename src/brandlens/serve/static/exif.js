// The orientation that a JPEG has by EXIF. Browsers and detectors turn such a picture; imglab's boxes lie on it unturned.

/** Return the orientation, 1 to 8, in the first bytes of a file (ArrayBuffer); 1 where it has none. */
export function orientation(buffer) {
  const view = new DataView(buffer);
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return 1;
  for (let at = 2; at + 4 <= view.byteLength; ) {
    const marker = view.getUint16(at);
    const length = view.getUint16(at + 2);
    if (marker < 0xff00 || marker === 0xffda || length < 2) break;
    if (marker === 0xffe1 && at + 18 <= view.byteLength && view.getUint32(at + 4) === 0x45786966) {
      return tiffOrientation(view, at + 10);
    }
    at += 2 + length;
  }
  return 1;
}

function tiffOrientation(view, start) {
  try {
    const little = view.getUint16(start) === 0x4949;
    const directory = start + view.getUint32(start + 4, little);
    for (let index = 0; index < view.getUint16(directory, little); index += 1) {
      const entry = directory + 2 + 12 * index;
      if (view.getUint16(entry, little) === 0x0112) {
        const value = view.getUint16(entry + 8, little);
        return value >= 1 && value <= 8 ? value : 1;
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // cut short
  }
  return 1;
}

/** Return a box of a turned picture of this size as it lies on the picture as stored. */
export function toStored({ left, top, width, height }, size, turned) {
  const right = size.width - left - width;
  const bottom = size.height - top - height;
  switch (turned) {
    case 2: return { left: right, top, width, height };
    case 3: return { left: right, top: bottom, width, height };
    case 4: return { left, top: bottom, width, height };
    case 5: return { left: top, top: left, width: height, height: width };
    case 6: return { left: top, top: right, width: height, height: width };
    case 7: return { left: bottom, top: right, width: height, height: width };
    case 8: return { left: bottom, top: left, width: height, height: width };
    default: return { left, top, width, height };
  }
}

/** Return the size of a picture as stored. */
export function storedSize({ width, height }, turned) {
  return turned >= 5 ? { width: height, height: width } : { width, height };
}
