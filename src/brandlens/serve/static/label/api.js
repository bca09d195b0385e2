// Requests to the service: with its token, and an error that says what went wrong.

export class Failure extends Error {
  // status: of the answer; 0 where there was none
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

let token = sessionStorage.getItem("token");

export function setToken(value) {
  token = value;
  sessionStorage.setItem("token", value);
}

export async function request(path, options = {}) {
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch {
    throw new Failure(0, "no_connection", "no connection to the service");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => null);
  throw new Failure(answer.status, problem?.error?.code ?? "", problem?.error?.message ?? `the service answered ${answer.status}`);
}

export async function json(path) {
  return (await request(path)).json();
}
