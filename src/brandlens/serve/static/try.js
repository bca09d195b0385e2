// The page where anyone tries the models: asks what the service offers, and runs that half, or both.

import { getOffered, onTokenNeeded } from "./api.js";
import { runPictures } from "./pictures.js";
import { runReviews } from "./reviews.js";

const status = document.getElementById("status");

onTokenNeeded((refused) => {
  const section = document.getElementById("token");
  const form = section.querySelector("form");
  section.hidden = false;
  status.textContent = refused ? "That token is not the service's." : "The service asks for its token.";
  form.elements.token.focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      section.hidden = true;
      status.textContent = "";
      resolve(form.elements.token.value);
      form.reset();
    }, { once: true });
  });
});

try {
  const logo = await getOffered("/logo");
  const sentiment = await getOffered("/sentiment");
  if (logo) runPictures(logo);
  if (sentiment) runReviews(sentiment);
  status.textContent = logo || sentiment ? "" : "This service has no model; start it with --logo FOLDER or --sentiment FOLDER.";
  status.hidden = Boolean(logo || sentiment);
} catch (error) {
  status.textContent = error.message;
}
