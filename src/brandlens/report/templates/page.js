"use strict";
// The threshold slider counts again from the scores that the page holds; the filter and the search hide the rest.
(function () {
  const data = JSON.parse(document.getElementById("slider-data").textContent);
  const slider = document.getElementById("slider");
  document.documentElement.classList.add("scripted");

  const countReaching = (scores, threshold) => scores.reduce((sum, score) => sum + (score >= threshold), 0);
  const ratio = (part, whole) => (whole ? part / whole : 0);
  // by way of four decimals, as in metrics.json: the same number must not be rounded to two on one page
  const format = (value) => Number(value.toFixed(4)).toFixed(3);

  // group: scores of correct and of wrong predictions, and how many are labelled
  function countAt(group, threshold) {
    const truePositives = countReaching(group.correct, threshold);
    const falsePositives = countReaching(group.wrong, threshold);
    const precision = ratio(truePositives, truePositives + falsePositives);
    const recall = ratio(truePositives, group.labelled);
    return {
      true_positives: truePositives,
      false_positives: falsePositives,
      false_negatives: group.labelled - truePositives,
      precision: format(precision),
      recall: format(recall),
      point: [recall, precision],
    };
  }

  function show(group, values) {
    for (const element of document.querySelectorAll(`[data-live^="${group}."]`)) {
      element.textContent = values[element.dataset.live.slice(group.length + 1)];
    }
  }

  function fillMatrix(counts) {
    const cells = document.querySelectorAll("#matrix td");
    counts.flat().forEach((count, index) => {
      const right = index % (counts.length + 1) === 0;
      cells[index].textContent = count.toLocaleString("en");
      cells[index].className = right ? "right" : count ? "wrong" : "";
    });
  }

  function moveMark(point) {
    const chart = document.getElementById("curve");
    const mark = chart && chart.querySelector(".mark");
    if (!mark) return;
    const [left, right, top, bottom] = [52, 446, 14, 258]; // the frame that charts.py draws
    mark.setAttribute("cx", left + point[0] * (right - left));
    mark.setAttribute("cy", bottom - point[1] * (bottom - top));
  }

  function updateLogos(threshold) {
    const boxes = countAt(data.boxes, threshold);
    show("boxes", boxes);
    show("pictures", countAt(data.pictures, threshold));
    const counts = Array.from({ length: data.classes }, () => Array(data.classes).fill(0));
    for (const [label, brand, score] of data.crops) counts[label][score >= threshold ? brand : 0] += 1;
    fillMatrix(counts);
    moveMark(boxes.point);
    for (const box of document.querySelectorAll("#gallery rect")) {
      const reached = Number(box.dataset.score) >= threshold;
      const outcome = box.dataset.outcome;
      if (outcome === "true_positive") box.setAttribute("class", reached ? outcome : "false_negative");
      if (outcome === "false_positive") box.toggleAttribute("hidden", !reached);
    }
  }

  function updateReviews(threshold) {
    const group = data.reviews;
    const counts = countAt(group, threshold);
    const trueNegatives = group.wrong.length - counts.false_positives;
    counts.accuracy = format(ratio(counts.true_positives + trueNegatives, group.labelled + group.wrong.length));
    show("reviews", counts);
    fillMatrix([[trueNegatives, counts.false_positives], [counts.false_negatives, counts.true_positives]]);
    moveMark(counts.point);
  }

  function update() {
    if (!slider) {
      filter(); // more than two labels have no threshold
      return;
    }
    const threshold = Number(slider.value);
    document.getElementById("threshold-value").textContent = Number(threshold.toFixed(4)).toString();
    if (data.boxes) updateLogos(threshold);
    else updateReviews(threshold);
    filter();
  }

  function outcomes(tile) {
    const drawn = [...tile.querySelectorAll("rect:not([hidden])")].map((box) => box.getAttribute("class"));
    const errors = ["false_positive", "false_negative"].filter((outcome) => drawn.includes(outcome));
    return errors.length ? errors : ["true_positive"];
  }

  function filter() {
    const items = [...document.querySelectorAll("#gallery > li, #mistakes tbody tr")];
    if (!items.length) return;
    const wanted = document.querySelector("#filters input:checked").value;
    const words = document.getElementById("search").value.trim().toLowerCase();
    for (const item of items) {
      const kinds = item.dataset.label ? [item.dataset.label] : outcomes(item);
      const labels = [...item.querySelectorAll("rect:not([hidden])")].map((box) => box.dataset.label).join(" ");
      const text = `${item.textContent} ${labels}`.toLowerCase();
      item.hidden = !((wanted === "all" || kinds.includes(wanted)) && text.includes(words));
    }
    const shown = items.filter((item) => !item.hidden).length;
    document.getElementById("matches").textContent = `${shown} of ${items.length}`;
  }

  if (slider) {
    slider.addEventListener("input", update);
    document.getElementById("reset").addEventListener("click", () => {
      slider.value = data.threshold;
      update();
    });
  }
  for (const input of document.querySelectorAll("#filters input")) input.addEventListener("change", filter);
  const search = document.getElementById("search");
  if (search) search.addEventListener("input", filter);
  update();
})();
