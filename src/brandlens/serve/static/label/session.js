// The boxes of one picture while they are edited: undo, redo, and what is to be saved.

let lastUid = 0;

export class Session {
  constructor(id) {
    this.id = id;
    this.etag = null;
    this.keys = new Map(); // by box: its place among those that the service has
    this.now = { labelled: false, boxes: [] };
    this.isDirty = this.isSaving = this.isConflict = false;
    this.error = null;
    [this.undone, this.done] = [[], []];
  }

  // Take what the service has; the history stays where it is what was known.
  load(state, etag) {
    if (this.isDirty || this.isSaving) return;
    if (etag !== this.etag) {
      const boxes = state.boxes.map((box) => ({ ...box, uid: ++lastUid }));
      this.keys = new Map(boxes.map((box, index) => [box.uid, index]));
      this.now = { labelled: state.labelled, boxes };
      [this.undone, this.done] = [[], []];
    }
    this.etag = etag;
    this.isConflict = false;
  }

  change(boxes, labelled = boxes.length > 0) {
    this.done.push(this.now);
    this.undone = [];
    this.now = { labelled, boxes };
    this.isDirty = true;
    this.error = null;
  }

  step(from, to) {
    if (!from.length) return false;
    to.push(this.now);
    this.now = from.pop();
    this.isDirty = true;
    return true;
  }

  undo() {
    return this.step(this.done, this.undone);
  }

  redo() {
    return this.step(this.undone, this.done);
  }

  body() {
    const boxes = this.now.boxes.map((box) => ({
      left: box.left, top: box.top, width: box.width, height: box.height, label: box.label, ignore: box.ignore,
      key: this.keys.get(box.uid) ?? null,
    }));
    return { labelled: this.now.labelled, boxes };
  }

  // The service keeps the boxes that it had in their order, and appends the new ones.
  saved(sent, etag) {
    const known = sent.filter((box) => this.keys.has(box.uid)).sort((a, b) => this.keys.get(a.uid) - this.keys.get(b.uid));
    const drawn = sent.filter((box) => !this.keys.has(box.uid));
    this.keys = new Map([...known, ...drawn].map((box, index) => [box.uid, index]));
    this.etag = etag;
  }

  restore(draft) {
    this.etag = draft.etag;
    const boxes = draft.body.boxes.map((box) => ({ ...box, uid: ++lastUid }));
    this.keys = new Map(boxes.filter((box) => box.key !== null).map((box) => [box.uid, box.key]));
    this.now = { labelled: draft.body.labelled, boxes };
    this.isDirty = true;
  }
}

export function newUid() {
  return ++lastUid;
}
