// Saves what was changed: soon after, one request a picture at a time, again and again while there is no connection.
// Until it is saved it is also in the browser's session storage, which outlives a reload.

import { send } from "../api.js";

const DELAY = 500; // milliseconds after a change
const MAX_WAIT = 15000; // between two tries
const PREFIX = "label-draft ";

export class Saver {
  // on: saved(session, answer), conflict(session), refused(session, failure), status(text)
  constructor(on) {
    this.on = on;
    this.timers = new Map();
    this.waiting = new Map(); // sessions that are not saved yet, by id
    this.wait = 1000;
    addEventListener("online", () => this.flush());
    addEventListener("pagehide", () => this.leave());
    addEventListener("beforeunload", (event) => {
      if (this.waiting.size) event.preventDefault();
    });
  }

  drafts() {
    const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
    return keys.map((key) => [key.slice(PREFIX.length), JSON.parse(sessionStorage.getItem(key))]);
  }

  schedule(session, delay = DELAY) {
    this.waiting.set(session.id, session);
    this.keep(session);
    if (!session.isConflict && delay <= DELAY) this.on.status("Saving …");
    clearTimeout(this.timers.get(session.id));
    this.timers.set(session.id, setTimeout(() => this.save(session), delay));
  }

  flush() {
    for (const session of this.waiting.values()) this.schedule(session, 0);
  }

  keep(session) {
    try {
      sessionStorage.setItem(PREFIX + session.id, JSON.stringify({ etag: session.etag, body: session.body() }));
    } catch {
      // the storage is full or forbidden: what is in memory is saved all the same
    }
  }

  forget(session) {
    this.waiting.delete(session.id);
    sessionStorage.removeItem(PREFIX + session.id);
  }

  options(session, more = {}) {
    const headers = { "Content-Type": "application/json", "If-Match": session.etag };
    return { method: "PUT", headers, body: JSON.stringify(session.body()), ...more };
  }

  async save(session) {
    if (session.isSaving || session.isConflict || !session.isDirty) return;
    session.isSaving = true;
    session.isDirty = false;
    this.on.status("Saving …");
    const sent = session.now.boxes;
    try {
      const answer = await send(`/label/pictures/${session.id}`, this.options(session));
      session.saved(sent, answer.headers.get("ETag"));
      this.wait = 1000;
      this.finish(session);
      this.on.saved(session, await answer.json());
    } catch (failure) {
      this.failed(session, failure);
    } finally {
      session.isSaving = false;
    }
    if (session.isDirty && !session.isConflict && !session.error) this.schedule(session, this.wait === 1000 ? 0 : this.wait);
  }

  finish(session) {
    session.error = null;
    if (session.isDirty) this.keep(session);
    else this.forget(session);
    this.on.status(this.waiting.size ? "Saving …" : "Saved");
  }

  failed(session, failure) {
    session.isDirty = true;
    if (failure.status === 409) {
      session.isConflict = true;
      this.on.status("Not saved");
      this.on.conflict(session);
    } else if (failure.status === 0 || failure.status === 401 || failure.status === 429 || failure.status >= 500) {
      this.wait = Math.min(MAX_WAIT, this.wait * 2);
      this.on.status(`Not saved, trying again: ${failure.message}`);
      if (failure.status === 401) this.on.refused(session, failure);
    } else {
      session.error = failure;
      this.on.status("Not saved");
      this.on.refused(session, failure);
    }
  }

  leave() {
    for (const session of this.waiting.values()) {
      if (!session.isConflict && !session.isSaving) {
        send(`/label/pictures/${session.id}`, this.options(session, { keepalive: true })).catch(() => {});
      }
    }
  }
}
