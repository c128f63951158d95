// After a refused form the summary of problems gets the focus, and its links focus their field. A wish that was
// refused says why in its answer, which gets the focus then.

export function focusProblems(root) {
  const refused = root.querySelector("[data-answer] .refusals");
  const told = root.getElementById("problems") || refused?.closest("[data-answer]").querySelector("[tabindex]");
  if (told) told.focus();
  root.addEventListener("click", (event) => {
    const link = event.target.closest(".problem-summary a");
    const field = link && root.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (field) {
      event.preventDefault();
      field.focus();
    }
  });
}
