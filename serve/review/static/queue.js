// The queue with a script: keys, the next card at once, the server's word afterwards. Everything here is also a form or a link.
import { follow } from "./live.js";
import { keep, lost, putBack as putNotesBack } from "./unsent.js";

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
const DOUBLE_MS = 400; // the second click of a double click falls on the card that has moved under the pointer
const LOOK_MS = 5_000; // at most so often it is looked whether news belongs to this view

let shownAt = performance.now();
const spent = new WeakMap(); // card -> milliseconds that it was in front of somebody
let more = cards?.dataset.more ?? null;
let asking = null;
let place = null; // of the last card that was here, behind which more are asked for
let passed = false; // a comment was skipped: it waits further up, though no card is here
let looking = 0; // timer
let lookedAt = -LOOK_MS;
let quietUntil = 0;
let clickedAt = -DOUBLE_MS;
let rejecting = false;
const gone = new Set(); // numbers of cards that were decided here, which the server may still send
const waiting = new Map(); // number -> promise of a decision under way
let undoing = Promise.resolve();
let undos = 0; // under way
let leaving = false; // for the log-in

const all = () => [...(cards?.querySelectorAll(".card") ?? [])];
const current = () => cards?.querySelector('.card[aria-current="true"]') ?? null;
const numberOf = (card) => card.dataset.number;
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const single = cards?.classList.contains("single"); // one comment by itself: it stays where it is
const waits = (card) => card?.dataset.waits === "queue"; // is among those that the number on top counts
const isFree = (card) => !card.classList.contains("held");
const busy = () => rejecting || Boolean(inField(document.activeElement)); // somebody writes or chooses: nothing may come between

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
  if (before && before !== card) {
    before.setAttribute("aria-current", "false");
    if (before.dataset.taken) drop(before);
  }
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

/* A card that leaves the page; more are asked for behind the last one. */
function drop(card) {
  place = card.dataset.place;
  card.setAttribute("aria-current", "false"); // it may come back, and another one is current then
  card.remove();
  emptied();
}

/* Says that nothing waits only where that is so, and nothing at all while it asks. */
function emptied() {
  if (!empty || !cards) return;
  const none = !all().length && !asking;
  const left = passed || ("whole" in cards.dataset && Number(openCount.dataset.openCount) > 0);
  empty.hidden = !none || left;
  over.hidden = !none || !left;
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
  if (answer.status === 401) logIn(path, body);
  return { ok: answer.ok, status: answer.status, ...told };
}

