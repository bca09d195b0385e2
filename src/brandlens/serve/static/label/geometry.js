// Boxes as plain objects {left, top, width, height} in whole pixels of the displayed picture: pure functions.

export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

export function between(start, end, size) {
  const x = [start.x, end.x].map((each) => limit(Math.round(each), 0, size.width)).sort((a, b) => a - b);
  const y = [start.y, end.y].map((each) => limit(Math.round(each), 0, size.height)).sort((a, b) => a - b);
  return { left: x[0], top: y[0], width: x[1] - x[0], height: y[1] - y[0] };
}

// A box that sticks out of its picture may stay so, but never moves further out.
export function moved(box, dx, dy, size) {
  return {
    ...box,
    left: limit(box.left + Math.round(dx), Math.min(0, box.left), Math.max(size.width - box.width, box.left)),
    top: limit(box.top + Math.round(dy), Math.min(0, box.top), Math.max(size.height - box.height, box.top)),
  };
}

export function resized(box, handle, dx, dy, size) {
  const edges = [box.left, box.top, box.left + box.width, box.top + box.height];
  const move = (index, by, length) => {
    edges[index] = limit(edges[index] + Math.round(by), Math.min(0, edges[index]), Math.max(length, edges[index]));
  };
  if (handle.includes("w")) move(0, dx, size.width);
  if (handle.includes("e")) move(2, dx, size.width);
  if (handle.includes("n")) move(1, dy, size.height);
  if (handle.includes("s")) move(3, dy, size.height);
  const [left, right] = [Math.min(edges[0], edges[2]), Math.max(edges[0], edges[2])];
  const [top, bottom] = [Math.min(edges[1], edges[3]), Math.max(edges[1], edges[3])];
  return { ...box, left, top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
}

export function smallestAt(boxes, point) {
  const around = boxes.filter((box) =>
    point.x >= box.left && point.x <= box.left + box.width && point.y >= box.top && point.y <= box.top + box.height);
  return around.sort((a, b) => a.width * a.height - b.width * b.height)[0] ?? null;
}

export function iou(first, second) {
  const width = Math.min(first.left + first.width, second.left + second.width) - Math.max(first.left, second.left);
  const height = Math.min(first.top + first.height, second.top + second.height) - Math.max(first.top, second.top);
  const common = Math.max(0, width) * Math.max(0, height);
  return common / (first.width * first.height + second.width * second.height - common);
}

export function limit(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
