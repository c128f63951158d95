// <button data-sheet-toggle aria-expanded> inside .booking-sheet unfolds the sheet on a phone.

export function foldSheets(root) {
  root.addEventListener("click", (event) => {
    const grip = event.target.closest("[data-sheet-toggle]");
    if (!grip) return;
    const isOpen = grip.closest(".booking-sheet").classList.toggle("booking-sheet-open");
    grip.setAttribute("aria-expanded", String(isOpen));
  });
}
