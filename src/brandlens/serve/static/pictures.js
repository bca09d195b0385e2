// The pictures of the page: asked about a few at a time, with boxes that follow the threshold, and heat maps.

import { count, element, onDrop, request, save } from "./api.js";
import { toCoco, toImglab } from "./annotations.js";
import { orientation } from "./exif.js";

const AT_ONCE = 3; // requests that run
const HEADER = 262_144; // first bytes of a file, which hold its orientation
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

/** Run the half of the page that detects logos. model: the answer of /logo. */
export function runPictures(model) {
  const pictures = [];
  const waiting = [];
  let running = 0;
  const slider = byId("threshold");
  const lowest = Math.min(Number(slider.min), model.threshold);
  const score = typeof model.metrics.ap50 === "number" ? `, AP50 ${model.metrics.ap50.toFixed(3)} on its test pictures` : "";
  byId("logo-model").textContent = `The model knows ${model.labels.join(", ")}${score}.`;

  function threshold() {
    return Number(slider.value);
  }

  function detected(picture) {
    return (picture.detections ?? []).filter((detection) => detection.score >= threshold());
  }

  function add(files) {
    for (const file of files) {
      const name = file.webkitRelativePath || file.name || "pasted.png";
      const same = (other) => other.name === name && other.file.size === file.size && other.file.lastModified === file.lastModified;
      if (pictures.some(same)) continue;
      const picture = { name, file, card: element("li") };
      pictures.push(picture);
      waiting.push(picture);
      byId("gallery").append(picture.card);
      renderWaiting(picture);
    }
    byId("logo-results").hidden = !pictures.length;
    summarize();
    next();
  }

  function next() {
    while (running < AT_ONCE && waiting.length) {
      const picture = waiting.shift();
      if (!pictures.includes(picture)) continue;
      running += 1;
      detect(picture).finally(() => {
        running -= 1;
        summarize();
        next();
      });
    }
  }

  async function detect(picture) {
    try {
      const form = new FormData();
      form.append("pictures", picture.file, picture.name);
      const response = await request(`/logo/detect?threshold=${lowest}`, { method: "POST", body: form });
      const [row] = (await response.json()).pictures;
      if (row.error) throw new Error(row.error);
      picture.orientation = orientation(await picture.file.slice(0, HEADER).arrayBuffer());
      Object.assign(picture, { width: row.width, height: row.height, detections: row.detections });
      if (pictures.includes(picture)) render(picture);
    } catch (error) {
      picture.error = error.message;
      picture.card.replaceChildren(element("p", { class: "failed" }, picture.error));
    }
  }

  function renderWaiting(picture) {
    picture.card.replaceChildren(element("p", { class: "soft" }, `${picture.name} …`));
  }

  function render(picture) {
    picture.url = URL.createObjectURL(picture.file);
    const image = element("img", { src: picture.url, alt: picture.name, decoding: "async", width: picture.width, height: picture.height });
    image.addEventListener("error", () => convert(picture, image), { once: true });
    picture.boxes = document.createElementNS(SVG, "svg");
    picture.boxes.setAttribute("viewBox", `0 0 ${picture.width} ${picture.height}`);
    picture.boxes.setAttribute("aria-hidden", "true");
    picture.frame = element("div", { class: "frame" }, image, picture.boxes);
    picture.caption = element("figcaption");
    picture.card.replaceChildren(element("figure", {}, picture.frame, picture.caption));
    redraw(picture);
    if (byId("heat").checked) showHeat(picture);
  }

  /** Show a format that the browser cannot read as the service reads it. */
  async function convert(picture, image) {
    try {
      const headers = { Accept: "image/png", "Content-Type": "application/octet-stream" };
      const response = await request("/logo/detect?threshold=1", { method: "POST", body: picture.file, headers });
      URL.revokeObjectURL(picture.url);
      picture.url = URL.createObjectURL(await response.blob());
      image.src = picture.url;
    } catch {
      image.remove();
    }
  }

  function redraw(picture) {
    const shown = detected(picture);
    picture.boxes.replaceChildren(...shown.map((detection) => {
      const box = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries({ x: detection.left, y: detection.top, width: detection.width, height: detection.height })) {
        box.setAttribute(name, value);
      }
      box.setAttribute("class", `label-${model.labels.indexOf(detection.label) % 6}`);
      return box;
    }));
    const found = shown.map((detection) => `${detection.label} ${detection.score.toFixed(2)}`).join(", ");
    picture.caption.replaceChildren(
      element("strong", {}, picture.name), element("br"), found || "no logo",
    );
    const which = byId("shown").value;
    picture.card.hidden = (which === "with" && !shown.length) || (which === "without" && shown.length > 0);
  }

  function redrawAll() {
    byId("threshold-value").textContent = threshold().toFixed(2);
    for (const picture of pictures) if (picture.detections) redraw(picture);
    summarize();
  }

  function summarize() {
    const read = pictures.filter((picture) => picture.detections);
    const failed = pictures.filter((picture) => picture.error).length;
    const logos = {};
    for (const picture of read) for (const { label } of detected(picture)) logos[label] = (logos[label] ?? 0) + 1;
    const withLogo = read.filter((picture) => detected(picture).length).length;
    const by = Object.entries(logos).map(([label, number]) => `${number.toLocaleString("en")} ${label}`).join(", ");
    const rest = pictures.length - read.length - failed;
    byId("logo-summary").textContent = [
      `${withLogo.toLocaleString("en")} of ${count(read.length, "picture")} with a logo${by ? `: ${by}` : ""}`,
      failed ? `${failed} cannot be read` : "",
      rest ? `${rest} still to come` : "",
    ].filter(Boolean).join("; ");
    for (const id of ["save-imglab", "save-coco"]) byId(id).disabled = !read.length;
  }

  async function showHeat(picture) {
    picture.heat?.remove();
    picture.heat = null;
    if (!byId("heat").checked || !picture.frame) return;
    try {
      const headers = { "Content-Type": "application/octet-stream" };
      const response = await request("/logo/heatmap", { method: "POST", body: picture.file, headers });
      const scores = await createImageBitmap(await response.blob());
      if (!byId("heat").checked || picture.heat) return;
      picture.heat = colored(scores);
      picture.frame.insertBefore(picture.heat, picture.boxes);
    } catch (error) {
      byId("heat").checked = false;
      byId("logo-note").textContent = error.message;
    }
  }

  async function toggleHeat() {
    byId("logo-note").textContent = byId("heat").checked ? "The brighter, the more like a logo." : "";
    for (const picture of [...pictures]) {
      await showHeat(picture);
    }
  }

  /** Return what is saved: pictures that were read, with what is shown of them, no two of a name. */
  function annotated() {
    const names = new Set();
    const kept = [];
    let doubled = 0;
    for (const picture of pictures) {
      if (!picture.detections) continue;
      if (names.has(picture.name)) {
        doubled += 1;
        continue;
      }
      names.add(picture.name);
      kept.push({ ...picture, detections: detected(picture) });
    }
    byId("logo-note").textContent = doubled
      ? `${count(doubled, "picture")} left out of the file: another one has the same name.`
      : `${count(kept.length, "picture")} written; put the file beside the pictures.`;
    return kept;
  }

  function clear() {
    for (const picture of pictures) if (picture.url) URL.revokeObjectURL(picture.url);
    pictures.length = waiting.length = 0;
    byId("gallery").replaceChildren();
    byId("logo-note").textContent = "";
    byId("logo-results").hidden = true;
    byId("pictures").value = "";
    byId("pictures").focus();
  }

  slider.min = lowest;
  slider.value = model.threshold;
  slider.addEventListener("input", redrawAll);
  byId("shown").addEventListener("change", redrawAll);
  byId("threshold-reset").addEventListener("click", () => {
    slider.value = model.threshold;
    redrawAll();
  });
  byId("pictures").addEventListener("change", (event) => add([...event.target.files]));
  byId("heat").addEventListener("change", toggleHeat);
  byId("clear-pictures").addEventListener("click", clear);
  byId("save-imglab").addEventListener("click", () => save("annotations.xml", "application/xml", toImglab(annotated())));
  byId("save-coco").addEventListener("click", () => save("annotations.json", "application/json", toCoco(annotated(), model.labels)));
  onDrop(byId("drop-pictures"), add);
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) {
      event.preventDefault();
      add(files);
    }
  });
  redrawAll();
  byId("logo").hidden = false;
}

/** Return a canvas of a gray bitmap in colors, from transparent at 0 over red to yellow at 255. */
function colored(scores) {
  const canvas = element("canvas", { width: scores.width, height: scores.height, "aria-hidden": "true" });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(scores, 0, 0);
  const pixels = context.getImageData(0, 0, scores.width, scores.height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    const level = pixels.data[at] / 255;
    pixels.data.set([255 * Math.min(1, 0.3 + 1.2 * level), 255 * Math.max(0, 1.6 * level - 0.6), 40, 255 * Math.min(1, 1.3 * level)], at);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}
