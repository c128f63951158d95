// Draws every <div class="calendar" data-calendar>; what it needs stands in its data attributes. The
// table that says the same in words is folded then; where nothing can be drawn it stays.
import { isPhone, optionsFor } from "./calendar-options.js";
import { repairRoles } from "./calendar-roles.js";
import { turnBySwiping } from "./calendar-swipe.js";
import { showWishOn, takeWishFrom, wishEvent } from "./calendar-wish.js";
import { wishForm, wishOf } from "./wish.js";

const isAble = "EventCalendar" in window && CSS.supports("grid-template-columns", "subgrid");

document.querySelectorAll("[data-calendar]").forEach((element) => {
  if (isAble) draw(element);
});
document.querySelectorAll("details[data-words]").forEach((words) => {
  words.open = !isAble;
  words.removeAttribute("data-words");
});

function draw(element) {
  const texts = JSON.parse(element.dataset.texts);
  const form = "selectable" in element.dataset ? wishForm(document) : null;
  const slots = "slots" in element.dataset ? [] : null;
  const calendar = window.EventCalendar.create(element, {
    ...optionsFor(element, texts),
    ...(form && takeWishFrom(form, slots)),
    eventSources: [{ events: (asked) => load(element, asked, { form, slots, texts }) }],
  });
  repairRoles(element, texts);
  if (isPhone()) turnBySwiping(element, calendar);
  if (form) form.addEventListener("wish", () => showWishOn(calendar, form, texts));
}

// The wish is drawn among what the server knows; that it could not be asked is said on the page.
async function load(element, asked, { form, slots, texts }) {
  const events = await askFor(element, asked).catch(() => null);
  showWhetherLoaded(element, events !== null);
  slots?.splice(0, slots.length, ...(events || []).filter(({ classNames }) => classNames.includes("is-slot")));
  const wish = form && wishOf(form);
  return wish ? [...(events || []), wishEvent(wish, texts)] : events || [];
}

// Asks for what is shown and no more.
async function askFor(element, asked) {
  const address = new URL(element.dataset.calendar, window.location.href);
  address.searchParams.set("from", `${asked.startStr}+08:00`);
  address.searchParams.set("to", `${asked.endStr}+08:00`);
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the calendar could not be loaded: ${answer.status}`);
  return (await answer.json()).events;
}

// An empty calendar would look free: the table, which came with the page, is opened instead.
function showWhetherLoaded(element, isLoaded) {
  const section = element.parentElement;
  section.querySelector("[data-not-loaded]").hidden = isLoaded;
  if (!isLoaded) section.querySelectorAll("details.week-words").forEach((words) => (words.open = true));
}
