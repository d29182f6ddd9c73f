// What others do, as it happens: server-sent events of counts, claims and decisions. The browser connects again by itself.

/** Calls `handlers.open`, `.claims`, `.decided`, `.arrived` as news comes; does nothing where `wanted` is false. */
export function follow(handlers, wanted = true) {
  if (!wanted || !window.EventSource) return;
  let latest = null;
  const stream = new EventSource("/review/events");
  stream.addEventListener("news", (event) => {
    const news = JSON.parse(event.data);
    handlers.open(news.open, news.escalated);
    handlers.claims(news.claims);
    if (news.decided.length) handlers.decided(news.decided);
    if (latest !== null && news.latest > latest) handlers.arrived();
    latest = news.latest;
  });
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // back again, as it was left, with old news
}
