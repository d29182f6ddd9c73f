// Filters: hide the comments that do not fit. One that has a fitting answer under it stays, as a line that says who spoke.
"use strict";
const form = document.getElementById("filters");
const nodes = [...document.querySelectorAll("li.node")].reverse(); // answers before what they answer
const total = nodes.length;
const fold = (text) => text.normalize("NFKC").toLowerCase();
const texts = new Map(nodes.map((node) => [node, fold(node.querySelector(".text").textContent)]));

function fits(node, wanted) {
  const data = node.firstElementChild.dataset;
  return (wanted.toxicity === 0 || (data.toxicity !== "" && Number(data.toxicity) >= wanted.toxicity)) &&
    (!wanted.stance || data.stance === wanted.stance) &&
    (!wanted.sentiment || data.sentiment === wanted.sentiment) &&
    fold(data.author).includes(wanted.author) &&
    texts.get(node).includes(wanted.text);
}

function apply() {
  const given = Object.fromEntries(new FormData(form));
  const wanted = { ...given, toxicity: Number(given.toxicity) / 100, author: fold(given.author.trim()), text: fold(given.text.trim()) };
  const kept = new Set();
  let found = 0;
  for (const node of nodes) {
    const own = fits(node, wanted);
    found += own;
    const shown = own || kept.has(node);
    node.hidden = !shown;
    node.firstElementChild.classList.toggle("context", shown && !own);
    if (shown) kept.add(node.parentElement.closest("li.node"));
  }
  document.getElementById("from").textContent = `${given.toxicity}\u00a0%`;
  document.getElementById("found").textContent = found === total ? `${total} comments` : `${found} of ${total} comments`;
}

form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(apply)); // after the fields have gone back
form.hidden = total === 0;
form.reset();
apply();
