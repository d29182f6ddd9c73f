// Sliders beside the fields of numbers, and the preview anew with every change; focus and place on the page are kept.
const form = document.getElementById("bands");
const WAIT_MS = 250;
let timer = null;
let newest = 0;

for (const slide of form.querySelectorAll(".slide")) {
  const field = form.elements[slide.dataset.for];
  slide.addEventListener("input", () => { field.value = slide.value; soon(); });
  field.addEventListener("input", () => { if (field.value !== "") slide.value = field.value; soon(); });
}
form.addEventListener("change", (event) => { if (event.target.matches("select") && (!event.target.name.startsWith("new.") || form.elements["new.at"].value)) soon(); });

function soon() {
  clearTimeout(timer);
  timer = setTimeout(preview, WAIT_MS);
}

async function preview() {
  if (!form.reportValidity()) return;
  const mine = ++newest;
  const query = `?${new URLSearchParams(new FormData(form))}`;
  const answer = await fetch(`/review/policy${query}`);
  if (answer.redirected) return location.reload(); // the session has ended
  if (!answer.ok || mine !== newest) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const typed = document.querySelector(".keep input[name=name]")?.value;
  document.getElementById("outcome").replaceWith(page.getElementById("outcome"));
  const name = document.querySelector(".keep input[name=name]");
  if (name && typed) name.value = typed;
  history.replaceState(null, "", query);
}
