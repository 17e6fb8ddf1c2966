// A QR code that the server drew, as a picture: no markup of anybody's is ever put into the page.

/** `svg` is the text of an image; `label` says what it leads to. */
export function qrImage(svg, label) {
  const image = new Image();
  image.alt = label;
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
  image.src = url;
  return image;
}