/* Notes that are being written are kept too: a claim may be the first to hear that the session has ended. */
function logIn(path, body) {
  const notes = Object.fromEntries(all().map((card) => [numberOf(card), card.querySelector("textarea")?.value]).filter(([, note]) => note));
  const [, number] = /comments\/(\d+)\/decide$/.exec(path) ?? [];
  if (number && body.note) notes[number] = body.note;
  keep(desk.me, notes, path.endsWith("/claim") || body.act === "skip" ? 0 : 1);
  if (!leaving) location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`; // a second time would break the first off
  leaving = true;
}

function claim(card) {
  if (!desk.decides || document.hidden) return;
  post(`/review/comments/${numberOf(card)}/claim`).then((told) => {
    if (told.ok && told.holder) hold(card, told.mine ? null : told.holder);
    if (told.status === 404 && card.isConnected) taken(card, desk.says.erased);
  }).catch(() => {}); // the next renewal tries again; a decision says so itself
}

/* A card that nobody decides on any more, by another's decision or because it was erased. The one that somebody writes on stays, marked,
 * until it is left; its buttons only say the same again. */
function taken(card, words, { quietly = false } = {}) {
  const mine = card === current();
  if (mine && !quietly) tell(words, { bad: true });
  if (single || (mine && busy())) {
    hold(card, null);
    card.dataset.taken = words;
    const badge = card.querySelector(".holder");
    badge.hidden = false;
    badge.textContent = words;
    return;
  }
  const next = mine ? after(card) : null;
  drop(card);
  if (mine) showUnasked(next);
}

function hold(card, holder) {
  if (card.dataset.taken) return;
  const badge = card.querySelector(".holder");
  card.classList.toggle("held", Boolean(holder));
  badge.hidden = !holder;
  badge.textContent = holder ? fill(desk.says.reading, { name: holder }) : "";
}

async function fetchMore() {
  if (!more || asking) return;
  place = all().at(-1)?.dataset.place ?? place;
  asking = fetchFrom(place);
  try {
    const fresh = await asking;
    if (!fresh.length) more = null;
    cards.append(...fresh.filter(unknown));
    putNotesBack(desk.me, all());
    place = fresh.at(-1)?.dataset.place ?? place;
  } catch {
    setTimeout(fetchMore, AGAIN_MS); // the link below the cards works meanwhile
    return;
  } finally {
    asking = null;
    emptied();
  }
  if (!current()) takeFree();
  if (!all().length) fetchMore(); // all of them were decided here: the next ones are further down
}

/* Cards behind a place; null: from the top. */
async function fetchFrom(place) {
  const path = cards.dataset.more;
  const answer = await fetch(place === null ? path : `${path}${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(place)}`);
  if (!answer.ok) throw new Error(answer.statusText);
  return parsed(await answer.text());
}

const unknown = (card) => !gone.has(numberOf(card)) && !cards.querySelector(`.card[data-number="${numberOf(card)}"]`);

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
  const number = numberOf(card);
  if (card.dataset.taken && !["note", "skip"].includes(act)) return tell(card.dataset.taken, { bad: true });
  if (waiting.has(number)) return; // pressed twice: the first answer is under way
  if (card === current()) clock();
  const body = Object.fromEntries(new FormData(form ?? card.querySelector(".acts")));
  body.act = act;
  body.spent_ms = spent.has(card) ? Math.ceil(spent.get(card)) : ""; // one that was only ticked was not timed
  const path = `/review/comments/${number}/decide`;
  if (act === "note") return underWay(number, send(path, body).then((told) => told.ok && decided(number, told)));
  if (single) return underWay(number, send(path, body).then((told) => act === "skip" ? location.assign("/review") : decided(number, told)));
  const next = after(card);
  const behind = card.nextElementSibling;
  passed ||= act === "skip" && !card.dataset.taken;
  gone.add(number);
  drop(card);
  show(next, { scroll: true });
  if (next) next.classList.add("arrives");
  if (act === "skip") return send(path, body);
  if (waits(card)) counted(-1);
  return underWay(number, send(path, body).then((told) => {
    if (!told.ok) return told.status === 404 ? null : putBack(card, behind); // what was erased does not come back
    if (!quietly) tell(desk.says[told.kind], { undo: [told.decision], about: number });
    return told.decision;
  }));
}

function underWay(number, done) {
  waiting.set(number, done.finally(() => waiting.delete(number)));
  return done;
}

async function send(path, body) {
  const told = await post(path, body).catch(() => ({ ok: false }));
  const [, number] = /comments\/(\d+)/.exec(path) ?? [];
  if (!told.ok) tell(told.status === 404 && number ? desk.says.erased : told.message ?? desk.says.failed, { bad: true, about: number });
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
  if (told.ok) tell(desk.says[told.kind], { undo: [told.decision], about: number });
  return refresh(number, { keep: !told.ok });
}

/* The card as it is on the server now; as it was where the server cannot be reached. */
async function refresh(number, { keep = false } = {}) {
  const fresh = await asked(number);
  const card = cards.querySelector(`.card[data-number="${number}"]`);
  return card && fresh ? swap(card, fresh, { keep }) : card;
}

async function asked(number) {
  const html = await fetch(`/review/comments/${number}/card`).then((answer) => (answer.ok ? answer.text() : "")).catch(() => "");
  return parsed(html)[0] ?? null;
}

/* One card for the other, with the focus. `keep`: with what was written and chosen on it. */
function swap(card, fresh, { keep = false } = {}) {
  const was = card.getAttribute("aria-current");
  const writes = card.contains(document.activeElement) && inField(document.activeElement) ? document.activeElement : null;
  fresh.setAttribute("aria-current", was);
  if (spent.has(card)) spent.set(fresh, spent.get(card));
  if (keep || writes) carry(card, fresh);
  card.replaceWith(fresh);
  const field = writes && fresh.querySelector(`[name="${writes.name}"]`);
  if (field) {
    field.focus({ preventScroll: true });
    if (field.matches("textarea")) field.setSelectionRange(writes.selectionStart, writes.selectionEnd);
  } else if (was === "true" && !busy()) fresh.focus({ preventScroll: true });
  return fresh;
}

function carry(card, fresh) {
  const same = card.querySelector(".text")?.textContent === fresh.querySelector(".text")?.textContent; // offsets of another text say nothing
  for (const field of card.querySelectorAll(`textarea, select${same ? ", input[name=span]" : ""}`)) {
    const other = fresh.querySelector(`[name="${field.name}"]`);
    if (other) other.value = field.value;
  }
  if (same && fresh.querySelector(".marked")) fresh.querySelector(".marked").textContent = card.querySelector(".marked").textContent;
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
  let told = await send("/review/undo", decision ? { decision } : { asks: true });
  if (told.asks && confirm(desk.says.undo_all)) told = await send("/review/undo", {});
  if (!told.ok || told.asks) return;
  if (told.batch || !cards) {
    keepWords(told.batch ? fill(desk.says.undone_all, { count: told.count }) : desk.says.undone);
    return location.reload();
  }
  gone.delete(String(told.number));
  const [card] = parsed(told.html);
  const held = cards.querySelector(`.card[data-number="${told.number}"]`);
  if (single && !held) return location.assign(`/review/comments/${told.number}`);
  if (waits(card) && !waits(held)) counted(1);
  if (held) swap(held, card);
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
  const rules = new Intl.PluralRules(document.documentElement.lang), kind = rules.select(count);
  openCount.dataset.openCount = String(Math.max(0, count));
  openCount.textContent = openCount.dataset.openCount;
  document.querySelector(".of").textContent = desk.open[Object.keys(desk.open).find((one) => rules.select(one) === kind) ?? 20];
  emptied();
  document.title = document.title.replace(/^\(\d+\)/, `(${openCount.dataset.openCount})`);
}

function setEscalated(count) {
  const badge = document.querySelector("[data-escalated-count]");
  if (!badge) return;
  badge.hidden = !count;
  badge.textContent = String(count);
}

/* What was done, with its undo. What went wrong stands until it is closed, its card (`about`) is decided, or something else goes wrong. */
function tell(text, { bad = false, undo: done = [], about = "" } = {}) {
  const line = document.createElement("p");
  line.dataset.about = about;
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
  for (const other of [...says.children]) if (bad || !other.classList.contains("bad") || (about && other.dataset.about === about)) other.remove();
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
  if (performance.now() < quietUntil && !LOOKING.has(name) && !ANYWHERE.has(name)) return;
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
for (const part of [cards, document.getElementById("undo")]) part?.addEventListener("click", (event) => {
  if (!event.detail) return; // Enter on a button: keys are as fast as they are meant
  const double = event.timeStamp - clickedAt < DOUBLE_MS;
  if (double || event.target.closest(".acts button, #undo button")) clickedAt = event.timeStamp;
  if (!double) return;
  event.preventDefault();
  event.stopPropagation();
}, true);
cards?.addEventListener("submit", (event) => {
  const form = event.target.closest(".acts");
  if (!form || !event.submitter) return;
  event.preventDefault();
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

function keepWords(text) {
  sessionStorage.setItem("words", text);
}

function sayKept() {
  const words = sessionStorage.getItem("words"), decisions = lost(desk.me);
  sessionStorage.removeItem("words");
  if (words) tell(words);
  if (decisions) tell(fill(desk.says.unsent, { count: decisions }), { bad: true });
  putNotesBack(desk.me, all());
}

/* others */
follow({
  open: (count, escalated) => { if (openCount && !waiting.size && !undos) setOpen(count); setEscalated(escalated); },
  claims: (claims) => {
    for (const card of all()) { const by = claims[numberOf(card)]; hold(card, by && by !== desk.me ? by : null); }
    if (!current()) takeFree();
  },
  decided: (list) => {
    for (const { comment, by } of list) {
      const card = cards?.querySelector(`.card[data-number="${comment}"]`);
      if (!card?.dataset.waits || card.dataset.taken) continue;
      if (by === desk.me) mineElsewhere(card);
      else if (single && !busy()) { tell(fill(desk.says.elsewhere, { name: by }), { bad: true }); refresh(numberOf(card), { keep: true }); }
      else taken(card, fill(desk.says.elsewhere, { name: by }));
    }
  },
  arrived: look,
  deaf: (is) => { const badge = document.getElementById("deaf"); if (badge) badge.hidden = !is; },
}, document.querySelector("[data-latest]")?.dataset);

/* One's own decision on a card that is here: another window's, or this one's that was taken back before the news of it came. */
async function mineElsewhere(card) {
  if (waiting.has(numberOf(card))) return;
  const fresh = await asked(numberOf(card));
  if (!fresh || !card.isConnected || fresh.dataset.waits === card.dataset.waits) return;
  if (single) swap(card, fresh);
  else taken(card, fill(desk.says.elsewhere, { name: desk.me }), { quietly: !busy() });
}

/* Comments have come, or are open again: shown at once where no card is, announced where the view's beginning holds one that is not here. */
function look() {
  const news = document.getElementById("news");
  if (!news?.hidden || looking || !("opens" in cards.dataset)) return;
  looking = setTimeout(async () => {
    looking = 0;
    lookedAt = performance.now();
    more = cards.dataset.more; // what ranks low is found by going on
    if (!all().length) {
      place = null;
      return fetchMore();
    }
    const first = await fetchFrom(null).catch(() => []);
    news.hidden = !first.some(unknown);
  }, Math.max(0, lookedAt + LOOK_MS - performance.now()));
}

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
