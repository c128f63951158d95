// The wish is what the two time fields of a form say, as "2026-11-25T13:00" in Asia/Shanghai. Calendar,
// buttons and remedies all read and write it there; the form says "wish" whenever it changed.

const MINUTE_MS = 60000;
const TEXT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

export function wishForm(root) {
  return root.querySelector("form[data-wish-form]");
}

export function wishOf(form) {
  const start = form.elements.starts_at.value;
  const end = form.elements.ends_at.value;
  return TEXT.test(start) && TEXT.test(end) && start < end ? { start, end } : null;
}

export function setWish(form, { start, end }) {
  form.elements.starts_at.value = start.slice(0, 16);
  form.elements.ends_at.value = end.slice(0, 16);
  tellWish(form);
}

export function tellWish(form) {
  form.dispatchEvent(new CustomEvent("wish", { bubbles: true }));
}

// Wall clock text some minutes later; reckoned in UTC, where no day is shorter than another.
export function later(text, minutes) {
  return new Date(Date.parse(`${text}:00Z`) + minutes * MINUTE_MS).toISOString().slice(0, 16);
}

// The library hands out dates whose local parts are the wall clock in Shanghai.
export function wallClock(date) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
