// <details data-menu> closes on a click outside, on Escape and when the focus leaves it.

function close(menu, { refocus = false } = {}) {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
}

export function closeMenusOutside(root) {
  const opened = () => root.querySelectorAll("details[data-menu][open]");

  root.addEventListener("click", (event) => {
    opened().forEach((menu) => menu.contains(event.target) || close(menu));
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      opened().forEach((menu) => close(menu, { refocus: menu.contains(root.activeElement) }));
    }
  });
  root.addEventListener("focusin", (event) => {
    opened().forEach((menu) => menu.contains(event.target) || close(menu));
  });
}
