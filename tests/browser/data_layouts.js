// What tests of the mosaic, the words and the numbers ask a page: `probes` is put on the window.
() => {
  const boxOf = (node) => node.getBoundingClientRect();
  const isOut = (box, whole) => box.bottom > whole.bottom + 1 || box.right > whole.right + 1 || box.top < whole.top - 1;

  globalThis.probes = {
    /** How many of 4,000 places of the mosaic are of a colour: red, blue, green, or none of them. */
    colours() {
      const canvas = document.querySelector(".mosaic canvas.tiles");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const found = { red: 0, blue: 0, green: 0, none: 0 };
      for (let i = 0; i < 4000; i++) {
        const at = 4 * Math.floor((i / 4000) * (data.length / 4));
        const [r, g, b] = data.slice(at, at + 3);
        const isRed = r > 150 && g < 90 && b < 90;
        const isBlue = b > 130 && r < 90;
        const isGreen = g > 110 && r < 90 && b < 110;
        found[isRed ? "red" : isBlue ? "blue" : isGreen ? "green" : "none"]++;
      }
      return found;
    },

    /** Grids that are not wholly covered by exactly as many blocks as there are photos, or whose cells are odd. */
    async quilts(base) {
      const m = await import(`${base}layouts/mosaic/grid.js`);
      const wrong = [];
      const frames = [{ width: 1500, height: 940 }, { width: 1024, height: 1400 }, { width: 900, height: 560 }];
      for (const frame of frames) {
        for (const n of [1, 2, 3, 5, 6, 7, 11, 13, 23, 59, 60, 61, 97, 200, 640, 1999, 2000]) {
          const { cols, rows } = m.gridFor(n, frame);
          const blocks = m.quilt(n, { cols, rows }, ({ x, y }) => m.scatter(x, y));
          const cells = new Set();
          for (const { x, y, w, h } of blocks) {
            for (let j = y; j < y + h; j++) for (let i = x; i < x + w; i++) cells.add(j * cols + i);
          }
          const covered = blocks.reduce((sum, { w, h }) => sum + w * h, 0);
          const places = blocks.map((block) => m.pixels(block, { cols, rows }, frame));
          const pixels = places.reduce((sum, { width, height }) => sum + width * height, 0);
          const shape = (frame.width / cols) / (frame.height / rows);
          const isWhole = covered === cols * rows && cells.size === covered && pixels === frame.width * frame.height;
          const isOdd = n > 4 && (shape < 0.6 || shape > 1.7);
          if (blocks.length !== n || !isWhole || isOdd) wrong.push([n, frame, cols, rows, blocks.length, covered, shape]);
        }
      }
      return wrong;
    },

    /** Parts of the mosaic that are cut. */
    cut() {
      const whole = boxOf(stage.place);
      return [".picture", ".count", ".invite"].filter((name) => {
        const node = document.querySelector(`.mosaic ${name}`);
        const box = boxOf(node);
        return isOut(box, whole) || box.height < 10 || node.scrollWidth > node.clientWidth + 1;
      });
    },

    /** Words that are seen. */
    standing() {
      const nodes = [...document.querySelectorAll(".words-page .sheet:not([aria-hidden]) .word:not(.gone)")];
      return nodes.filter((node) => node.textContent).map((node) => node.textContent);
    },

    /** The lines of the page of words: size, distance to each edge, the narrowest gap. */
    lines() {
      const whole = boxOf(stage.place);
      return [...document.querySelectorAll(".words-page .line")].map((line) => {
        const nodes = [...line.children];
        const boxes = nodes.map(boxOf);
        return {
          px: parseFloat(getComputedStyle(line).fontSize),
          words: nodes.map((node) => node.textContent),
          edges: [
            Math.min(...boxes.map((box) => box.left)) - whole.left, whole.right - Math.max(...boxes.map((box) => box.right)),
          ],
          ends: [boxOf(line).top - whole.top, whole.bottom - boxOf(line).bottom],
          closest: Math.min(...boxes.slice(1).map((box, i) => box.left - boxes[i].right), 1e6),
        };
      });
    },

    /** The smallest legible size of a word in pixels. */
    legible() {
      const [long, short] = innerWidth >= innerHeight ? [192, 108] : [108, 192];
      const units = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--text-units"));
      return units * 0.92 * Math.min(innerWidth / long, innerHeight / short);
    },

    numerals() {
      return [...document.querySelectorAll(".numbers .read")].map((node) => node.textContent.replace(/\D/g, ""));
    },

    /** The digits of the posts that are seen in their windows. */
    digits() {
      const seen = (digit) => {
        const view = boxOf(digit);
        const middle = (box) => (box.top + box.bottom) / 2;
        const isSeen = (b) => Math.abs(middle(boxOf(b)) - middle(view)) < view.height * 0.1;
        return [...digit.querySelectorAll("b")].filter(isSeen).map((b) => b.textContent).join("");
      };
      return [...document.querySelectorAll(".numbers .posts .digit")].map(seen).join("");
    },

    /** Parts of the numbers that leave the frame or lie on each other. */
    clashes() {
      const whole = boxOf(stage.place);
      const parts = [...document.querySelectorAll(".numbers .numeral, .numbers .label, .numbers .bar, .numbers li")];
      const boxes = parts.map((node) => [node.className || node.textContent, boxOf(node)]);
      const wrong = boxes.filter(([, box]) => isOut(box, whole)).map(([name]) => name);
      boxes.forEach(([name, a], i) => {
        for (const [other, b] of boxes.slice(i + 1)) {
          const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (across > 2 && down > 2) wrong.push([name, other]);
        }
      });
      return wrong;
    },
  };
}
