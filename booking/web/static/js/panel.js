// The panel of a wish: asks the server at every change, and lets remedies and step buttons change it.
import { later, setWish, tellWish, wishForm, wishOf } from "./wish.js";

const ASKED_FIELDS = new Set(["starts_at", "ends_at", "mode"]);

const form = wishForm(document);
if (form) connect(form);

function connect(form) {
  const answer = form.querySelector("[data-answer]");
  document.querySelectorAll("[data-without-script]").forEach((part) => (part.hidden = true));
  document.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));

  form.addEventListener("change", (event) => {
    if (!ASKED_FIELDS.has(event.target.name)) return;
    keepLength(form, event.target);
    tellWish(form);
  });
  keepInSight(form, answer);
  form.addEventListener("wish", () => {
    remember(form);
    form.closest(".booking-panel").classList.add("booking-sheet");
  });
  form.addEventListener("click", (event) => {
    step(form, event.target.closest("[data-step]"));
    cure(form, answer, event);
  });
  remember(form);
  if (wasTyped(form)) whenLoaded(() => tellWish(form));
}

// On a slow line somebody may have typed a time before this was there to ask about it.
function wasTyped(form) {
  const { starts_at: start, ends_at: end } = form.elements;
  return [start, end].some((field) => field.value !== field.defaultValue);
}

function whenLoaded(then) {
  if (document.readyState === "complete") then();
  else window.addEventListener("load", then, { once: true });
}

// The panel becomes a sheet, and a longer answer moves what stands below it: the button or field in use stays in sight.
function keepInSight(form, answer) {
  let used = null;
  form.addEventListener("wish", () => {
    const { activeElement } = document;
    used = form.contains(activeElement) && !answer.contains(activeElement) && isInSight(activeElement) ? activeElement : null;
  });
  answer.addEventListener("htmx:afterSettle", () => {
    if (used && document.activeElement === used) used.scrollIntoView({ block: "nearest" });
  });
}

function isInSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= window.innerHeight;
}

// A start moved past the end takes the end along, so the length of the wish stays.
function keepLength(form, field) {
  const { start, end } = form.wish || {};
  const now = form.elements.starts_at.value;
  if (field.name !== "starts_at" || !start || !now || now < form.elements.ends_at.value) return;
  const minutes = (Date.parse(`${end}:00Z`) - Date.parse(`${start}:00Z`)) / 60000;
  form.elements.ends_at.value = later(now, minutes);
}

function remember(form) {
  form.wish = wishOf(form) || form.wish;
}

function step(form, button) {
  const wish = button && wishOf(form);
  if (!wish) return;
  const moved = { ...wish, [button.dataset.step]: later(wish[button.dataset.step], Number(button.dataset.minutes)) };
  if (moved.start < moved.end) setWish(form, moved);
}

// A remedy changes the times, the way of use, the account or the voucher; its part of the wish is all that it names.
// The button that was pressed is gone with the next answer, so the focus goes to the answer.
function cure(form, answer, event) {
  const button = event.target.closest("button[data-start]");
  if (!button) return;
  event.preventDefault();
  answer.addEventListener("htmx:afterSettle", () => answer.querySelector("[tabindex]").focus(), { once: true });
  choose(form.elements.mode, button.dataset.mode);
  choose(form.elements.payer_account_id, button.dataset.payer);
  choose(form.elements.voucher, button.dataset.voucher);
  if (button.dataset.start) setWish(form, { start: button.dataset.start, end: button.dataset.end });
  else tellWish(form);
}

function choose(field, value) {
  if (field && value) field.value = value;
}
