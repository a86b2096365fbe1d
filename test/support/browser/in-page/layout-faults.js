// Runs in a page, and comes to what lies over something else, is cut off, or sticks out of it.
(() => {
  /** Rounding, and letters whose boxes touch. */
  const SLACK = 1;
  const faults = [];
  const { clientWidth: width, scrollWidth } = document.documentElement;
  if (scrollWidth > width) faults.push(`the page is ${scrollWidth} wide on a screen of ${width}`);

  const words = ({ text, left, top, right, bottom }) =>
    `"${text.trim().slice(0, 40)}" (${[left, top, right, bottom].map(Math.round).join(" ")})`;

  /** A box for each line of each text that can be seen. */
  function writtenTexts() {
    const boxes = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const { textContent: text, parentElement: parent } = node;
      if (text.trim() === "" || parent.closest("script, style") !== null) continue;
      if (!parent.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const { left, top, right, bottom } of range.getClientRects())
        if (right > left && bottom > top)
          boxes.push({ text, left, top: top + scrollY, right, bottom: bottom + scrollY });
    }
    return boxes;
  }

  /** What is drawn on canvases; the page's other script has kept it. */
  function drawnTexts() {
    const drawn = [...(globalThis.canvasTexts ?? [])].filter(([canvas]) => canvas.isConnected);
    return drawn.flatMap(([canvas, texts]) => {
      const place = canvas.getBoundingClientRect();
      for (const one of texts) {
        const isIn =
          one.left >= -SLACK &&
          one.top >= -SLACK &&
          one.right <= place.width + SLACK &&
          one.bottom <= place.height + SLACK;
        if (!isIn) faults.push(`${words(one)} is cut off by its chart of ${place.width} by ${place.height}`);
      }
      const [x, y] = [place.left, place.top + scrollY];
      return texts.map(({ text, left, top, right, bottom }) => ({
        text,
        left: left + x,
        right: right + x,
        top: top + y,
        bottom: bottom + y,
      }));
    });
  }

  const boxes = [...writtenTexts(), ...drawnTexts()].toSorted((a, b) => a.top - b.top);
  for (const box of boxes)
    if (box.left < -SLACK || box.right > width + SLACK) faults.push(`${words(box)} sticks out of the page`);
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      if (b.top >= a.bottom - SLACK) break;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // Lines of text may share their leading.
      if (across > SLACK && down > Math.min(a.bottom - a.top, b.bottom - b.top) / 3)
        faults.push(`${words(a)} and ${words(b)} lie over each other`);
    }
  }
  for (const element of document.body.querySelectorAll("*")) {
    const isCut = getComputedStyle(element).overflowX === "hidden" && element.scrollWidth > element.clientWidth + SLACK;
    if (isCut && element.textContent.trim() !== "") faults.push(`${element.className || element.tagName} is cut`);
  }
  return faults;
})();
