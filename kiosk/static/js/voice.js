// The steps said aloud: to screen readers always, through the tablet's own voice when somebody asks for it.

const TAGS = { fr: "fr-FR", en: "en-GB", zh: "zh-CN", de: "de-DE", es: "es-ES", it: "it-IT", ar: "ar" };

export class Voice {
  #isOn = false;

  /** region: a live region; button: hidden where the tablet has no voice. */
  constructor(region, button) {
    Object.assign(this, { region, button });
    button.hidden = !("speechSynthesis" in globalThis);
    button.addEventListener("click", () => this.#set(!this.#isOn));
  }

  say(text, lang) {
    this.region.textContent = text;
    if (!this.#isOn) return;
    speechSynthesis.cancel();
    const said = new SpeechSynthesisUtterance(text);
    said.lang = TAGS[lang] ?? lang;
    speechSynthesis.speak(said);
  }

  /** Silent again for the next visitor. */
  stop() {
    this.#set(false);
  }

  #set(isOn) {
    this.#isOn = isOn;
    this.button.setAttribute("aria-pressed", String(isOn));
    if (!isOn) globalThis.speechSynthesis?.cancel();
    else this.say(this.region.textContent || document.querySelector(".view:not([hidden]) :is(h1, h2)")?.textContent || "", document.documentElement.lang);
  }
}
