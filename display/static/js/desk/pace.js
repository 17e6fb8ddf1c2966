// Pace: how often the page does a thing, however fast the news come in.

const HIDDEN_MS = 1000;

/** A function that runs `work` once in the next frame, however often it is called; a hidden page has no frames and waits a second. */
export function perFrame(work) {
  let frame = 0;
  let timer = 0;
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = 0;
    work();
  };
  return () => {
    if (frame) return;
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, HIDDEN_MS);
  };
}

/** A function that hands its newest value on, at most once in `ms`: at once, and again when the time is over. */
export function atMost(ms, work) {
  let timer = 0;
  let next = null;
  const rest = () => {
    timer = 0;
    if (!next) return;
    const { value } = next;
    next = null;
    timer = setTimeout(rest, ms);
    work(value);
  };
  return (value) => {
    next = { value };
    if (!timer) rest();
  };
}
