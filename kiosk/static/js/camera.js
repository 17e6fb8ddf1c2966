// The tablet's camera, where the browser gives it to us: on https or localhost. Elsewhere the tablet's own camera
// application takes the picture, through a file input.

import { toJpeg } from "../../js/join/photo.js";

/** Why there is no live picture: "denied", "none", "busy", the end of a catalogue key. */
export class CameraError extends Error {}

const WHY = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none" };

export class Camera {
  #stream = null;

  /** How the camera is, for the desk: "", "live", "denied", "none", "busy", "lost". */
  state = "";

  /** lost: called when a live picture ends by itself. */
  constructor(video, { lost = () => {} } = {}) {
    Object.assign(this, { video, lost });
  }

  /** Whether this page may ask for the camera at all. */
  static get isThere() {
    return Boolean(navigator.mediaDevices?.getUserMedia);
  }

  /** Shows the live picture. Raises `CameraError`. */
  async open() {
    if (this.#stream) return;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } },
      });
    } catch (error) {
      this.state = WHY[error.name] ?? "busy";
      throw new CameraError(this.state);
    }
    this.state = "live";
    for (const track of this.#stream.getTracks()) {
      track.addEventListener("ended", () => {
        if (!this.#stream) return;
        this.close();
        this.state = "lost";
        this.lost();
      });
    }
    this.video.srcObject = this.#stream;
    await this.video.play().catch(() => {});
    if (!this.video.videoWidth) await new Promise((done) => this.video.addEventListener("loadeddata", done, { once: true }));
  }

  /** The picture as people see themselves, mirrored; a JPEG blob. */
  shoot() {
    const { videoWidth: width, videoHeight: height } = this.video;
    return toJpeg(this.video, { width, height, isMirrored: true });
  }

  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.video.srcObject = null;
    if (this.state === "live") this.state = "";
  }
}
