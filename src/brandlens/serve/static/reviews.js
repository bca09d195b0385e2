// The reviews of the page: typed, pasted or from a table, with what they say together and of terms.

import { count, element, onDrop, request, save } from "./api.js";
import { describe, isFormula, matcher, mood, termRows, toCsv } from "./statistics.js";

const BATCH = 50; // texts of a request
const EXPLAINED = 100; // texts whose words are marked: each takes as long as its number of words
const ROWS = 200; // that are shown
const KEPT = 100_000; // that the page keeps
const MIN_CHANGE = 0.01;
const MARKS = { positive: ["up", "down"], label: ["toward", "away"] }; // of a score that rose or fell: of positive, of the given one of more labels
const MEDIA_TYPES = { csv: "text/csv", tsv: "text/tab-separated-values", txt: "text/plain", json: "application/json" };
const byId = (id) => document.getElementById(id);

/** Run the half of the page that scores reviews. model: the answer of /sentiment. */
export function runReviews(model) {
  let reviews = [];
  let running = null; // AbortController of what is being scored
  const accuracy = typeof model.metrics.accuracy === "number" ? ` It is right on ${Math.round(100 * model.metrics.accuracy)} % of its test reviews.` : "";
  const meaning = model.labels.length > 2 ? "of its label" : "that a review is positive";
  const [up, down] = model.labels.length > 2 ? MARKS.label : MARKS.positive;
  byId("sentiment-model").replaceChildren(
    `The score is the probability ${meaning}, from 0 to 1.${accuracy} Words that moved it are marked: `,
    element("mark", { class: up }, "up"), ", ", element("mark", { class: down }, "down"), ".",
  );
  for (const label of [...model.labels, "unsure"]) byId("review-shown").append(element("option", { value: label }, label));

  function terms() {
    return byId("terms").value.split(",").map((term) => term.trim()).filter(Boolean);
  }

  async function score(work) {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    reviews = [];
    byId("review-error").hidden = true;
    byId("review-note").textContent = "";
    byId("review-results").hidden = false;
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      byId("review-error").textContent = error.message;
      byId("review-error").hidden = false;
      byId("review-results").hidden = !reviews.length;
    }
    if (!signal.aborted) render();
  }

  function scoreTexts(texts) {
    const wanted = terms().length ? terms() : null;
    return score(async (signal) => {
      for (let at = 0; at < texts.length; at += BATCH) {
        const body = JSON.stringify({ texts: texts.slice(at, at + BATCH), explain: at < EXPLAINED, terms: wanted });
        const response = await request("/sentiment/score", {
          method: "POST", body, signal, headers: { "Content-Type": "application/json" },
        });
        reviews.push(...(await response.json()).reviews);
        render();
      }
    });
  }

  function scoreTable(file) {
    return score(async (signal) => {
      const query = new URLSearchParams({ column: byId("column").value, to: "jsonl", explain: "false" });
      if (terms().length) query.set("terms", terms().join(","));
      const response = await request(`/sentiment/score/file?${query}`, {
        method: "POST", body: file, signal, headers: { "Content-Type": mediaType(file.name) },
      });
      const unreadable = Number(response.headers.get("Brandlens-Unreadable-Rows") ?? 0);
      let left = 0;
      let shown = performance.now();
      for await (const row of jsonLines(response.body)) {
        if (reviews.length < KEPT) reviews.push(row);
        else left += 1;
        if (performance.now() - shown > 500) {
          render();
          shown = performance.now();
        }
      }
      byId("review-note").textContent = [
        unreadable ? `${count(unreadable, "row")} cannot be read and counted as unsure: ${response.headers.get("Brandlens-First-Problem") ?? ""}` : "",
        left ? `The first ${count(KEPT, "review")} of ${(KEPT + left).toLocaleString("en")}: for more there is the command line.` : "",
      ].join(" ");
    });
  }

  function selected() {
    const has = matcher(byId("word").value);
    const label = byId("review-shown").value;
    return reviews.filter((review) => (label === "all" || review.label === label) && (!has || has(review.text)));
  }

  function render() {
    byId("mood").textContent = `All: ${describe(mood(reviews))}`;
    const has = matcher(byId("word").value);
    const output = byId("word-mood");
    if (!has) {
      output.textContent = "";
    } else {
      const [about, rest] = [mood(reviews.filter(({ text }) => has(text))), mood(reviews.filter(({ text }) => !has(text)))];
      const apart = about.decided && rest.decided && (about.low > rest.high || about.high < rest.low);
      const verdict = apart ? (about.low > rest.high ? "More positive than the rest." : "More negative than the rest.") : "Not clearly different from the rest.";
      output.textContent = `“${byId("word").value.trim()}”: ${describe(about)}. The rest: ${describe(rest)}. ${about.decided ? verdict : ""}`;
    }
    renderTerms();
    const rows = selected();
    byId("reviews").replaceChildren(...rows.slice(0, ROWS).map((review) => element(
      "tr", {},
      element("td", { class: "prose" }, ...marked(review), ...termLabels(review)),
      element("td", {}, element("span", { class: `label ${review.label}` }, review.label), ...(review.reason ? [element("small", { class: "soft" }, review.reason)] : [])),
      element("td", {}, review.score.toFixed(2)),
    )));
    byId("reviews-caption").textContent = rows.length > ROWS
      ? `The first ${ROWS} of ${count(rows.length, "review")}; the CSV has all`
      : `${count(rows.length, "review")}; marked words moved the score by at least ${MIN_CHANGE}`;
    byId("save-csv").disabled = !rows.length;
  }

  function renderTerms() {
    const rows = termRows(reviews);
    byId("term-results").hidden = !rows.length;
    byId("term-rows").replaceChildren(...rows.map(({ term, reviews: number, sentiment, counts }) => element(
      "tr", {},
      element("th", { scope: "row" }, term),
      element("td", {}, number.toLocaleString("en")),
      element("td", {}, sentiment === null ? "–" : signed(sentiment)),
      element("td", {}, Object.entries(counts).map(([label, count]) => `${count.toLocaleString("en")} ${label}`).join(", ")),
    )));
  }

  function clear() {
    running?.abort();
    reviews = [];
    for (const id of ["texts", "table", "terms", "word"]) byId(id).value = "";
    byId("review-results").hidden = true;
    byId("review-error").hidden = true;
    byId("texts").focus();
  }

  byId("review-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const texts = byId("texts").value.split("\n").map((text) => text.trim()).filter(Boolean);
    if (texts.length) scoreTexts(texts);
  });
  byId("texts").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("review-form").requestSubmit();
  });
  byId("table").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) scoreTable(file);
    event.target.value = "";
  });
  onDrop(byId("drop-table"), ([file]) => file && scoreTable(file));
  onDrop(byId("texts"), async ([file]) => {
    if (file) scoreTable(file);
  });
  byId("word").addEventListener("input", render);
  byId("review-shown").addEventListener("change", render);
  byId("clear-reviews").addEventListener("click", clear);
  byId("save-csv").addEventListener("click", () => {
    const rows = selected();
    save("scores.csv", "text/csv", toCsv(rows, model.labels));
    if (rows.some(({ text }) => isFormula(text))) {
      byId("review-note").textContent = "Texts that begin with = + - or @ have an apostrophe before them, so that no spreadsheet takes them for formulas.";
    }
  });
  byId("sentiment").hidden = false;
}

