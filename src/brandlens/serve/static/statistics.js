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

/** Return a function that tells whether a text has a term: as whole words, in any case; null for an empty term. */
export function matcher(term) {
  const words = term.trim().split(/\s+/u).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!words.length) return null;
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${words.join("\\s+")}(?![\\p{L}\\p{N}_])`, "iu");
  return (text) => pattern.test(text);
}

/** Return reviews as CSV, with a column for each of more than two labels. A text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function toCsv(reviews, labels) {
  const cell = (value) => {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const scored = labels.length > 2 ? labels : [];
  const names = ["text", "label", "score", ...scored.map((label) => cell(`score_${label}`))];
  const rows = reviews.map((review) => [
    cell(review.text), cell(review.label), cell(review.score), ...scored.map((label) => cell(review.scores[label])),
  ].join(","));
  return `\ufeff${[names.join(","), ...rows].join("\n")}\n`;
}
