// What others do, as it happens: server-sent events of counts, claims and decisions.

const AGAIN_MS = 5_000; // the browser connects again by itself, but not behind an answer such as 502

/** Calls `handlers.open`, `.claims`, `.decided`, `.arrived` as news comes. `made`: the newest open comment (`latest`) and the newest
 * `decision` when the page was made, so that what happens until the stream is open is news too. Does nothing without it. A page that
 * nobody sees holds no connection: a browser has six for a server. */
export function follow(handlers, made) {
  if (!made || !window.EventSource) return;
  let latest = Number(made.latest), heard = made.decision, stream = null, again = 0;

  function open() {
    close();
    stream = new EventSource(`/review/events?heard=${heard}`);
    stream.addEventListener("news", (event) => {
      const news = JSON.parse(event.data);
      heard = event.lastEventId || heard;
      handlers.open(news.open, news.escalated);
      handlers.claims(news.claims);
      if (news.decided.length) handlers.decided(news.decided);
      if (news.latest > latest) handlers.arrived();
      latest = Math.max(latest, news.latest); // one that is open again has not arrived
    });
    stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS); });
  }

  function close() {
    clearTimeout(again);
    stream?.close();
  }

  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else open(); });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // back again, as it was left, with old news
  if (!document.hidden) open();
}
