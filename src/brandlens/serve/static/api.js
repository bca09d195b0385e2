// Requests to the service, of all pages: with its token, and with its problems as errors that say what to do.

const KEY = "token"; // in the browser's session storage: until the tab is closed
let askForToken = () => Promise.reject(new Error("no form for the token"));

export class ProblemError extends Error {
  // status: of the answer; 0 where there was none
  constructor(status, { code, message, field }) {
    super(message);
    Object.assign(this, { status, code, field });
  }
}

/** Set what asks the user for the token: a function that returns a promise of it. */
export function onTokenNeeded(ask) {
  askForToken = ask;
}

/** Send this token with every request from now on. */
export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

/** Return the response of a path, or throw ProblemError; one attempt, and no question to the user. */
export async function send(path, options = {}) {
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
  problem.retryAfter = Number(response.headers.get("Retry-After") ?? 1);
  throw problem;
}

/** Return the response of a path, or throw ProblemError; asks for the token, and tries again where the service is busy. */
export async function request(path, options = {}) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send(path, options);
    } catch (problem) {
      if (problem.status === 401) keepToken(await askForToken(Boolean(sessionStorage.getItem(KEY))));
      else if ([429, 503].includes(problem.status) && attempt < 5) await new Promise((done) => setTimeout(done, 1000 * problem.retryAfter));
      else throw problem;
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
