// A visitor's photo, made small enough for a hall's Wi-Fi before it leaves the phone: upright, JPEG, at most 1920 px.
// The canvas also leaves the place and the phone's name behind; the server does all of it again in any case.

const LONG_PX = 1920;
const QUALITY = 0.86;
const FILE_MAX = 60_000_000;
const GROUND = "#14121c"; // the wall's own, behind transparent pictures

/** Why a photo cannot be used: "heic", "broken", "heavy" or "empty", the end of a catalogue key. */
export class PhotoError extends Error {}

/** Width and height within `long` pixels, the proportions kept, never enlarged. Pure. */
export function fit(width, height, long = LONG_PX) {
  const scale = Math.min(1, long / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Whether a file is Apple's HEIF, by its first bytes or, failing these, its name. */
export async function isHeic(file) {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const text = String.fromCharCode(...head);
  return /^....ftyp(heic|heix|hevc|heim|heis|mif1|msf1|heif)/s.test(text) || /\.(heic|heif)$/i.test(file.name ?? "");
}

async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    // Safari reads some formats in an image element alone
    const image = new Image();
    image.src = URL.createObjectURL(file);
    try {
      await image.decode();
      return image;
    } catch {
      throw new PhotoError((await isHeic(file)) ? "heic" : "broken");
    } finally {
      URL.revokeObjectURL(image.src);
    }
  }
}

/** Draws anything with a size (a bitmap, an image, a video) as a JPEG. `isMirrored` for a camera that faces you. */
export async function toJpeg(source, { width, height, isMirrored = false, long = LONG_PX }) {
  const size = fit(width, height, long);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, size);
  const brush = canvas.getContext("2d");
  brush.fillStyle = GROUND;
  brush.fillRect(0, 0, size.width, size.height);
  brush.imageSmoothingQuality = "high";
  if (isMirrored) {
    brush.translate(size.width, 0);
    brush.scale(-1, 1);
  }
  brush.drawImage(source, 0, 0, size.width, size.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  canvas.width = canvas.height = 0; // gives the memory back at once on small phones
  if (!blob) throw new PhotoError("broken");
  return blob;
}

/** A chosen file as a JPEG blob. Raises `PhotoError`. */
export async function shrink(file) {
  if (!file.size) throw new PhotoError("empty");
  if (file.size > FILE_MAX) throw new PhotoError("heavy");
  const picture = await decode(file);
  const width = picture.naturalWidth || picture.width;
  const height = picture.naturalHeight || picture.height;
  if (!width || !height) throw new PhotoError("broken");
  try {
    return await toJpeg(picture, { width, height });
  } finally {
    picture.close?.();
  }
}
