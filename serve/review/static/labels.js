// The marked part of the text goes with the reading, as offsets in code points.
const text = document.querySelector("[data-text]");
const says = document.querySelector("[data-marked]");
const field = document.querySelector('input[name="span"]');

document.addEventListener("selectionchange", () => {
  const chosen = getSelection();
  if (!text || !chosen.rangeCount || chosen.isCollapsed) return;
  const range = chosen.getRangeAt(0);
  if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return;
  const lead = document.createRange();
  lead.setStart(text, 0);
  lead.setEnd(range.startContainer, range.startOffset);
  const begin = [...lead.toString()].length;
  const words = range.toString();
  field.value = `${begin}-${begin + [...words].length}`;
  says.textContent = `${says.dataset.says} ${words.slice(0, 120)}`;
});
