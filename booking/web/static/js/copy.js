// <button data-copy="text" data-copied="Copied" hidden> appears and copies.
import { announce } from "./announce.js";

const SHOWN_FOR_MS = 2000;

export function offerCopying(root) {
  root.querySelectorAll("button[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => copyFrom(button));
  });
}

async function copyFrom(button) {
  if (!(await copied(button.dataset.copy))) return;
  const label = button.textContent;
  if (label !== button.dataset.copied) {
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), SHOWN_FOR_MS);
  }
  announce(button.dataset.copied);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

// The clipboard API is missing without TLS and in some in-app browsers.
function copiedBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
