// A button that shows what was typed into a password field; it appears only when script runs.

for (const button of document.querySelectorAll("[data-show-password]")) {
  const field = document.getElementById(button.dataset.showPassword);
  const words = { password: button.textContent, text: button.dataset.hideLabel };
  button.hidden = false;
  button.addEventListener("click", () => turn(field.type === "password" ? "text" : "password"));
  field.form.addEventListener("submit", () => turn("password"));

  function turn(type) {
    field.type = type;
    button.textContent = words[type];
  }
}
