// How a calendar looks: a week, three days on a phone, in the language and on the grid of its page.

const PHONE = "(max-width: 719px)";
const BUTTONS = { start: "title", center: "", end: "today prev,next timeGridWeek,timeGridDay" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export function isPhone() {
  return window.matchMedia(PHONE).matches;
}

export function optionsFor(element, texts) {
  const { date, opens, closes, grid, locale } = element.dataset;
  const isSmall = isPhone();
  return {
    view: "timeGridWeek",
    views: isSmall ? { timeGridWeek: { duration: { days: 3 } } } : {},
    timeZone: "+08:00",
    date,
    locale,
    firstDay: 1,
    allDaySlot: false,
    height: "auto",
    slotMinTime: opens,
    slotMaxTime: closes,
    flexibleSlotTimeLimits: { eventFilter: isOneThatWidens },
    slotDuration: "00:30",
    slotHeight: 19,
    snapDuration: { minutes: Number(grid) },
    slotLabelFormat: CLOCK,
    eventTimeFormat: CLOCK,
    nowIndicator: true,
    headerToolbar: BUTTONS,
    buttonText: { today: texts.today, prev: texts.previous, next: texts.next, timeGridWeek: isSmall ? texts.days : texts.week, timeGridDay: texts.day },
    dayHeaderFormat: (day) => dayName(day, locale),
    titleFormat: (start, end) => title(start, end, locale),
    eventContent: ({ event, timeText }) => (event.extendedProps.url ? linked(event, timeText) : undefined),
  };
}

// An event that leads somewhere is a link, reachable by keyboard like any other.
function linked(event, timeText) {
  const time = document.createElement("div");
  time.className = "ec-event-time";
  time.textContent = timeText;
  const link = document.createElement("a");
  link.className = "ec-event-title";
  link.href = event.extendedProps.url;
  link.textContent = event.title;
  return { domNodes: [time, link] };
}

// Blocks often last whole days and nights; the hours of the calendar stay those of the working day.
function isOneThatWidens({ display, classNames }) {
  return display !== "background" && !classNames.includes("is-block") && !classNames.includes("is-busy");
}

function dayName(day, locale) {
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" }).format(day);
  return `${weekday} ${day.getDate()}`;
}

function title(start, end, locale) {
  const parts = new Intl.DateTimeFormat(locale, { year: "numeric", month: "long" });
  const [first, last] = [parts.format(start), parts.format(end)];
  return first === last ? first : `${first} – ${last}`;
}
