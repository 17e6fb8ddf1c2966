// A card follows the thumb: far enough to the right puts it up, to the left turns it down.

const START_PX = 14;
const FAR = 0.26; // share of the card's width
const FLING_PX_MS = 0.7;

/**
 * @param root where the card lives
 * @param ask (direction) => verdict or null: what letting go would do, so that the card can show it
 * @param word (verdict) => what the card says while the thumb is far enough
 * @param done (verdict)
 * @returns a function that stops listening
 */
export function mountSwipe(root, { ask, word, done }) {
  let drag = null;

  const end = (isDone) => {
    if (!drag) return;
    const { card, verdict, id } = drag;
    drag = null;
    try {
      root.releasePointerCapture(id);
    } catch {
      // the pointer has already left
    }
    card.classList.remove("is-dragged");
    delete card.dataset.verdict;
    card.style.removeProperty("--dx");
    if (isDone && verdict) done(verdict);
  };

  const down = (event) => {
    if (event.pointerType === "mouse" || !event.isPrimary || drag) return;
    const card = event.target.closest(".card");
    if (card) drag = { card, id: event.pointerId, x: event.clientX, y: event.clientY, at: event.timeStamp, isOn: false, verdict: null };
  };

  const move = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const dx = event.clientX - drag.x;
    const dy = event.clientY - drag.y;
    if (!drag.isOn) {
      if (Math.abs(dy) > START_PX && Math.abs(dy) > Math.abs(dx)) return end(false);
      if (Math.abs(dx) < START_PX) return;
      drag.isOn = true;
      root.setPointerCapture(drag.id);
      drag.card.classList.add("is-dragged");
    }
    const verdict = ask(dx > 0 ? "right" : "left");
    const speed = Math.abs(dx) / Math.max(1, event.timeStamp - drag.at);
    const isFar = Math.abs(dx) > drag.card.clientWidth * FAR || (speed > FLING_PX_MS && Math.abs(dx) > 70);
    drag.verdict = isFar ? verdict : null;
    drag.card.style.setProperty("--dx", `${verdict ? dx : dx / 6}px`);
    if (drag.verdict) Object.assign(drag.card.dataset, { verdict: drag.verdict, says: word(drag.verdict) });
    else delete drag.card.dataset.verdict;
  };

  const up = (event) => {
    if (drag && event.pointerId === drag.id) end(drag.isOn);
  };
  const cancel = (event) => {
    if (drag && event.pointerId === drag.id) end(false);
  };
  // a swipe that started on a picture must not open it
  const click = (event) => {
    if (!swiped) return;
    event.preventDefault();
    event.stopPropagation();
  };
  let swiped = false;
  const watch = () => {
    swiped = Boolean(drag?.isOn);
    if (swiped) setTimeout(() => (swiped = false), 0);
  };

  root.addEventListener("pointerdown", down);
  root.addEventListener("pointermove", move);
  root.addEventListener("pointerup", watch, true);
  root.addEventListener("pointerup", up);
  root.addEventListener("pointercancel", cancel);
  root.addEventListener("click", click, true);
  return () => {
    root.removeEventListener("pointerdown", down);
    root.removeEventListener("pointermove", move);
    root.removeEventListener("pointerup", watch, true);
    root.removeEventListener("pointerup", up);
    root.removeEventListener("pointercancel", cancel);
    root.removeEventListener("click", click, true);
  };
}
