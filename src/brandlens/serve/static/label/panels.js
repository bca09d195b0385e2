// What stands beside the picture: labels, boxes, progress, the commands.

const $ = (id) => document.getElementById(id);
const MAX_LISTED = 200; // pictures that cannot be read

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function showFixed(page) {
  $("file").textContent = page.file;
  $("commands").textContent = page.commands.join("\n");
  if (page.issues) {
    $("issues").hidden = false;
    $("issues").textContent = `${page.issues} ${page.issues === 1 ? "entry" : "entries"} of ${page.file} could not be read and `
      + `stay as they are; brandlens logo check lists them.`;
  }
}

export function showLabels(page, choose) {
  const buttons = page.labels.map((label, index) => {
    const button = make("button", { type: "button", className: `dot color-${index % 8}` }, label);
    if (index < 9) button.append(make("kbd", {}, String(index + 1)));
    button.setAttribute("aria-pressed", String(label === page.label));
    button.addEventListener("click", () => choose(label));
    return button;
  });
  const had = [...$("labels").children].indexOf(document.activeElement);
  $("labels").replaceChildren(...buttons);
  buttons[had]?.focus({ preventScroll: true });
}

export function showBoxes(page, on) {
  const { boxes, labelled } = page.session.now;
  const list = $("boxes");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  list.replaceChildren(...boxes.map((box, index) => {
    const color = Math.max(0, page.labels.indexOf(box.label)) % 8;
    const place = `${box.width} × ${box.height} at ${box.left}, ${box.top}`;
    const name = `box ${index + 1}, ${box.label}`;
    const pick = make("button", { type: "button", className: "pick" },
      make("span", { className: `dot color-${color}` }, box.label), make("small", {}, place));
    pick.setAttribute("aria-pressed", String(box.uid === page.selected));
    const skip = make("button", { type: "button", title: "Neither logo nor background" }, "Ignore");
    skip.setAttribute("aria-pressed", String(box.ignore));
    skip.setAttribute("aria-label", `Ignore ${name}`);
    const drop = make("button", { type: "button" }, "✕");
    drop.setAttribute("aria-label", `Delete ${name}`);
    const runs = [on.select, on.ignore, on.remove];
    [pick, skip, drop].forEach((button, at) => {
      button.dataset.key = `${box.uid} ${at}`;
      button.addEventListener("click", () => runs[at](box.uid));
    });
    return make("li", {}, pick, skip, drop);
  }));
  if (focused) (list.querySelector(`[data-key="${focused}"]`) ?? $("stage")).focus({ preventScroll: true });
  $("num-boxes").textContent = boxes.length || "";
  $("no-boxes").hidden = boxes.length > 0;
  $("no-boxes").textContent = labelled ? "This picture shows no logo." : "None yet. Draw one, or press 0 where there is no logo.";
}

export function showProgress(page) {
  const { labelled, empty, labels } = page.progress;
  const broken = page.pictures.filter((row) => row.error);
  const total = page.pictures.length - broken.length;
  $("progress-text").textContent = `${count(labelled)} of ${count(total)} pictures labelled, ${count(empty)} of them without a logo.`;
  $("progress").max = Math.max(1, total);
  $("progress").value = labelled;
  $("counts").hidden = !labels.length;
  $("counts").tBodies[0].replaceChildren(...labels.map(({ label, boxes, pictures }) =>
    make("tr", {}, make("td", {}, label), make("td", {}, count(boxes)), make("td", {}, count(pictures)))));
  $("advice").textContent = advise(page);
  $("curve").textContent = describeCurve(page);
  $("unreadable").hidden = !broken.length;
  $("unreadable").querySelector("summary").textContent = `${count(broken.length)} cannot be shown`;
  $("unreadable").querySelector("ul").replaceChildren(...broken.slice(0, MAX_LISTED).map((row) =>
    make("li", {}, row.error.startsWith(row.name) ? row.error : `${row.name}: ${row.error}`)));
}

function describeCurve({ learning_curve: curve }) {
  const points = curve.map(([pictures, ap50]) => `${pictures}: ${ap50.toFixed(2)}`);
  return `AP50 by pictures with the logo, measured for one brand of drinks: ${points.join(", ")}. Other logos may want more.`;
}

// Labels so far, and what the learning curve says of them.
function advise({ progress, learning_curve: curve }) {
  const fewest = [...progress.labels].sort((a, b) => a.pictures - b.pictures)[0];
  const [first] = curve[0];
  if (!fewest) return `Label ${first} pictures with the logo, and about as many without it, before you train.`;
  const { label, pictures } = fewest;
  const which = progress.labels.length > 1 ? ", the fewest" : "";
  const advice = pictures < first
    ? `${label} is in ${count(pictures)} of them${which}: label ${first} before you train.`
    : `${label} is in ${count(pictures)} of them${which}: enough to train. Then label where the model is least sure.`;
  return progress.empty < pictures / 2 ? `${advice} Mark about as many without a logo.` : advice;
}

function count(number) {
  return number.toLocaleString("en");
}
