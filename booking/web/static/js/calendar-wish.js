// Dragging in the calendar changes the wish of the form, and the form's wish stands in the calendar.
import { later, setWish, wallClock, wishOf } from "./wish.js";

const ID = "wish";

export function wishEvent({ start, end }, texts) {
  return { id: ID, start, end, title: texts.wish, classNames: ["is-wish"], editable: true };
}

export function takeWishFrom(form) {
  const moved = ({ event }) => setWish(form, { start: wallClock(event.start), end: wallClock(event.end) });
  return {
    selectable: true,
    longPressDelay: 350,
    select: ({ startStr, endStr }) => setWish(form, { start: startStr, end: endStr }),
    dateClick: ({ dateStr }) => setWish(form, fromClick(form, dateStr)),
    eventDrop: moved,
    eventResize: moved,
  };
}

export function showWishOn(calendar, form, texts) {
  const wish = wishOf(form);
  calendar.unselect();
  calendar.removeEventById(ID);
  if (!wish) return;
  if (!isShown(calendar, wish)) calendar.setOption("date", wish.start.slice(0, 10));
  calendar.addEvent(wishEvent(wish, texts));
}

// A click takes the shortest time from there on.
function fromClick(form, dateStr) {
  const start = dateStr.slice(0, 16);
  return { start, end: later(start, Number(form.dataset.shortest)) };
}

function isShown(calendar, wish) {
  const { currentStart, currentEnd } = calendar.getView();
  return wish.start >= wallClock(currentStart) && wish.start < wallClock(currentEnd);
}
