// Fields of forms: what is wrong stands beside its field, and a password can be looked at.

import { icon } from "../icons.js";
import { t } from "../page.js";

const $ = (id) => document.getElementById(id);

/** Says what is wrong with the field `id` ("" takes it away) and leads there. */
export function complain(id, text) {
  $(`${id}-problem`).textContent = text;
  const input = $(id);
  if (!input?.matches("input")) return;
  input.setAttribute("aria-invalid", String(Boolean(text)));
  if (text) input.focus();
}

/** Takes every complaint of a form away. */
export function clear(form) {
  for (const node of form.querySelectorAll(".problem")) node.textContent = "";
  for (const node of form.querySelectorAll("[aria-invalid]")) node.removeAttribute("aria-invalid");
}

/** Gives every password of `root` an eye. */
export function mountEyes(root = document) {
  for (const place of root.querySelectorAll(".secret")) {
    const input = place.querySelector("input");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "icon-button eye";
    const show = () => {
      const isSeen = input.type === "text";
      button.replaceChildren(icon(isSeen ? "withdraw" : "eye"));
      button.setAttribute("aria-label", t(isSeen ? "people.hide_password" : "people.show_password"));
      button.setAttribute("aria-pressed", String(isSeen));
    };
    button.addEventListener("click", () => {
      input.type = input.type === "text" ? "password" : "text";
      show();
      input.focus();
    });
    place.append(button);
    show();
  }
}

/** Hides every password of a form again and empties it. */
export function forget(form) {
  for (const input of form.querySelectorAll(".secret input")) {
    if (input.type === "text") input.parentElement.querySelector(".eye").click();
    input.value = "";
  }
}

/** Runs `work` while the form's button shows that something happens; a second press in between does nothing. */
export async function busy(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}
