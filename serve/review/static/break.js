// Suggests a break after so many minutes of work. The clock runs over all pages of the desk and starts anew after a pause.
const PAUSE_MS = 10 * 60_000; // without a key or a click for this long: that was a break
const LOOK_MS = 15_000;
const STILL_MS = 5_000; // nobody is asked in the middle of a sentence
const dialog = document.getElementById("break");
const after = Number(dialog.dataset.minutes) * 60_000;

const read = (name) => Number(localStorage.getItem(`threadwise-${name}`)) || 0;
const write = (name, value) => localStorage.setItem(`threadwise-${name}`, String(value));

function worked() {
  const now = Date.now();
  if (now - read("last") > PAUSE_MS) write("since", now);
  write("last", now);
}

function look() {
  const still = Date.now() - read("last");
  const writes = document.activeElement?.closest("textarea, input:not([type=checkbox], [type=radio])");
  if (still <= PAUSE_MS && still >= STILL_MS && !writes && !dialog.open && !document.hidden && Date.now() - read("since") >= after) dialog.showModal();
}

dialog.addEventListener("close", () => {
  // A break taken begins a new stretch; "later" asks again in ten minutes.
  write("since", dialog.returnValue === "later" ? Date.now() - after + PAUSE_MS : Date.now());
});
for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, worked, { passive: true });
worked();
look();
setInterval(look, LOOK_MS);
