// The label page: which picture is shown, what keys and buttons do.

import { keepToken, send } from "../api.js";
import { iou, limit, moved, resized } from "./geometry.js";
import { Session, newUid } from "./session.js";
import { Saver } from "./saver.js";
import { View } from "./view.js";
import * as panels from "./panels.js";

const $ = (id) => document.getElementById(id);
const SAME_BOX = 0.6; // IoU from which a suggestion counts as drawn already
const MAX_FETCHED = 4; // pictures that are kept in memory
const POLL = 3000; // milliseconds

const page = {
  pictures: [], order: [], at: 0, labels: [], label: null, selected: null, session: null, last: null,
  suggestions: [], unsure: new Map(), numRanked: 0, file: "",
};
const sessions = new Map();
const fetched = new Map(); // addresses of pictures, by id

const view = new View($("stage"), $("picture"), $("overlay"), {
  drawn: (box) => addBox(box),
  changed: (uid, box) => edit(uid, box),
  selected: (uid) => select(uid),
  accepted: (suggestion) => accept([suggestion]),
  zoomed: (scale) => ($("scale").textContent = `${Math.round(scale * 100)} %`),
});
const saver = new Saver({
  saved: (session, answer) => {
    const row = page.pictures.find((each) => each.id === session.id);
    if (row) Object.assign(row, { labelled: answer.labelled, boxes: answer.boxes.length });
    page.progress = answer.progress;
    if (session === page.session) say("");
    panels.showProgress(page);
    showPlace();
  },
  conflict: () => showConflict(),
  refused: (session, failure) => fail(failure),
  status: (text) => ($("saved").textContent = text),
});

function say(text) {
  $("message").textContent = text;
}

async function getJson(path) {
  return (await send(path)).json();
}

function fail(failure) {
  $("token-form").hidden = failure.status !== 401;
  if (failure.status === 401) $("token").focus();
  $("problem").textContent = failure.message;
  $("problem").hidden = failure.status === 401;
}

async function start() {
  try {
    Object.assign(page, await getJson("/label/pictures"));
  } catch (failure) {
    fail(failure);
    return;
  }
  $("problem").hidden = $("token-form").hidden = true;
  const named = [...page.progress.labels.map((each) => each.label), ...(page.model_labels ?? [])];
  page.labels = [...new Set(named)];
  page.label = page.labels[0] ?? null;
  $("order-choice").hidden = !page.model_labels;
  sortPictures();
  panels.showFixed(page);
  panels.showProgress(page);
  if (page.model_labels) poll();
  restoreDrafts();
  const first = page.order.findIndex((row) => !row.labelled);
  await go(first < 0 ? 0 : first);
}

function restoreDrafts() {
  for (const [id, draft] of saver.drafts()) {
    if (!page.pictures.some((row) => row.id === id)) continue;
    const session = new Session(id);
    session.restore(draft);
    sessions.set(id, session);
    saver.schedule(session, 0);
  }
}

function sortPictures() {
  const current = page.order[page.at];
  page.order = page.pictures.filter((row) => row.id && !row.error);
  if ($("order").value === "unsure") {
    const value = (row) => (page.unsure.has(row.name) ? page.unsure.get(row.name) ?? -1e9 : -2e9);
    page.order.sort((a, b) => value(b) - value(a));
  }
  page.at = Math.max(0, page.order.indexOf(current));
}

async function poll() {
  try {
    const { done, ranked } = await getJson(`/label/suggestions?after=${page.numRanked}`);
    page.numRanked += ranked.length;
    for (const [name, value] of ranked) page.unsure.set(name, value);
    if (ranked.length && $("order").value === "unsure") {
      sortPictures();
      showPlace();
    }
    if (done) return;
  } catch {
    // the next time
  }
  setTimeout(poll, POLL);
}

async function fetchPicture(id, decode = false) {
  const key = decode ? `${id} decoded` : id;
  if (!fetched.has(key)) {
    const answer = await send(`/label/pictures/${id}/file${decode ? "?decode=true" : ""}`);
    fetched.set(key, URL.createObjectURL(await answer.blob()));
    for (const [old, address] of [...fetched].slice(0, -MAX_FETCHED)) {
      URL.revokeObjectURL(address);
      fetched.delete(old);
    }
  }
  return fetched.get(key);
}

