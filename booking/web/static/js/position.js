// <button data-browser-position hidden> in a form fills near_lat and near_lon and sends the form.
import { announce } from "./announce.js";
import { send } from "./send.js";

const DIGITS = 4;

export function offerBrowserPosition(root) {
  if (!("geolocation" in navigator) || !window.isSecureContext) return;
  root.querySelectorAll("button[data-browser-position]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => askPosition(button));
  });
}

function askPosition(button) {
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    (position) => fill(button, position.coords),
    () => refuse(button),
    { maximumAge: 600000, timeout: 10000 },
  );
}

function fill(button, { latitude, longitude }) {
  const fields = button.form.elements;
  fields.near_lat.value = latitude.toFixed(DIGITS);
  fields.near_lon.value = longitude.toFixed(DIGITS);
  button.disabled = false;
  send(button.form);
}

function refuse(button) {
  button.disabled = false;
  if (button.dataset.refused) {
    button.textContent = button.dataset.refused;
    announce(button.dataset.refused);
  }
}
