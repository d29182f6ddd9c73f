// The queue with a script: keys, the next card at once, the server's word afterwards. Everything here is also a form or a link.
import { follow } from "./live.js";

const desk = JSON.parse(document.getElementById("desk").textContent);
const cards = document.getElementById("cards");
const says = document.getElementById("says");
const empty = document.getElementById("empty");
const over = document.getElementById("over");
const openCount = document.querySelector("[data-open-count]");
const FEW = 6; // cards left when more are asked for
const RENEW_MS = 45_000; // well within the lease of a claim
const AGAIN_MS = 5_000; // until a failed page of cards is asked for again
const QUIET_MS = 600; // after the page itself has made another card current, no key decides: it was meant for the one before
const DOUBLE_MS = 300; // the second click of a double click falls on the card that has moved under the pointer

let shownAt = performance.now();
const spent = new WeakMap(); // card -> milliseconds that it was in front of somebody
let more = cards?.dataset.more ?? null;
let asking = null;
let place = null; // of the last card that was here, behind which more are asked for
let quietUntil = 0;
let clickedAt = -DOUBLE_MS;
let rejecting = false;
const gone = new Set(); // numbers of cards that were decided here, which the server may still send
const waiting = new Map(); // number -> promise of a decision under way
const made = new Set(); // decisions of this page; those of one's other windows are news
let undoing = Promise.resolve();
let undos = 0; // under way

const all = () => [...(cards?.querySelectorAll(".card") ?? [])];
const current = () => cards?.querySelector('.card[aria-current="true"]') ?? null;
const numberOf = (card) => card.dataset.number;
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const single = cards?.classList.contains("single"); // one comment by itself: it stays where it is
const waits = (card) => card?.dataset.waits === "queue"; // is among those that the number on top counts
const isFree = (card) => !card.classList.contains("held");
const busy = () => Boolean(inField(document.activeElement)); // somebody writes: nothing may take the focus away

/* what is current */

/* The time of reading goes to the card that was in front until now. */
function clock() {
  const card = current();
  if (card) spent.set(card, (spent.get(card) ?? 0) + performance.now() - shownAt);
  shownAt = performance.now();
}

function show(card, { scroll = true, focus = true } = {}) {
  clock();
  const before = current();
  if (before && before !== card) before.setAttribute("aria-current", "false");
  emptied();
  if (!card) return fetchMore();
  card.setAttribute("aria-current", "true");
  rejecting = false;
  if (focus) card.focus({ preventScroll: true });
  if (scroll) keepInSight(card);
  claim(card);
  if (all().length - all().indexOf(card) <= FEW) fetchMore();
}

/* Another card than the person chose: it waits until nobody writes, and for a moment no key decides on it. */
function showUnasked(card, options) {
  if (current() && busy()) return;
  if (card !== current()) quietUntil = performance.now() + QUIET_MS;
  show(card, { ...options, focus: !busy() });
}

/* Says that nothing waits only where that is so. */
function emptied() {
  const none = !all().length, left = Number(openCount?.dataset.openCount) > 0;
  if (empty) empty.hidden = !none || left;
  if (over) over.hidden = !none || !left;
}

function keepInSight(card) {
  const box = card.getBoundingClientRect();
  if (box.top < 110 || box.bottom > innerHeight) card.scrollIntoView({ block: "start" });
}

function step(by) {
  const list = all();
  const at = list.indexOf(current());
  let next = at + by;
  while (by > 0 && list[next] && !isFree(list[next])) next += by;
  if (list[next]) show(list[next]);
}

function after(card) {
  const list = all();
  const at = list.indexOf(card);
  const free = (one) => one !== card && isFree(one);
  return list.slice(at + 1).find(free) ?? list.slice(0, at).findLast(free) ?? null;
}

/* talking with the server */

async function post(path, body = {}) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(body), headers: { Accept: "application/json" } });
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401) {
    keepUnsent(path, body);
    location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  }
  return { ok: answer.ok, status: answer.status, ...told };
}

function claim(card) {
  if (!desk.decides || document.hidden) return;
  post(`/review/comments/${numberOf(card)}/claim`).then((told) => {
    if (told.ok && told.holder) hold(card, told.mine ? null : told.holder);
  }).catch(() => {}); // the next renewal tries again; a decision says so itself
}

