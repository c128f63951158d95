// A second submit of a post form is ignored until the page is left. Fields stay enabled, so the
// idempotency key and the pressed button are sent as they are.

export function submitOnce(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      event.stopPropagation();
    } else {
      form.setAttribute("aria-busy", "true");
    }
  });

  // A page that comes back from the history must be usable again; so must a form that htmx sent.
  window.addEventListener("pageshow", () => release(root.querySelectorAll("form[aria-busy]")));
  root.addEventListener("htmx:afterRequest", (event) => release([event.detail.elt]));
}

function release(forms) {
  forms.forEach((form) => form.removeAttribute("aria-busy"));
}