/** Return a number with its sign and two decimals. */
function signed(value) {
  const digits = Math.abs(value).toFixed(2);
  return `${digits === "0.00" ? "" : value > 0 ? "+" : "−"}${digits}`;
}

/** Return what a review says of terms as nodes, the clauses as tooltips; nothing where it mentions none. */
function termLabels({ terms }) {
  if (!terms?.length) return [];
  return [element("ul", { class: "terms", "aria-label": "Terms" }, ...terms.map(({ term, clause, label, score }) => element(
    "li", { class: `label ${label}`, title: clause }, `${term}: ${label} ${score.toFixed(2)}`,
  )))];
}

/** Return a review as nodes, with the spans marked that moved its score. */
function marked({ text, spans, scores }) {
  const [up, down] = scores ? MARKS.label : MARKS.positive;
  const nodes = [];
  const characters = Array.from(text); // places count code points, as Python does
  let at = 0;
  for (const [start, end, change] of spans ?? []) {
    if (Math.abs(change) < MIN_CHANGE) continue;
    const title = signed(change);
    nodes.push(
      characters.slice(at, start).join(""),
      element("mark", { class: change > 0 ? up : down, title }, characters.slice(start, end).join("")),
    );
    at = end;
  }
  nodes.push(characters.slice(at).join(""));
  return nodes;
}

/** Return the media type of a table by its name; the service looks at the content of others. */
function mediaType(name) {
  const suffix = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return MEDIA_TYPES[suffix] ?? "application/octet-stream";
}

/** Yield the objects of a stream of JSON lines. */
async function* jsonLines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
    if (done) return;
  }
}
