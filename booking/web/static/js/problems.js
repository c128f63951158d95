// After a refused form the summary of problems gets the focus, and its links focus their field.

export function focusProblems(root) {
  const summary = root.getElementById("problems");
  if (summary) summary.focus();
  root.addEventListener("click", (event) => {
    const link = event.target.closest(".problem-summary a");
    const field = link && root.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (field) {
      event.preventDefault();
      field.focus();
    }
  });
}
