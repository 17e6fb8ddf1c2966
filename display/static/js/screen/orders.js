// Orders: dark or not, which programme, which theme; from the server, or from the desk's page around a preview.

export class Orders {
  /** parts: {config, scenes, slate, dress}. */
  constructor(parts) {
    Object.assign(this, parts);
  }

  get isPreview() {
    return this.config.as === "preview";
  }

  /** Obeys an orders frame. A part that is not there leaves things as they are. */
  take({ blank, programme, theme } = {}) {
    if (typeof blank === "boolean") this.slate.set("blank", blank && !this.isPreview);
    if (Array.isArray(programme?.scenes) && !this.isTried) this.scenes.follow(programme);
    if (theme?.name && !this.isDressed) void this.dress.wear(theme);
  }

  /** A preview obeys the page it stands in, when that is one of ours. */
  listen() {
    if (!this.isPreview) return;
    addEventListener("message", ({ data, origin, source }) => {
      if (origin !== location.origin || source !== parent) return;
      if (data?.type === "parvis.programme" && Array.isArray(data.programme?.scenes)) {
        this.isTried = true;
        this.scenes.follow(data.programme);
      }
      if (data?.type === "parvis.theme" && data.theme?.name) {
        this.isDressed = true;
        void this.dress.wear(data.theme);
      }
    });
  }
}
