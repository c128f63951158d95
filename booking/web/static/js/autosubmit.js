import { send } from "./send.js";

// data-autosubmit on a form or a field sends the form when a choice changes; the button that does
// the same (data-autosubmit-button) is then not needed. Typing waits for Enter.

const TYPED = new Set(["text", "search", "number", "date", "time", "datetime-local", "email"]);

export function submitOnChange(root) {
  const scopes = [...root.querySelectorAll("[data-autosubmit]")];
  if (root.matches && root.matches("[data-autosubmit]")) scopes.push(root);
  scopes.forEach((scope) => scope.addEventListener("change", sendFormOf));
  root.querySelectorAll("[data-autosubmit-button]").forEach((button) => (button.hidden = true));
}

function sendFormOf(event) {
  const field = event.target;
  if (field.form && !TYPED.has(field.type)) send(field.form);
}