// Show a picture by its place in the order; one that cannot be read is passed over, in the direction of `step`.
async function go(at, step = 1) {
  leave();
  if (!page.order.length) {
    $("problem").textContent = "No picture in this folder can be read.";
    $("problem").hidden = false;
    return;
  }
  page.at = limit(at, 0, page.order.length - 1);
  const row = page.order[page.at];
  const session = sessions.get(row.id) ?? new Session(row.id);
  sessions.set(row.id, session);
  Object.assign(page, { session, selected: null, suggestions: [] });
  $("problem").hidden = true;
  $("stage").setAttribute("aria-busy", "true");
  try {
    const [answer, url] = await Promise.all([send(`/label/pictures/${row.id}`), fetchPicture(row.id)]);
    const state = await answer.json();
    if (page.session !== session) return; // gone on meanwhile
    session.load(state, answer.headers.get("ETag"));
    session.size = { width: state.width, height: state.height };
    session.note = state.note;
    view.show(await suitable(row.id, url, session.size), session.size);
  } catch (failure) {
    if (page.session === session) await passOver(row, failure, step);
    return;
  }
  $("stage").removeAttribute("aria-busy");
  show();
  showConflict();
  say(`${row.name}, ${session.now.boxes.length} boxes`);
  suggest(session);
  const next = page.order[page.at + 1];
  if (next) fetchPicture(next.id).catch(() => {});
}

async function passOver(row, failure, step) {
  if (failure.status !== 422) {
    view.show("", { width: 1, height: 1 });
    fail(failure);
    return;
  }
  row.error = failure.message;
  const at = page.at;
  sortPictures();
  panels.showProgress(page);
  await go(step < 0 ? at - 1 : at, step);
  $("problem").textContent = `Left out: ${failure.message}`;
  $("problem").hidden = false;
}

// A browser may turn a picture otherwise than its header says, or not know its format: then the service decodes it.
async function suitable(id, url, size) {
  const image = new Image();
  image.src = url;
  const isRight = await image.decode().then(
    () => image.naturalWidth === size.width && image.naturalHeight === size.height, () => false);
  return isRight ? url : fetchPicture(id, true);
}

function leave() {
  const { session } = page;
  if (!session) return;
  if (session.isDirty && !session.isConflict) saver.schedule(session, 0);
  if (session.now.boxes.length) page.last = session.now.boxes;
}

async function suggest(session) {
  if (!page.model_labels) return;
  const { boxes } = await getJson(`/label/pictures/${session.id}/suggestions`).catch(() => ({ boxes: [] }));
  if (page.session !== session) return;
  page.suggestions = boxes;
  show();
}

function open(boxes) {
  const drawn = page.session.now.boxes;
  return boxes.filter((box) => !drawn.some((each) => each.label === box.label && iou(each, box) > SAME_BOX));
}

function colored(box) {
  return { ...box, color: Math.max(0, page.labels.indexOf(box.label)) % 8 };
}

function show() {
  const { session } = page;
  if (!session) return;
  for (const { label } of session.now.boxes) if (!page.labels.includes(label)) page.labels.push(label);
  view.color = Math.max(0, page.labels.indexOf(page.label)) % 8;
  const suggestions = open(page.suggestions);
  view.set(session.now.boxes.map(colored), suggestions.map(colored), page.selected);
  panels.showLabels(page, chooseLabel);
  panels.showBoxes(page, { select, remove, ignore });
  $("suggested").hidden = !suggestions.length;
  $("suggested-text").textContent = `The model suggests ${suggestions.length} (dashed):`;
  $("undo").disabled = !session.done.length;
  $("redo").disabled = !session.undone.length;
  $("copy").disabled = !page.last;
  $("delete").disabled = !page.selected;
  $("note").textContent = session.note ?? "";
  $("note").hidden = !session.note;
  showPlace();
}

