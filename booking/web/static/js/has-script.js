// Runs before the page is drawn: what only stands in for the calendar is then not drawn first.
document.documentElement.classList.add("has-script");
