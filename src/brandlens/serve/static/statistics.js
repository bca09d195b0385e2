// What scored reviews say together.

const Z = 1.959964; // of a 95 % interval

/** Return the 95 % interval of a share, count of total, by Wilson (1927), as [low, high]. */
export function wilson(count, total) {
  if (!total) return [0, 1];
  const share = count / total;
  const center = share + (Z * Z) / (2 * total);
  const spread = Z * Math.sqrt((share * (1 - share)) / total + (Z * Z) / (4 * total * total));
  return [Math.max(0, (center - spread) / (1 + (Z * Z) / total)), Math.min(1, (center + spread) / (1 + (Z * Z) / total))];
}

/** Return what reviews say: {total, unsure, counts by label, positive, decided, low, high}; the interval is of the positive among the decided. */
export function mood(reviews) {
  const counts = {};
  for (const { label } of reviews) counts[label] = (counts[label] ?? 0) + 1;
  const unsure = counts.unsure ?? 0;
  const decided = reviews.length - unsure;
  const positive = counts.positive ?? 0;
  const [low, high] = wilson(positive, decided);
  return { total: reviews.length, unsure, counts, positive, decided, low, high };
}

/** Return a mood as text: "62 % positive (95 % interval 51 to 72 %) of 80 reviews". */
export function describe({ positive, decided, unsure, low, high }) {
  if (!decided) return unsure ? `${unsure} unsure, none with a label` : "no review";
  const percent = (share) => Math.round(100 * share);
  const rest = unsure ? `; ${unsure.toLocaleString("en")} unsure` : "";
  const noun = decided === 1 ? "review" : "reviews";
  return `${percent(positive / decided)} % positive of ${decided.toLocaleString("en")} ${noun} (95 % interval ${percent(low)} to ${percent(high)} %)${rest}`;
}

/**
 * Return what reviews say of each term: [{term, reviews, sentiment, counts by label}], the worst first.
 *
 * sentiment: the mean over reviews of their clauses' means, without unsure clauses; null where there is none.
 */
export function termRows(reviews) {
  const rows = new Map();
  for (const { terms } of reviews) {
    for (const [term, clauses] of Map.groupBy(terms ?? [], (mention) => mention.term)) {
      const row = rows.get(term) ?? { term, reviews: 0, sum: 0, decided: 0, counts: {} };
      const sure = clauses.filter(({ label }) => label !== "unsure");
      row.reviews += 1;
      if (sure.length) {
        row.sum += sure.reduce((sum, { sentiment }) => sum + sentiment, 0) / sure.length;
        row.decided += 1;
      }
      for (const { label } of clauses) row.counts[label] = (row.counts[label] ?? 0) + 1;
      rows.set(term, row);
    }
  }
  const means = [...rows.values()].map(({ sum, decided, ...row }) => ({ ...row, sentiment: decided ? sum / decided : null }));
  return means.sort((one, other) => (one.sentiment ?? 2) - (other.sentiment ?? 2));
}

/** Return a function that tells whether a text has a term: as whole words, in any case; null for an empty term. */
export function matcher(term) {
  const words = term.trim().split(/\s+/u).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!words.length) return null;
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${words.join("\\s+")}(?![\\p{L}\\p{N}_])`, "iu");
  return (text) => pattern.test(text);
}

/** Return whether a spreadsheet would take a text for a formula. */
export function isFormula(text) {
  return /^[=+\-@\t\r]/.test(text);
}

/**
 * Return reviews as CSV for spreadsheets, with the columns of the command line's: one for each of more than two labels, and
 * one of terms if there are any. A text that a spreadsheet would take for a formula gets an apostrophe before it.
 */
export function toCsv(reviews, labels) {
  const cell = (value) => {
    const text = typeof value === "string" && isFormula(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const scored = labels.length > 2 ? labels : [];
  const withTerms = reviews.some(({ terms }) => terms);
  const names = ["text", "label", "score", ...scored.map((label) => cell(`score_${label}`)), "reason", ...(withTerms ? ["terms"] : [])];
  const rows = reviews.map((review) => [
    cell(review.text), cell(review.label), cell(review.score), ...scored.map((label) => cell(review.scores[label])), cell(review.reason ?? ""),
    ...(withTerms ? [cell((review.terms ?? []).map(({ term, label, score }) => `${term} ${label} ${score.toFixed(2)}`).join("; "))] : []),
  ].join(","));
  return `\ufeff${[names.join(","), ...rows].join("\n")}\n`;
}
