// What a moderator may say, where it leads, how it is taken back. One table for buttons, keys and help.

/** `undo` is the verdict that takes it back; null where nothing does. `isUp` needs the revisions that were seen. */
export const VERDICTS = {
  approve: { to: "approved", from: ["queued", "held"], undo: "unapprove", isUp: true },
  reject: { to: "rejected", from: ["queued", "held", "approved"], undo: "reopen" },
  hold: { to: "held", from: ["queued"], undo: "release" },
  release: { to: "queued", from: ["held"], undo: "hold" },
  unapprove: { to: "queued", from: ["approved"], undo: null },
  reopen: { to: "queued", from: ["rejected"], undo: "reject" },
  withdraw: { to: "withdrawn", from: ["queued", "held", "approved", "rejected"], undo: null, isFinal: true },
  pin: { to: "approved", from: ["approved"], undo: "unpin", isUp: true },
  unpin: { to: "approved", from: ["approved"], undo: "pin" },
};

export const TABS = ["queued", "held", "approved", "rejected"];

/** The buttons under a card, left to right: the safe word on the left, the open one under the right thumb. */
export function buttonsFor(state, isPinned) {
  switch (state) {
    case "queued":
      return ["reject", "hold", "approve"];
    case "held":
      return ["reject", "release", "approve"];
    case "approved":
      return ["withdraw", isPinned ? "unpin" : "pin", "unapprove"];
    case "rejected":
      return ["withdraw", "reopen"];
    default:
      return [];
  }
}

/** What a key means for a card in `state`, or null. H holds, and lets go of what is held. */
export function verdictOfKey(key, state) {
  const verdict = {
    a: "approve",
    r: "reject",
    h: state === "held" ? "release" : "hold",
    w: "withdraw",
    u: state === "rejected" ? "reopen" : "unapprove",
  }[key];
  return verdict && VERDICTS[verdict].from.includes(state) ? verdict : null;
}

/** What a swipe means: right puts up, left turns down, only where both are an ordinary decision. */
export function verdictOfSwipe(direction, state) {
  if (state !== "queued" && state !== "held") return null;
  return direction === "right" ? "approve" : "reject";
}

/** The verdict that takes a change back, whoever made it; null where none does: nothing goes up by being taken back. Pure. */
export function takeBackOf({ from, to }) {
  if (from === to) return null;
  if (to === "approved") return from === "queued" || from === "held" ? "unapprove" : null;
  if (to === "rejected") return "reopen";
  if (to === "held") return from === "queued" ? "release" : null;
  if (to === "queued") return { held: "hold", rejected: "reject" }[from] ?? null;
  return null;
}

/**
 * How a card stands with the two people it needs: "" where one is enough, "first" when nobody has said yes,
 * "second" when this person would be the second, "waiting" when it was this person who said yes. Pure.
 */
export function eyesOf(post, me) {
  const { needed = 1, by = [] } = post.eyes ?? {};
  if (needed < 2 || !["queued", "held"].includes(post.state)) return "";
  if (by.includes(me)) return "waiting";
  return by.length ? "second" : "first";
}