function hold(card, holder) {
  const badge = card.querySelector(".holder");
  card.classList.toggle("held", Boolean(holder));
  badge.hidden = !holder;
  badge.textContent = holder ? fill(desk.says.reading, { name: holder }) : "";
}

async function fetchMore() {
  if (!more || asking) return;
  place = all().at(-1)?.dataset.place ?? place;
  asking = fetch(place === null ? more : `${more}${more.includes("?") ? "&" : "?"}after=${encodeURIComponent(place)}`);
  try {
    const answer = await asking;
    const fresh = answer.ok ? parsed(await answer.text()) : [];
    if (answer.ok && !fresh.length) more = null;
    if (!answer.ok) setTimeout(fetchMore, AGAIN_MS);
    const here = new Set(all().map(numberOf));
    cards.append(...fresh.filter((card) => !here.has(numberOf(card)) && !gone.has(numberOf(card))));
    place = fresh.at(-1)?.dataset.place ?? place;
    if (!current()) takeFree();
  } catch { setTimeout(fetchMore, AGAIN_MS); } finally {
    asking = null;
    emptied();
  }
}

function takeFree() {
  const card = all().find(isFree);
  if (card) showUnasked(card, { scroll: false });
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.querySelectorAll(".card")];
}

/* deciding */

/* Resolves to the decision's number, if it was made. `quietly`: whoever calls says what was done. */
function decide(card, act, { form = null, quietly = false } = {}) {
  if (card === current()) clock();
  const body = Object.fromEntries(new FormData(form ?? card.querySelector(".acts")));
  body.act = act;
  body.spent_ms = spent.has(card) ? Math.ceil(spent.get(card)) : ""; // one that was only ticked was not timed
  const number = numberOf(card);
  const path = `/review/comments/${number}/decide`;
  if (act === "note") return send(path, body).then((told) => told.ok && decided(number, told));
  if (single) return send(path, body).then((told) => act === "skip" ? location.assign("/review") : decided(number, told));
  const next = after(card);
  const behind = card.nextElementSibling;
  place = card.dataset.place;
  card.remove();
  gone.add(number);
  show(next, { scroll: true });
  if (next) next.classList.add("arrives");
  if (act === "skip") return send(path, body);
  if (waits(card)) counted(-1);
  const done = send(path, body)
    .then((told) => {
      if (told.ok) {
        made.add(told.decision);
        if (!quietly) tell(desk.says[told.kind], { undo: [told.decision] });
        return told.decision;
      }
      return told.status === 404 ? null : putBack(card, behind); // what was erased does not come back
    })
    .finally(() => waiting.delete(number));
  waiting.set(number, done);
  return done;
}

async function send(path, body) {
  const told = await post(path, body).catch(() => ({ ok: false }));
  if (!told.ok) tell(told.message ?? desk.says.failed, { bad: true });
  return told;
}

/* A refused decision: the card comes back where it was, as it is now, with what was written on it, and is current, so that nothing is lost
 * unseen. */
async function putBack(card, behind) {
  gone.delete(numberOf(card));
  card.setAttribute("aria-current", "false"); // as it was when it left
  cards.insertBefore(card, behind?.isConnected ? behind : cards.firstElementChild);
  showUnasked(card);
  emptied();
  if (waits(await refresh(numberOf(card), { keep: true }))) counted(1);
}

/* What was done to a card that stays, or was not. */
function decided(number, told) {
  if (told.ok) {
    made.add(told.decision);
    tell(desk.says[told.kind], { undo: [told.decision] });
  }
  return refresh(number, { keep: !told.ok });
}

