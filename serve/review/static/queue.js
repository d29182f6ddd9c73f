// The queue with a script: keys, the next card at once, the server's word afterwards. Everything here is also a form or a link.
import { follow } from "./live.js";

const desk = JSON.parse(document.getElementById("desk").textContent);
const cards = document.getElementById("cards");
const says = document.getElementById("says");
const empty = document.getElementById("empty");
const openCount = document.querySelector("[data-open-count]");
const FEW = 6; // cards left when more are asked for
const RENEW_MS = 45_000; // well within the lease of a claim

let shownAt = performance.now();
const spent = new WeakMap(); // card -> milliseconds that it was in front of somebody
let more = cards?.dataset.more ?? null;
let asking = null;
let rejecting = false;
const gone = new Set(); // numbers of cards that were decided here, which the server may still send
const waiting = new Map(); // number -> promise of a decision under way
let undoing = Promise.resolve();
let undos = 0; // under way

const all = () => [...(cards?.querySelectorAll(".card") ?? [])];
const current = () => cards?.querySelector('.card[aria-current="true"]') ?? null;
const numberOf = (card) => card.dataset.number;
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const single = cards?.classList.contains("single"); // one comment by itself: it stays where it is
const waits = (card) => card?.dataset.waits === "queue"; // is among those that the number on top counts

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
  if (empty) empty.hidden = Boolean(card);
  if (!card) return;
  card.setAttribute("aria-current", "true");
  rejecting = false;
  if (focus) card.focus({ preventScroll: true });
  if (scroll) keepInSight(card);
  claim(card);
  if (all().length - all().indexOf(card) <= FEW) fetchMore();
}

function keepInSight(card) {
  const box = card.getBoundingClientRect();
  if (box.top < 110 || box.bottom > innerHeight) card.scrollIntoView({ block: "start" });
}

function step(by) {
  const list = all();
  const at = list.indexOf(current());
  let next = at + by;
  while (by > 0 && list[next]?.classList.contains("held")) next += by;
  if (list[next]) show(list[next]);
}

function after(card) {
  const list = all();
  const at = list.indexOf(card);
  const free = (one) => one && one !== card && !one.classList.contains("held");
  return list.slice(at + 1).find(free) ?? list.slice(0, at).findLast(free) ?? null;
}

/* talking with the server */

async function post(path, body = {}) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(body), headers: { Accept: "application/json" } });
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401) location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
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
  const last = all().at(-1);
  if (!last) return;
  asking = fetch(`${more}${more.includes("?") ? "&" : "?"}after=${encodeURIComponent(last.dataset.place)}`);
  try {
    const answer = await asking;
    const fresh = answer.ok ? parsed(await answer.text()) : [];
    if (answer.ok && !fresh.length) more = null;
    const here = new Set(all().map(numberOf));
    cards.append(...fresh.filter((card) => !here.has(numberOf(card)) && !gone.has(numberOf(card))));
    if (!current()) show(all().find((card) => !card.classList.contains("held")), { scroll: false, focus: false });
  } catch { /* the link below the cards still works */ } finally {
    asking = null;
  }
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.querySelectorAll(".card")];
}

/* deciding */

function decide(card, act, form = null) {
  if (card === current()) clock();
  const body = Object.fromEntries(new FormData(form ?? card.querySelector(".acts")));
  body.act = act;
  body.spent_ms = spent.has(card) ? Math.ceil(spent.get(card)) : ""; // one that was only ticked was not timed
  const number = numberOf(card);
  const path = `/review/comments/${number}/decide`;
  if (act === "note") return send(path, body).then((told) => told && decided(number, told));
  if (single) return send(path, body).then((told) => act === "skip" ? location.assign("/review") : decided(number, told));
  const next = after(card);
  const place = card.nextElementSibling;
  card.remove();
  gone.add(number);
  show(next, { scroll: true });
  if (next) next.classList.add("arrives");
  if (act === "skip") return send(path, body);
  if (waits(card)) counted(-1);
  const done = send(path, body)
    .then((told) => told ? tell(desk.says[told.kind], { undo: told.decision }) : putBack(card, place))
    .finally(() => waiting.delete(number));
  waiting.set(number, done);
  return done;
}

async function send(path, body) {
  try {
    const told = await post(path, body);
    if (told.ok) return told;
    tell(told.message ?? desk.says.failed, { bad: true });
  } catch {
    tell(desk.says.failed, { bad: true });
  }
  return null;
}

/* A refused decision: the card comes back where it was, as it is now, and is current, so that nothing is lost unseen. */
async function putBack(card, place) {
  gone.delete(numberOf(card));
  cards.insertBefore(card, place?.isConnected ? place : cards.firstElementChild);
  show(card);
  if (waits(await refresh(numberOf(card)))) counted(1);
}

