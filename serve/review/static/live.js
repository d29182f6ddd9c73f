// What others do, as it happens: server-sent events of counts, claims and decisions.

const AGAIN_MS = 5_000; // the browser connects again by itself, but not behind an answer such as 502

/** Calls `handlers.open`, `.claims`, `.decided`, `.arrived` as news comes. `made`: the newest open comment (`latest`) and the newest
 * `decision` when the page was made, so that what happens until the stream is open is news too. Does nothing without it. A page that
 * nobody sees holds no connection: a browser has six for a server. `.arrived` is also called when more are open than before, as after an
 * undo; whoever hears it looks what is new to the page. `.deaf(true)`: no connection could be made twice on end. */
export function follow(handlers, made) {
  if (!made || !window.EventSource) return;
  let latest = Number(made.latest), heard = made.decision, waiting = null, stream = null, again = 0, failed = 0;

  function open() {
    close();
    stream = new EventSource(`/review/events?heard=${heard}`);
    stream.addEventListener("news", (event) => {
      const news = JSON.parse(event.data);
      heard = event.lastEventId || heard;
      failed = 0;
      handlers.deaf(false);
      handlers.open(news.open, news.escalated);
      handlers.claims(news.claims);
      if (news.decided.length) handlers.decided(news.decided);
      if (news.latest > latest || (waiting !== null && news.open > waiting)) handlers.arrived();
      latest = Math.max(latest, news.latest);
      waiting = news.open;
    });
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      failed += 1;
      handlers.deaf(failed > 1);
      again = setTimeout(open, AGAIN_MS);
    });
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