/* The card as it is on the server now; as it was where the server cannot be reached. `keep`: with what was written and chosen on it. */
async function refresh(number, { keep = false } = {}) {
  const card = cards.querySelector(`.card[data-number="${number}"]`);
  const html = await fetch(`/review/comments/${number}/card`).then((answer) => (answer.ok ? answer.text() : "")).catch(() => "");
  const [fresh] = parsed(html);
  if (!card || !fresh) return card;
  const was = card.getAttribute("aria-current");
  fresh.setAttribute("aria-current", was);
  if (spent.has(card)) spent.set(fresh, spent.get(card));
  const writes = card.contains(document.activeElement) && busy() ? document.activeElement.name : null;
  if (keep) carry(card, fresh);
  card.replaceWith(fresh);
  if (writes) fresh.querySelector(`[name="${writes}"]`)?.focus({ preventScroll: true });
  else if (was === "true" && !busy()) fresh.focus({ preventScroll: true });
  return fresh;
}

function carry(card, fresh) {
  for (const field of card.querySelectorAll("textarea, select, input[name=span]")) {
    const same = fresh.querySelector(`[name="${field.name}"]`);
    if (same) same.value = field.value;
  }
  for (const part of [".note", ".fix"]) {
    if (card.querySelector(part)?.open && fresh.querySelector(part)) fresh.querySelector(part).open = true;
  }
}

/* One after the other: two at once would ask the server to take back the same decision. */
function undo(decision) {
  undos += 1;
  undoing = undoing.then(() => takeBack(decision)).catch(() => {}).finally(() => { undos -= 1; }); // said already where it failed
}

async function takeBack(decision) {
  await Promise.all(waiting.values()); // what is under way is taken back too, in its turn
  const told = await send("/review/undo", decision ? { decision } : {});
  if (!told.ok) return;
  if (told.batch || !cards) {
    keepWords(told.batch ? fill(desk.says.undone_all, { count: told.count }) : desk.says.undone);
    return location.reload();
  }
  gone.delete(String(told.number));
  const [card] = parsed(told.html);
  const held = cards.querySelector(`.card[data-number="${told.number}"]`);
  if (single && !held) return location.assign(`/review/comments/${told.number}`);
  if (waits(card) && !waits(held)) counted(1);
  if (held) held.replaceWith(card);
  else cards.insertBefore(card, current() ?? cards.firstElementChild);
  if (busy()) emptied();
  else show(card);
  tell(desk.says.undone);
}

function counted(by) {
  if (!openCount) return;
  setOpen(Number(openCount.dataset.openCount) + by);
}

function setOpen(count) {
  openCount.dataset.openCount = String(Math.max(0, count));
  openCount.textContent = openCount.dataset.openCount;
  document.title = document.title.replace(/^\(\d+\)/, `(${openCount.dataset.openCount})`);
}

function setEscalated(count) {
  const badge = document.querySelector("[data-escalated-count]");
  if (!badge) return;
  badge.hidden = !count;
  badge.textContent = String(count);
}

/* What was done, with its undo. What went wrong stands until it is closed, or something else goes wrong. */
function tell(text, { bad = false, undo: done = [] } = {}) {
  const line = document.createElement("p");
  line.className = `notice toast ${bad ? "bad" : "good"}`;
  const words = document.createElement("span");
  words.textContent = text;
  line.append(words);
  if (done.length) {
    const button = document.createElement("button");
    button.className = "quiet";
    button.textContent = `${desk.says.undo} `;
    const key = document.createElement("kbd");
    key.textContent = desk.keys.undo;
    button.append(key);
    button.addEventListener("click", () => { for (const decision of done) undo(decision); }, { once: true });
    line.append(button);
  }
  if (bad) {
    const close = document.createElement("button");
    close.className = "quiet close";
    close.setAttribute("aria-label", desk.says.close);
    close.addEventListener("click", () => line.remove());
    line.append(close);
  }
  for (const other of [...says.children]) if (bad || !other.classList.contains("bad")) other.remove();
  says.append(line);
}

/* selected cards are decided one after the other, each with its own row */
const selected = () => all().filter((card) => card.querySelector(".select")?.checked);

function select(card, on) {
  card.querySelector(".select").checked = on;
  card.classList.toggle("selected", on);
  const count = selected().length;
  if (count) tell(fill(desk.says.select, { count }));
  else for (const line of says.querySelectorAll(".good")) line.remove();
}

