// The picture with its boxes: zoom, pan, and what pointers do. Reports what the user drew; changes no box itself.

import { HANDLES, between, limit, moved, resized, smallestAt } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
const CLICK = 4; // CSS pixels that a pointer may move within a click
const [MIN_SCALE, MAX_SCALE] = [0.01, 64];

export class View {
  // on: drawn(box), changed(uid, box), selected(uid), accepted(suggestion), zoomed(scale)
  constructor(stage, picture, overlay, on) {
    Object.assign(this, { stage, picture, overlay, on });
    this.size = { width: 1, height: 1 };
    this.boxes = [];
    this.suggestions = [];
    this.selected = null;
    [this.scale, this.x, this.y] = [1, 0, 0];
    this.isFit = true;
    this.pointers = new Map();
    this.drag = null;
    this.isSpace = false;
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", (event) => this.up(event));
    stage.addEventListener("pointercancel", (event) => this.cancel(event));
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => (this.isFit ? this.fit() : this.render())).observe(stage);
  }

  show(url, size) {
    this.size = size;
    this.drag = null;
    if (url) this.picture.src = url;
    else this.picture.removeAttribute("src");
    this.picture.hidden = !url;
    this.fit();
  }

  set(boxes, suggestions, selected) {
    Object.assign(this, { boxes, suggestions, selected });
    this.render();
  }

  fit() {
    const { clientWidth, clientHeight } = this.stage;
    const { width, height } = this.size;
    this.scale = limit(Math.min(clientWidth / width, clientHeight / height), MIN_SCALE, 8);
    this.x = (clientWidth - width * this.scale) / 2;
    this.y = (clientHeight - height * this.scale) / 2;
    this.isFit = true;
    this.render();
  }

  zoom(factor, at = { x: this.stage.clientWidth / 2, y: this.stage.clientHeight / 2 }) {
    const scale = limit(this.scale * factor, MIN_SCALE, MAX_SCALE);
    this.x = at.x - ((at.x - this.x) * scale) / this.scale;
    this.y = at.y - ((at.y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.isFit = false;
    this.render();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.isFit = false;
    this.render();
  }

  visible() {
    const [left, top] = [Math.max(0, -this.x / this.scale), Math.max(0, -this.y / this.scale)];
    const right = Math.min(this.size.width, (this.stage.clientWidth - this.x) / this.scale);
    const bottom = Math.min(this.size.height, (this.stage.clientHeight - this.y) / this.scale);
    return right > left && bottom > top
      ? { left, top, width: right - left, height: bottom - top }
      : { left: 0, top: 0, ...this.size };
  }

  at(event) {
    const place = this.stage.getBoundingClientRect();
    return { x: event.clientX - place.left - this.stage.clientLeft, y: event.clientY - place.top - this.stage.clientTop };
  }

  inPicture(at) {
    return { x: (at.x - this.x) / this.scale, y: (at.y - this.y) / this.scale };
  }

  down(event) {
    this.stage.focus({ preventScroll: true });
    if (event.button === 2) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    const at = this.at(event);
    this.pointers.set(event.pointerId, at);
    if (this.pointers.size > 1) {
      this.drag = { kind: "pinch" };
      this.render();
      return;
    }
    const point = this.inPicture(at);
    const box = this.boxes.find((each) => each.uid === this.selected);
    const handle = event.target.dataset?.handle;
    if (event.button === 1 || this.isSpace) this.drag = { kind: "pan" };
    else if (box && handle) this.drag = { kind: "resize", handle, box, now: box };
    else if (box && smallestAt([box], point)) this.drag = { kind: "move", box, now: box };
    else this.drag = { kind: "draw", now: null };
    Object.assign(this.drag, { at, point, isClick: true });
    this.stage.classList.toggle("panning", this.drag.kind === "pan");
  }

  move(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last || !this.drag) return;
    const at = this.at(event);
    if (this.drag.kind === "pinch") {
      this.pinch(event.pointerId, at);
      return;
    }
    this.pointers.set(event.pointerId, at);
    const { drag } = this;
    const point = this.inPicture(at);
    const [dx, dy] = [point.x - drag.point.x, point.y - drag.point.y];
    if (Math.hypot(at.x - drag.at.x, at.y - drag.at.y) > CLICK) drag.isClick = false;
    if (drag.kind === "pan") this.pan(at.x - last.x, at.y - last.y);
    else if (drag.isClick) return;
    else if (drag.kind === "draw") drag.now = between(drag.point, point, this.size);
    else if (drag.kind === "move") drag.now = moved(drag.box, dx, dy, this.size);
    else drag.now = resized(drag.box, drag.handle, dx, dy, this.size);
    this.render();
  }

  pinch(id, at) {
    const [first, second] = this.pointers.values();
    const before = { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2 };
    const distance = Math.hypot(first.x - second.x, first.y - second.y);
    this.pointers.set(id, at);
    const [one, two] = this.pointers.values();
    const after = { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 };
    this.zoom(Math.hypot(one.x - two.x, one.y - two.y) / Math.max(1, distance), before);
    this.pan(after.x - before.x, after.y - before.y);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId) || !this.drag) return;
    const { drag } = this;
    if (drag.kind === "pinch") {
      if (!this.pointers.size) this.drag = null;
      return;
    }
    this.drag = null;
    this.stage.classList.remove("panning");
    if (drag.kind === "pan") return;
    if (drag.isClick) this.click(drag.point);
    else if (drag.kind === "draw" && drag.now?.width > 0 && drag.now?.height > 0) this.on.drawn(drag.now);
    else if (drag.kind !== "draw") this.on.changed(drag.box.uid, drag.now);
    this.render();
  }

  click(point) {
    const box = smallestAt(this.boxes.filter((each) => each.uid !== this.selected), point);
    const suggestion = smallestAt([...this.suggestions], point);
    if (box) this.on.selected(box.uid);
    else if (suggestion) this.on.accepted(suggestion);
    else if (!smallestAt(this.boxes, point)) this.on.selected(null);
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.drag = null;
    this.render();
  }

  wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey) this.pan(-(event.deltaX || event.deltaY) * unit, 0);
    else this.zoom(Math.exp(limit(-event.deltaY * unit, -200, 200) * 0.002), this.at(event));
  }

  render() {
    const { style } = this.picture;
    style.width = `${this.size.width}px`;
    style.height = `${this.size.height}px`;
    style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.picture.classList.toggle("pixels", this.scale >= 3);
    const { drag } = this;
    const shown = this.boxes.map((box) => (drag?.box?.uid === box.uid ? { ...box, ...drag.now } : box));
    const parts = this.suggestions.map((box) => this.group(box, "suggestion"));
    parts.push(...shown.filter((box) => box.uid !== this.selected).map((box) => this.group(box, "")));
    parts.push(...shown.filter((box) => box.uid === this.selected).map((box) => this.group(box, "selected")));
    if (drag?.kind === "draw" && drag.now) parts.push(this.group({ color: this.color ?? 0, ...drag.now }, ""));
    this.overlay.replaceChildren(...parts);
    this.on.zoomed(this.scale);
  }

  group(box, kind) {
    const group = element("g", { class: `${kind} color-${box.color ?? 0}${box.ignore ? " ignored" : ""}` });
    const place = {
      x: this.x + box.left * this.scale, y: this.y + box.top * this.scale,
      width: box.width * this.scale, height: box.height * this.scale,
    };
    group.append(element("rect", { ...place, class: "under" }), element("rect", { ...place, class: "line" }));
    if (box.label) {
      const above = place.y > 18;
      const text = element("text", { x: Math.max(3, place.x + 2), y: above ? place.y - 6 : place.y + 16 });
      text.textContent = box.ignore ? `${box.label} (ignored)` : kind === "suggestion" ? `${box.label}?` : box.label;
      group.append(text);
    }
    if (kind === "selected") group.append(...HANDLES.flatMap((name) => this.handle(name, place)));
    return group;
  }

  handle(name, place) {
    const x = place.x + (name.includes("w") ? 0 : name.includes("e") ? place.width : place.width / 2);
    const y = place.y + (name.includes("n") ? 0 : name.includes("s") ? place.height : place.height / 2);
    const isCorner = name.length === 2;
    if (!isCorner && Math.min(place.width, place.height) < 24) return [];
    // so large that a finger finds it, so small that the inside of the box is left
    const radius = limit(Math.min(place.width, place.height) / 4, 7, matchMedia("(pointer: coarse)").matches ? 22 : 10);
    return [
      element("circle", { cx: x, cy: y, r: isCorner ? 5.5 : 4.5, class: "handle" }),
      element("circle", { cx: x, cy: y, r: radius, class: "grip", "data-handle": name }),
    ];
  }
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
