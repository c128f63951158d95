// A finger swept along the days turns to the next or the earlier ones, as the buttons do. One that was held still
// first draws a wish, and one on the wish moves it: neither turns anything.

const FAR = 50; // pixels along the days
const SLOPE = 2; // as many times farther along the days than across them
const STILL = 10; // pixels within which a finger counts as held
const HELD = 350; // milliseconds, as long as the calendar waits before it draws

export function turnBySwiping(root, calendar) {
  let swipe = null;

  const begin = ({ touches, target, timeStamp }) => {
    const isOne = touches.length === 1 && target.closest(".ec-main") && !target.closest(".is-wish");
    swipe = isOne ? { x: touches[0].clientX, y: touches[0].clientY, since: timeStamp, isMoving: false } : null;
  };
  const follow = ({ touches, timeStamp }) => {
    if (!swipe || swipe.isMoving) return;
    const [across, down] = distance(swipe, touches[0]);
    if (timeStamp - swipe.since >= HELD) swipe = null;
    else if (Math.abs(across) > Math.max(STILL, SLOPE * Math.abs(down))) {
      swipe.isMoving = true;
      letGo();
    }
  };
  const end = ({ changedTouches }) => {
    const [across, down] = swipe?.isMoving ? distance(swipe, changedTouches[0]) : [0, 0];
    swipe = null;
    if (Math.abs(across) < Math.max(FAR, SLOPE * Math.abs(down))) return;
    if (across < 0) calendar.next();
    else calendar.prev();
  };

  root.addEventListener("touchstart", begin, { passive: true });
  root.addEventListener("touchmove", follow, { passive: true });
  root.addEventListener("touchend", end);
  root.addEventListener("touchcancel", () => {
    swipe = null;
  });
}

// The calendar takes where a finger rises for a click, wherever it went before; after this it does not.
function letGo() {
  window.dispatchEvent(new PointerEvent("pointercancel"));
}

function distance(from, touch) {
  return [touch.clientX - from.x, touch.clientY - from.y];
}
