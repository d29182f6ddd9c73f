// What an ended session did not let through: kept in this tab over the log-in, and put back on its card for the same person.
const NAME = "unsent";

/** Adds to what is kept: `notes` (comment -> text) and how many decisions were not made. */
export function keep(me, notes, decisions) {
  const held = read(me);
  sessionStorage.setItem(NAME, JSON.stringify({ me, notes: { ...held.notes, ...notes }, decisions: held.decisions + decisions }));
}

/** How many decisions were not made; 0 when asked again. */
export function lost(me) {
  const { notes, decisions } = read(me);
  store(me, notes);
  return decisions;
}

/** Puts notes back on those of `cards` that had one and have none. A card that comes later gets its own then. */
export function putBack(me, cards) {
  const { notes } = read(me);
  for (const card of cards) {
    const field = card.querySelector("textarea");
    if (!field || !notes[card.dataset.number]) continue;
    field.value ||= notes[card.dataset.number];
    card.querySelector(".note").open = true;
    delete notes[card.dataset.number];
  }
  store(me, notes);
}

function read(me) {
  const held = JSON.parse(sessionStorage.getItem(NAME) ?? "null");
  return held?.me === me ? held : { notes: {}, decisions: 0 }; // another person's are not shown
}

function store(me, notes) {
  if (Object.keys(notes).length) sessionStorage.setItem(NAME, JSON.stringify({ me, notes, decisions: 0 }));
  else sessionStorage.removeItem(NAME);
}
