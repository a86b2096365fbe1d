// Runs in a page before its scripts: whatever a canvas is told to write is kept beside it, with its box, until it is wiped.
(() => {
  const proto = CanvasRenderingContext2D.prototype;
  const [fillText, clearRect] = ["fillText", "clearRect"].map((name) => proto[name]);
  const kept = new Map();
  Object.defineProperty(globalThis, "canvasTexts", { value: kept });
  proto.clearRect = function (...args) {
    kept.delete(this.canvas);
    clearRect.apply(this, args);
  };
  proto.fillText = function (text, x, y, ...rest) {
    const measured = this.measureText(text);
    const { a, b, c, d, e, f } = this.getTransform();
    const corners = [
      [x - measured.actualBoundingBoxLeft, y - measured.actualBoundingBoxAscent],
      [x + measured.actualBoundingBoxRight, y + measured.actualBoundingBoxDescent],
    ].map(([left, top]) => [a * left + c * top + e, b * left + d * top + f].map((value) => value / devicePixelRatio));
    const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
    const box = { text, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    if (text.trim() !== "") kept.set(this.canvas, [...(kept.get(this.canvas) ?? []), box]);
    fillText.call(this, text, x, y, ...rest);
  };
})();
