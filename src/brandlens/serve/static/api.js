// Requests to the service: with its token, and with its problems as errors that say what to do.

const KEY = "token"; // as the label page keeps it
let askForToken = () => Promise.reject(new Error("no form for the token"));

export class ProblemError extends Error {
  constructor(status, { code, message, field }) {
    super(message);
    Object.assign(this, { status, code, field });
  }
}

/** Set what asks the user for the token: a function that returns a promise of it. */
export function onTokenNeeded(ask) {
  askForToken = ask;
}

/** Return the response of a path, or throw ProblemError; waits and tries again where the service is busy. */
export async function request(path, options = {}) {
  for (let attempt = 0; ; attempt += 1) {
    const headers = new Headers(options.headers);
    const token = sessionStorage.getItem(KEY);
    if (token) headers.set("Authorization", `Bearer ${token}`);
    let response;
    try {
      response = await fetch(path, { ...options, headers });
    } catch {
      throw new ProblemError(0, { code: "no_answer", message: "The service does not answer; is it running?", field: null });
    }
    if (response.ok) return response;
    const problem = await readProblem(response);
    if (response.status === 401) {
      sessionStorage.setItem(KEY, await askForToken(Boolean(token)));
    } else if ([429, 503].includes(response.status) && attempt < 5) {
      await new Promise((done) => setTimeout(done, 1000 * Number(response.headers.get("Retry-After") ?? 1)));
    } else {
      throw problem;
    }
  }
}

async function readProblem(response) {
  try {
    return new ProblemError(response.status, (await response.json()).error);
  } catch {
    return new ProblemError(response.status, { code: "unknown", message: `The service answered ${response.status}`, field: null });
  }
}

/** Return the JSON of a path, or null where the service does not offer it. */
export async function getOffered(path) {
  try {
    return await (await request(path)).json();
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** Offer a text as a file to save. */
export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Return an element with this text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Return "1 picture" or "1,234 pictures". */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Call `take` with the files that are dropped on an element. */
export function onDrop(target, take) {
  target.addEventListener("dragover", (event) => {
    event.preventDefault();
    target.classList.add("over");
  });
  target.addEventListener("dragleave", () => target.classList.remove("over"));
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    target.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
}
