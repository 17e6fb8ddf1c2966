"""A film of our own making, drawn and encoded by the browser: none has to lie in the repository."""

from __future__ import annotations

import base64

from playwright.async_api import Browser

# A slow approach to a picture, or a field of one colour that grows lighter and a light that crosses it; never black.
RECORD = """async ([seconds, width, height, source]) => {
  const image = source ? Object.assign(new Image(), { src: source }) : null;
  await image?.decode();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  const approach = (share) => {
    const scale = Math.max(width / image.width, height / image.height) * (1 + 0.1 * share);
    const [w, h] = [image.width * scale, image.height * scale];
    pen.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
  };
  const cross = (share) => {
    pen.fillStyle = `oklch(${0.42 + 0.12 * share} .12 ${40 + 60 * share})`;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = "oklch(.92 .08 90)";
    pen.beginPath();
    pen.arc(width * (0.15 + 0.7 * share), height * 0.45, height * 0.16, 0, 7);
    pen.fill();
  };
  const draw = image ? approach : cross;
  draw(0);
  const kind = { mimeType: "video/webm;codecs=vp8", videoBitsPerSecond: image ? 8_000_000 : 900_000 };
  const recorder = new MediaRecorder(canvas.captureStream(25), kind);
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const stopped = new Promise((done) => { recorder.onstop = done; });
  recorder.start();
  const begun = performance.now();
  for (let share = 0; share < 1; share = (performance.now() - begun) / (seconds * 1000)) {
    draw(share);
    await new Promise((done) => setTimeout(done, 40));
  }
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}"""


async def film(
    browser: Browser, *, seconds: float = 1.5, width: int = 640, height: int = 360, of: bytes = b""
) -> bytes:
    """WebM with VP8, without sound; `of` is a JPEG that it approaches."""
    source = f"data:image/jpeg;base64,{base64.b64encode(of).decode()}" if of else ""
    page = await browser.new_page()
    try:
        return base64.b64decode(await page.evaluate(RECORD, [seconds, width, height, source]))
    finally:
        await page.context.close()


CAPTIONS = """WEBVTT

00:00.000 --> 00:01.000
<i>La nef</i> s’éclaire :
<b>regardez</b> & taisez-vous.

00:01.000 --> 01:00.000
三楼的水墨展厅
"""