/* What was done to a card that stays, or was not. */
function decided(number, told) {
  if (told) tell(desk.says[told.kind], { undo: told.decision });
  return refresh(number);
}

/* The card as it is on the server now; as it was where the server cannot be reached. */
async function refresh(number) {
  const card = cards.querySelector(`.card[data-number="${number}"]`);
  const html = await fetch(`/review/comments/${number}/card`).then((answer) => (answer.ok ? answer.text() : "")).catch(() => "");
  const [fresh] = parsed(html);
  if (!card || !fresh) return card;
  const was = card.getAttribute("aria-current");
  fresh.setAttribute("aria-current", was);
  if (spent.has(card)) spent.set(fresh, spent.get(card));
  card.replaceWith(fresh);
  if (was === "true") fresh.focus({ preventScroll: true });
  return fresh;
}

/* One after the other: two at once would ask the server to take back the same decision. */
function undo(decision) {
  undos += 1;
  undoing = undoing.then(() => takeBack(decision)).catch(() => {}).finally(() => { undos -= 1; }); // said already where it failed
}

async function takeBack(decision) {
  await Promise.all(waiting.values()); // what is under way is taken back too, in its turn
  const told = await send("/review/undo", decision ? { decision } : {});
  if (!told) return;
  if (told.batch || !cards) return location.reload();
  gone.delete(String(told.number));
  const [card] = parsed(told.html);
  const held = cards.querySelector(`.card[data-number="${told.number}"]`);
  if (single && !held) return location.assign(`/review/comments/${told.number}`);
  if (waits(card) && !waits(held)) counted(1);
  if (held) held.replaceWith(card);
  else cards.insertBefore(card, current() ?? cards.firstElementChild);
  show(card);
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

function tell(text, { bad = false, undo: decision = null } = {}) {
  const line = document.createElement("p");
  line.className = `notice toast ${bad ? "bad" : "good"}`;
  const words = document.createElement("span");
  words.textContent = text;
  line.append(words);
  if (decision) {
    const button = document.createElement("button");
    button.className = "quiet";
    button.textContent = `${desk.says.undo} `;
    const key = document.createElement("kbd");
    key.textContent = desk.keys.undo;
    button.append(key);
    button.addEventListener("click", () => undo(decision));
    line.append(button);
  }
  says.replaceChildren(line);
}

/* selected cards are decided one after the other, each with its own row */
const selected = () => all().filter((card) => card.querySelector(".select")?.checked);

function select(card, on) {
  card.querySelector(".select").checked = on;
  card.classList.toggle("selected", on);
  const count = selected().length;
  if (count) tell(fill(desk.says.select, { count }));
}

function decideAll(act) {
  const chosen = selected();
  if (!chosen.length) { const card = current(); if (card) decide(card, act); return; }
  for (const card of chosen) decide(card, act);
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
  const name = byKey.get(event.key) ?? byKey.get(event.key.toLowerCase());
  if (!name || (!card && !ANYWHERE.has(name)) || (!desk.decides && !LOOKING.has(name)) || (event.repeat && !["next", "previous"].includes(name))) return;
  event.preventDefault();
  actions[name](card);
});

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
  const card = form.closest(".card");
  if (event.submitter.value === "note" || event.submitter.value === "skip" || !selected().includes(card)) decide(card, event.submitter.value, form);
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

/* others */
follow({
  open: (count, escalated) => { if (openCount && !waiting.size && !undos) setOpen(count); setEscalated(escalated); },
  claims: (claims) => { for (const card of all()) { const by = claims[numberOf(card)]; hold(card, by && by !== desk.me ? by : null); } },
  decided: (list) => {
    for (const { comment, by } of list) {
      const card = cards?.querySelector(`.card[data-number="${comment}"]`);
      if (!card?.dataset.waits || by === desk.me) continue;
      const mine = card === current();
      const next = mine ? after(card) : null;
      card.remove();
      if (mine) { tell(fill(desk.says.elsewhere, { name: by }), { bad: true }); show(next); }
    }
  },
  arrived: () => {
    if (all().length || location.search) document.getElementById("news").hidden = false; // an empty view may still be asked for something
    else location.reload();
  },
}, document.querySelector(".queuehead")?.dataset);
if (cards) {
  setInterval(() => { const card = current(); if (card) claim(card); }, RENEW_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return clock();
    shownAt = performance.now();
    const card = current();
    if (card) claim(card);
  });
  const first = current();
  if (first) { first.focus({ preventScroll: true }); if (all().length <= FEW) fetchMore(); }
}
