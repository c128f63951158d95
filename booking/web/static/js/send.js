// Sends a form as if its button were pressed, also where requestSubmit is missing.

export function send(form) {
  const button = form.querySelector("button[type=submit], button:not([type])");
  if (form.requestSubmit) form.requestSubmit();
  else if (button) button.click();
  else form.submit();
}