function showPlace() {
  const row = page.order[page.at];
  if (!row || !page.session) return;
  $("name").textContent = row.name;
  if (document.activeElement !== $("number")) $("number").value = page.at + 1;
  $("number").max = page.order.length;
  $("of").textContent = `of ${page.order.length.toLocaleString("en")}`;
  $("previous").disabled = page.at === 0;
  $("next").disabled = page.at === page.order.length - 1;
  const { labelled, boxes } = page.session.now;
  $("state").textContent = !labelled ? "not labelled yet" : boxes.length ? "labelled" : "no logo here";
  $("state").classList.toggle("done", labelled);
  $("empty").setAttribute("aria-pressed", String(labelled && !boxes.length));
}

function showConflict() {
  $("conflict").hidden = !page.session?.isConflict;
}

// Each change of boxes goes through here.
function change(boxes, labelled = boxes.length > 0) {
  page.session.change(boxes, labelled);
  saver.schedule(page.session);
  show();
}

function edit(uid, box) {
  const { boxes } = page.session.now;
  const old = boxes.find((each) => each.uid === uid);
  const { left, top, width, height } = box;
  if (!old || ["left", "top", "width", "height"].every((side) => old[side] === box[side])) return;
  change(boxes.map((each) => (each.uid === uid ? { ...each, left, top, width, height } : each)));
  say(`${left}, ${top}, ${width} by ${height}`);
}

function addBox(box) {
  if (!page.session?.size) return;
  const uid = newUid();
  const label = page.label ?? "logo";
  if (!page.label) page.label = label;
  page.selected = uid;
  change([...page.session.now.boxes, { ignore: false, label, ...box, uid }]);
  say(`Box of ${label} added`);
}

function addByKey() {
  const size = page.session?.size;
  if (!size) return;
  const seen = view.visible();
  const width = Math.max(1, Math.round(seen.width / 4));
  const height = Math.max(1, Math.round(seen.height / 4));
  addBox({
    left: Math.round(seen.left + (seen.width - width) / 2), top: Math.round(seen.top + (seen.height - height) / 2), width, height,
  });
}

function select(uid) {
  page.selected = uid;
  const box = page.session.now.boxes.find((each) => each.uid === uid);
  if (box) page.label = box.label;
  show();
}

function selectNext(step) {
  const { boxes } = page.session.now;
  if (!boxes.length) return;
  const at = boxes.findIndex((box) => box.uid === page.selected);
  const next = at < 0 ? (step > 0 ? 0 : boxes.length - 1) : (at + step + boxes.length) % boxes.length;
  select(boxes[next].uid);
  say(`Box ${next + 1} of ${boxes.length}: ${boxes[next].label}`);
}

function remove(uid) {
  page.selected = null;
  change(page.session.now.boxes.filter((box) => box.uid !== uid));
  say("Box deleted");
}

function ignore(uid) {
  change(page.session.now.boxes.map((box) => (box.uid === uid ? { ...box, ignore: !box.ignore } : box)));
}

function chooseLabel(label) {
  page.label = label;
  if (!page.labels.includes(label)) page.labels.push(label);
  const box = page.session?.now.boxes.find((each) => each.uid === page.selected);
  if (box && box.label !== label) {
    change(page.session.now.boxes.map((each) => (each === box ? { ...each, label } : each)));
  } else show();
  say(`Label ${label}`);
}

function accept(suggestions) {
  if (!suggestions.length) return;
  const boxes = suggestions.map(({ color, ...box }) => ({ ...box, uid: newUid() }));
  change([...page.session.now.boxes, ...boxes]);
  say(`${boxes.length} accepted`);
}

function markEmpty() {
  if (!page.session?.size) return;
  const { labelled, boxes } = page.session.now;
  page.selected = null;
  if (labelled && !boxes.length) {
    change([], false);
    return;
  }
  change([], true);
  if (page.at < page.order.length - 1) go(page.at + 1);
}

function copyLast() {
  if (!page.last) return;
  change([...page.session.now.boxes, ...page.last.map((box) => ({ ...box, uid: newUid() }))]);
}

function nextUnlabelled() {
  const isOpen = (row) => !(sessions.get(row.id)?.now.labelled || row.labelled);
  const after = page.order.findIndex((row, at) => at > page.at && isOpen(row));
  const found = after < 0 ? page.order.findIndex((row, at) => at !== page.at && isOpen(row)) : after;
  if (found < 0) say("All other pictures are labelled");
  else go(found);
}

