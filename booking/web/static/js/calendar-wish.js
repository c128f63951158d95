// Dragging in the calendar changes the wish of the form, and the form's wish stands in the calendar.
import { later, setWish, wallClock, wishOf } from "./wish.js";

const ID = "wish";

export function wishEvent({ start, end }, texts) {
  return { id: ID, start, end, title: texts.wish, classNames: ["is-wish"], editable: true };
}

// Where an instrument has fixed slots, whatever is pointed at becomes the slots that it touches.
export function takeWishFrom(form, slots) {
  const take = (wish) => setWish(form, slots ? snapped(wish, slots) : wish);
  const moved = ({ event }) => take({ start: wallClock(event.start), end: wallClock(event.end) });
  return {
    selectable: true,
    longPressDelay: 350,
    select: ({ startStr, endStr }) => take({ start: startStr, end: endStr }),
    dateClick: ({ dateStr }) => take(slots ? { start: dateStr, end: later(dateStr.slice(0, 16), 1) } : fromClick(form, dateStr)),
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

function snapped({ start, end }, slots) {
  const [from, to] = [start.slice(0, 16), end.slice(0, 16)];
  const touched = slots.filter((slot) => slot.start.slice(0, 16) < to && from < slot.end.slice(0, 16));
  if (!touched.length) return { start, end };
  return { start: touched[0].start, end: touched[touched.length - 1].end };
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