async function decideAll(act) {
  const chosen = selected();
  if (chosen.length < 2) { const card = chosen[0] ?? current(); if (card) decide(card, act); return; }
  const done = (await Promise.all(chosen.map((card) => decide(card, act, { quietly: true })))).filter(Boolean);
  if (done.length) tell(fill(desk.says.several, { count: done.length }), { undo: done });
}

/* keys */
const actions = {
  next: () => step(1),
  previous: () => step(-1),
  approve: () => decideAll("publish"),
  reject: (card) => { rejecting = true; card.querySelector(".reject").open = true; card.querySelector('[value="reject:other"]').focus({ preventScroll: true }); },
  escalate: () => decideAll("escalate"),
  highlight: () => decideAll("highlight"),
  skip: (card) => decide(card, "skip"),
  note: (card) => { card.querySelector(".note").open = true; card.querySelector("textarea").focus(); },
  undo: () => undo(),
  select: (card) => select(card, !card.querySelector(".select").checked),
  reveal: (card) => { const veil = card.querySelector(".reveal"); if (veil) veil.checked = !veil.checked; },
  scores: (card) => { const fix = card.querySelector(".fix"); fix.open = !fix.open; },
  search: () => document.getElementById("q")?.focus(),
  help: () => document.getElementById("help").showModal(),
};
const ANYWHERE = new Set(["undo", "search", "help"]); // where there is no card, too
const LOOKING = new Set(["next", "previous", "reveal", "search", "help"]); // by whoever may not decide, too
const byKey = new Map(Object.entries(desk.keys).map(([name, key]) => [key, name]));

function inField(target) {
  return target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return leave(event);
  if (inField(event.target)) return;
  const card = current();
  if (rejecting && card) return reason(event, card);
  const name = byKey.get(event.key) ?? byKey.get(event.key.toLowerCase()) ?? byKey.get(latin(event));
  if (!name || (!card && !ANYWHERE.has(name)) || (!desk.decides && !LOOKING.has(name)) || (event.repeat && !["next", "previous"].includes(name))) return;
  event.preventDefault();
  if (performance.now() < quietUntil && !LOOKING.has(name)) return;
  actions[name](card);
});

/* The letter of the key where the layout writes others: Cyrillic, Greek, Arabic. */
function latin(event) {
  return event.key > "\u007f" && event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : null;
}

function reason(event, card) {
  const buttons = [...card.querySelectorAll(".reasons button")];
  const focused = buttons.indexOf(event.target);
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (by) {
    event.preventDefault();
    return buttons[(focused + by + buttons.length) % buttons.length].focus();
  }
  const pressed = ["Enter", " "].includes(event.key) ? buttons[focused] : buttons.find((one) => one.dataset.digit === event.key);
  const act = pressed?.value ?? (event.key === "Enter" ? "reject:other" : null);
  if (!act) {
    if (event.key === desk.keys.reject || event.key === "Tab" || event.key === "Shift") return;
    return leave(event);
  }
  event.preventDefault();
  rejecting = false;
  card.querySelector(".reject").open = false;
  decideAll(act);
}

function leave(event) {
  rejecting = false;
  for (const open of document.querySelectorAll(".reject[open]")) open.open = false;
  if (inField(event.target)) event.target.blur();
  current()?.focus({ preventScroll: true });
}

/* mouse and touch */
cards?.addEventListener("submit", (event) => {
  const form = event.target.closest(".acts");
  if (!form || !event.submitter) return;
  event.preventDefault();
  if (performance.now() - clickedAt < DOUBLE_MS) return;
  clickedAt = performance.now();
  const card = form.closest(".card");
  if (event.submitter.value === "note" || event.submitter.value === "skip" || !selected().includes(card)) decide(card, event.submitter.value, { form });
  else decideAll(event.submitter.value);
});
cards?.addEventListener("click", (event) => {
  const card = event.target.closest(".card");
  if (!card || event.target.closest(".pick")) return;
  if (card.getAttribute("aria-current") !== "true" && !event.target.closest("a, button, summary, input, label")) show(card, { scroll: false });
});
cards?.addEventListener("change", (event) => {
  if (event.target.matches(".select")) select(event.target.closest(".card"), event.target.checked);
});
cards?.addEventListener("toggle", (event) => {
  if (!event.target.matches(".reject")) return;
  rejecting = event.target.open && event.target.closest(".card") === current();
  if (event.target.open) event.target.querySelector(".reasons").scrollIntoView({ block: "nearest" });
}, true);
document.getElementById("undo")?.addEventListener("submit", (event) => { event.preventDefault(); undo(); });
document.getElementById("keys-help")?.addEventListener("click", () => actions.help());
document.addEventListener("selectionchange", mark);
document.querySelector("#filters [name=sort]")?.addEventListener("change", (event) => event.target.form.requestSubmit()); // filters wait for their button

