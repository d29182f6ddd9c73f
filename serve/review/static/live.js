// What others do, as it happens: server-sent events of counts, claims and decisions. The browser connects again by itself.

/** Calls `handlers.open`, `.claims`, `.decided`, `.arrived` as news comes. `made`: the newest open comment (`latest`) and the newest
 * `decision` when the page was made, so that what happens until the stream is open is news too. Does nothing without it. */
export function follow(handlers, made) {
  if (!made || !window.EventSource) return;
  let latest = Number(made.latest);
  const stream = new EventSource(`/review/events?heard=${made.decision}`);
  stream.addEventListener("news", (event) => {
    const news = JSON.parse(event.data);
    handlers.open(news.open, news.escalated);
    handlers.claims(news.claims);
    if (news.decided.length) handlers.decided(news.decided);
    if (news.latest > latest) handlers.arrived();
    latest = news.latest;
  });
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // back again, as it was left, with old news
}