function stepHistory(isUndo) {
  if (!page.session || !(isUndo ? page.session.undo() : page.session.redo())) return;
  if (!page.session.now.boxes.some((box) => box.uid === page.selected)) page.selected = null;
  saver.schedule(page.session);
  show();
}

function arrow(event) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const step = event.shiftKey ? 10 : 1;
  const box = page.session?.now.boxes.find((each) => each.uid === page.selected);
  if (!box) view.pan(-40 * dx, -40 * dy);
  else if (event.altKey || event.ctrlKey) {
    // resizing by keys never turns a box inside out
    const by = [Math.max(dx * step, 1 - box.width), Math.max(dy * step, 1 - box.height)];
    edit(box.uid, resized(box, "se", dx && by[0], dy && by[1], page.session.size));
  } else edit(box.uid, moved(box, dx * step, dy * step, page.session.size));
}

const KEYS = {
  n: () => go(page.at + 1), p: () => go(page.at - 1, -1), u: nextUnlabelled, b: addByKey, c: copyLast, 0: markEmpty,
  f: () => view.fit(), "+": () => view.zoom(1.25), "=": () => view.zoom(1.25), "-": () => view.zoom(0.8),
  s: () => accept(open(page.suggestions).slice(0, 1)), a: () => accept(open(page.suggestions)),
  i: () => page.selected && ignore(page.selected), ".": () => selectNext(1), ",": () => selectNext(-1),
  l: () => $("label-name").focus(), delete: () => page.selected && remove(page.selected),
  backspace: () => page.selected && remove(page.selected), escape: () => select(null),
};

document.addEventListener("keydown", (event) => {
  if (!page.session || event.target.closest("input, select, textarea, summary, pre")) {
    if (event.key === "Escape") $("stage").focus();
    return;
  }
  const key = event.key.toLowerCase();
  const isCommand = event.ctrlKey || event.metaKey;
  if (event.key.startsWith("Arrow")) arrow(event);
  else if (isCommand && (key === "z" || key === "y")) stepHistory(key === "z" && !event.shiftKey);
  else if (isCommand || event.altKey) return;
  else if (event.key === " " && event.target === $("stage")) view.isSpace = true;
  else if (/^[1-9]$/.test(key) && page.labels[key - 1]) chooseLabel(page.labels[key - 1]);
  else if (KEYS[key]) KEYS[key]();
  else return;
  event.preventDefault();
});
document.addEventListener("keyup", (event) => {
  if (event.key === " ") view.isSpace = false;
});

const BUTTONS = {
  previous: KEYS.p, next: KEYS.n, "next-unlabelled": nextUnlabelled, add: addByKey, empty: markEmpty, copy: copyLast, delete: KEYS.delete,
  undo: () => stepHistory(true), redo: () => stepHistory(false), fit: KEYS.f, "zoom-in": KEYS["+"],
  "zoom-out": KEYS["-"], accept: KEYS.s, "accept-all": KEYS.a,
};
for (const [id, run] of Object.entries(BUTTONS)) $(id).addEventListener("click", run);
$("number").addEventListener("change", () => go(Number($("number").value) - 1));
$("order").addEventListener("change", () => {
  sortPictures();
  go(0);
});
$("new-label").addEventListener("submit", (event) => {
  event.preventDefault();
  const label = $("label-name").value.trim();
  if (!label) return;
  $("label-name").value = "";
  chooseLabel(label);
  $("stage").focus();
});
$("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken($("token").value);
  if (page.session) {
    $("token-form").hidden = true;
    saver.flush();
  } else start();
});
$("take-theirs").addEventListener("click", () => {
  const { session } = page;
  saver.forget(session);
  session.isDirty = false;
  session.etag = null;
  page.session = null;
  go(page.at);
});
$("keep-mine").addEventListener("click", async () => {
  const { session } = page;
  try {
    const answer = await send(`/label/pictures/${session.id}`);
    const state = await answer.json();
    session.etag = answer.headers.get("ETag");
    // all boxes of the file are replaced by these
    session.keys = new Map();
    session.isConflict = false;
    session.isDirty = true;
    saver.schedule(session, 0);
    showConflict();
    say(`${state.boxes.length} boxes replaced`);
  } catch (failure) {
    fail(failure);
  }
});

start();
