// Drag a range over the histogram; the form does the rest.
const form = document.getElementById("range");
const drawing = document.getElementById("histogram"); // none where no comment fits
const columns = [...(drawing?.querySelectorAll("rect") ?? [])];
const step = 100 / columns.length;
let from = null;

function binAt(event) {
  const box = drawing.getBoundingClientRect();
  return Math.min(columns.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * columns.length)));
}

function paint(a, b) {
  const [low, high] = a < b ? [a, b] : [b, a];
  columns.forEach((column, at) => column.setAttribute("class", at >= low && at <= high ? "in" : "out"));
  form.elements.low.value = Math.round(low * step);
  form.elements.high.value = Math.round((high + 1) * step);
}

drawing?.addEventListener("pointerdown", (event) => {
  from = binAt(event);
  drawing.setPointerCapture(event.pointerId);
  paint(from, from);
  event.preventDefault();
});
drawing?.addEventListener("pointermove", (event) => { if (from !== null) paint(from, binAt(event)); });
drawing?.addEventListener("pointerup", (event) => {
  if (from === null) return;
  paint(from, binAt(event));
  from = null;
  form.requestSubmit();
});
drawing?.addEventListener("pointercancel", () => { from = null; }); // the finger scrolls
form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });
