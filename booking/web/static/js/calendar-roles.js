// EventCalendar calls itself a table without being one, and leaves its arrows without a name. For
// screen readers it becomes a labelled group of events; the list of free times says the rest.

const TABLE_PARTS = ["table", "row", "rowgroup", "columnheader", "rowheader", "cell"];
const TABLE_PART_SELECTOR = TABLE_PARTS.map((role) => `[role=${role}]`).join(",");

// `names` is {label, previous, next} in the language of the page.
export function repairRoles(root, names) {
  const repair = () => {
    dropTableParts(root);
    nameParts(root, names);
  };
  repair();
  new MutationObserver(repair).observe(root, { childList: true, subtree: true });
}

function dropTableParts(root) {
  root.querySelectorAll(TABLE_PART_SELECTOR).forEach((part) => {
    part.removeAttribute("role");
    part.removeAttribute("aria-colindex");
    part.removeAttribute("aria-colspan");
  });
  root.querySelectorAll("h4.ec-event-title").forEach((title) => title.setAttribute("role", "presentation"));
}

function nameParts(root, { label, previous, next }) {
  set(root, ".ec-main", { role: "group", tabindex: "0", "aria-label": label });
  set(root, "aside.ec-sidebar", { role: "presentation" });
  set(root, ".ec-toolbar", { "aria-label": label });
  set(root, "button.ec-prev", { "aria-label": previous });
  set(root, "button.ec-next", { "aria-label": next });
}

function set(root, selector, attributes) {
  root.querySelectorAll(selector).forEach((part) => {
    Object.entries(attributes).forEach(([name, value]) => part.setAttribute(name, value));
  });
}