/* words marked in the current text go with the decision, as offsets in code points */
function mark() {
  const card = current();
  const text = card?.querySelector(".text");
  const fix = card?.querySelector(".fix");
  const chosen = getSelection();
  if (!fix?.open || !text || !chosen.rangeCount || chosen.isCollapsed) return;
  const range = chosen.getRangeAt(0);
  if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return;
  const lead = document.createRange();
  lead.setStart(text, 0);
  lead.setEnd(range.startContainer, range.startOffset);
  const begin = [...lead.toString()].length;
  const words = range.toString();
  card.querySelector('input[name="span"]').value = `${begin}-${begin + [...words].length}`;
  card.querySelector(".marked").textContent = fill(desk.says.marked, { text: words.slice(0, 80) });
}

/* over a log-in and a new page */

/* A decision that an ended session did not let through; its words are put back where the card is. */
function keepUnsent(path, body) {
  const number = /comments\/(\d+)\/decide/.exec(path)?.[1];
  if (!number || body.act === "skip") return;
  const kept = JSON.parse(sessionStorage.getItem("unsent") ?? "[]");
  sessionStorage.setItem("unsent", JSON.stringify([...kept, { number, note: body.note ?? "" }]));
}

function keepWords(text) {
  sessionStorage.setItem("words", text);
}

function sayKept() {
  const words = sessionStorage.getItem("words"), unsent = JSON.parse(sessionStorage.getItem("unsent") ?? "[]");
  sessionStorage.removeItem("words");
  sessionStorage.removeItem("unsent");
  if (words) tell(words);
  if (!unsent.length) return;
  tell(fill(desk.says.unsent, { count: unsent.length }), { bad: true });
  for (const { number, note } of unsent) {
    const card = cards?.querySelector(`.card[data-number="${number}"]`);
    if (!card || !note) continue;
    card.querySelector("textarea").value = note;
    card.querySelector(".note").open = true;
  }
}

/* others */
follow({
  open: (count, escalated) => { if (openCount && !waiting.size && !undos) { setOpen(count); emptied(); } setEscalated(escalated); },
  claims: (claims) => {
    for (const card of all()) { const by = claims[numberOf(card)]; hold(card, by && by !== desk.me ? by : null); }
    if (!current()) takeFree();
  },
  decided: (list) => {
    for (const { decision, comment, by } of list) {
      const card = cards?.querySelector(`.card[data-number="${comment}"]`);
      if (!card?.dataset.waits || made.has(decision)) continue;
      const mine = card === current();
      if (mine && by !== desk.me) tell(fill(desk.says.elsewhere, { name: by }), { bad: true });
      if (single || (mine && busy())) continue; // who writes on it may end the sentence; the server refuses a decision
      const next = mine ? after(card) : null;
      place = card.dataset.place;
      card.remove();
      if (mine) showUnasked(next);
    }
    emptied();
  },
  arrived: () => {
    if (single || !openCount) return;
    const search = document.getElementById("q"), written = busy() || search?.value !== search?.defaultValue;
    if (all().length || location.search || written) document.getElementById("news").hidden = false;
    else location.reload();
  },
}, document.querySelector("[data-latest]")?.dataset);
if (cards) {
  setInterval(() => { const card = current(); if (card) claim(card); }, RENEW_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return clock();
    shownAt = performance.now();
    const card = current();
    if (card) claim(card);
  });
  const first = current();
  if (first) {
    first.focus({ preventScroll: true });
    if (single) claim(first); // the queue's page has claimed its first card already
    if (all().length <= FEW) fetchMore();
  }
}
sayKept();
