"use strict";
// Quotes are hidden that have another value than is chosen, or lack the word that is searched for.
(function () {
  const controls = document.getElementById("quote-filters");
  if (!controls) return;
  document.documentElement.classList.add("scripted");
  const quotes = [...document.querySelectorAll("#quotes > li")].map((item) => ({
    item, text: item.textContent.toLowerCase(), values: new Map(JSON.parse(item.dataset.values)),
  }));
  const selects = [...controls.querySelectorAll("select")];
  const search = controls.querySelector("input");

  function filter() {
    const word = search.value.trim().toLowerCase();
    let shown = 0;
    for (const quote of quotes) {
      const fits = selects.every(
        (select) => !select.value || quote.values.get(select.dataset.filter).includes(select.value),
      );
      quote.item.hidden = !(fits && quote.text.includes(word));
      shown += !quote.item.hidden;
    }
    document.getElementById("quote-count").textContent = `${shown} of ${quotes.length}`;
  }

  for (const select of selects) select.addEventListener("change", filter);
  search.addEventListener("input", filter);
  filter();
})();
