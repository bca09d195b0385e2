"use strict";
// The threshold slider counts again from the scores that the page holds; filter and search hide what is not asked for.
(function () {
  const held = JSON.parse(document.getElementById("decisions").textContent);
  const slider = document.getElementById("slider");
  document.documentElement.classList.add("scripted");

  const reaching = (scores, threshold) => scores.reduce((sum, score) => sum + (score >= threshold), 0);
  const ratio = (part, whole) => (whole ? part / whole : 0);
  // by way of four decimals, which metrics.json has: the same number must not be rounded to two on one page
  const rounded = (value) => Number(value.toFixed(4)).toFixed(3);

  function counted(yes, no, total, threshold) {
    const hits = reaching(yes, threshold);
    const alarms = reaching(no, threshold);
    const precision = ratio(hits, hits + alarms);
    const recall = ratio(hits, total);
    return {
      hits: hits, alarms: alarms, misses: total - hits,
      precision: rounded(precision), recall: rounded(recall),
      right: (100 * precision).toFixed(0), found: (100 * recall).toFixed(0),
      point: [recall, precision],
    };
  }

  function show(group, values) {
    for (const place of document.querySelectorAll(`[data-live^="${group}."]`)) {
      place.textContent = values[place.dataset.live.slice(group.length + 1)];
    }
  }

  function fill(counts) {
    const cells = document.querySelectorAll("#matrix td");
    counts.flat().forEach((count, at) => {
      const right = at % (counts.length + 1) === 0;
      cells[at].textContent = count.toLocaleString("en");
      cells[at].className = right ? "right" : count ? "wrong" : "";
    });
  }

  function move(point) {
    const chart = document.getElementById("curve");
    const mark = chart && chart.querySelector(".mark");
    if (!mark) return;
    const [left, right, top, bottom] = [52, 446, 14, 258]; // the frame that charts.py draws
    mark.setAttribute("cx", left + point[0] * (right - left));
    mark.setAttribute("cy", bottom - point[1] * (bottom - top));
  }

  function logos(threshold) {
    const boxes = counted(held.boxes.hits, held.boxes.alarms, held.labelled, threshold);
    show("boxes", boxes);
    show("pictures", counted(held.pictures.yes, held.pictures.no, held.pictures.yes.length, threshold));
    const counts = Array.from({ length: held.classes }, () => Array(held.classes).fill(0));
    for (const [actual, brand, score] of held.crops) counts[actual][score >= threshold ? brand : 0] += 1;
    fill(counts);
    move(boxes.point);
    for (const box of document.querySelectorAll("#gallery rect")) {
      const drawn = Number(box.dataset.score) >= threshold;
      if (box.dataset.is === "hit") box.setAttribute("class", drawn ? "hit" : "missed");
      if (box.dataset.is === "alarm") box.toggleAttribute("hidden", !drawn);
    }
  }

  function reviews(threshold) {
    const total = held.yes.length;
    const found = counted(held.yes, held.no, total, threshold);
    const quiet = held.no.length - found.alarms;
    found.accuracy = rounded(ratio(found.hits + quiet, total + held.no.length));
    show("reviews", found);
    fill([[quiet, found.alarms], [found.misses, found.hits]]);
    move(found.point);
  }

  function update() {
    const threshold = Number(slider.value);
    document.getElementById("shown").textContent = Number(threshold.toFixed(4)).toString();
    if (held.boxes) logos(threshold);
    else reviews(threshold);
    filter();
  }

  function kind(tile) {
    const drawn = [...tile.querySelectorAll("rect:not([hidden])")].map((box) => box.getAttribute("class"));
    const wrong = ["alarm", "missed"].filter((each) => drawn.includes(each));
    return wrong.length ? wrong : ["hit"];
  }

  function filter() {
    const list = [...document.querySelectorAll("#gallery > li, #mistakes tbody tr")];
    if (!list.length) return;
    const wanted = document.querySelector("#kinds input:checked").value;
    const words = document.getElementById("search").value.trim().toLowerCase();
    for (const each of list) {
      const kinds = each.dataset.kind ? [each.dataset.kind] : kind(each);
      const labels = [...each.querySelectorAll("rect:not([hidden])")].map((box) => box.dataset.label).join(" ");
      const text = `${each.textContent} ${labels}`.toLowerCase();
      each.hidden = !((wanted === "all" || kinds.includes(wanted)) && text.includes(words));
    }
    document.getElementById("matches").textContent = `${list.filter((each) => !each.hidden).length} of ${list.length}`;
  }

  slider.addEventListener("input", update);
  document.getElementById("reset").addEventListener("click", () => {
    slider.value = held.threshold;
    update();
  });
  for (const each of document.querySelectorAll("#kinds input")) each.addEventListener("change", filter);
  const search = document.getElementById("search");
  if (search) search.addEventListener("input", filter);
  update();
})();
