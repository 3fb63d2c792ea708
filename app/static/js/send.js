// Delivers answers. A letter { action, answers, key } stays on this device until the server's acknowledgement
// has been verified; only then is it forgotten (again.js keeps a sealed copy for a while). A repeated send is harmless: the id in the answers is its key.
"use strict";
window.hailong = (() => {
  const STORE = "hailong.unsent";
  const FIRST_WAIT = 5, LONGEST_WAIT = 300, PATIENCE = 20, SEALING = 3; // seconds
  let memory = [];      // where the browser offers no storage
  let stored = true;
  let waiting = null, wait = FIRST_WAIT;
  const listeners = new Map(); // id of an answer -> what its page does with the outcome

  function letters() {
    try {
      return JSON.parse(localStorage.getItem(STORE)) || [];
    } catch (fault) {
      return memory;
    }
  }

  function write(list) {
    memory = list;
    try {
      if (list.length) localStorage.setItem(STORE, JSON.stringify(list));
      else localStorage.removeItem(STORE);
      stored = true;
    } catch (fault) {
      stored = false;
    }
  }

  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  const without = (id) => letters().filter((letter) => letter.answers.id !== id);
  const keep = (letter) => write(without(letter.answers.id).concat([letter]));
  const forget = (id) => write(without(id));

  async function genuine(reply, id, jwk) {
    if (!reply || reply.id !== id || !/^\d{4}-\d\d-\d\d$/.test(reply.day)) return false;
    if (!window.crypto || !crypto.subtle) return true; // plain http on a local network: no WebCrypto there
    try {
      const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
      const signature = Uint8Array.from(atob(reply.signature), (c) => c.charCodeAt(0));
      const said = new TextEncoder().encode("hailong-ack-1|" + id + "|" + reply.day);
      return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, said);
    } catch (fault) {
      return false;
    }
  }

  // Loaded when the form stands: a visitor waits for nothing of it.
  const again = new Promise((done) => {
    const place = document.getElementById("sealing");
    if (!place || !place.dataset.script || !window.indexedDB || !window.crypto || !crypto.subtle) return done(null);
    addEventListener("load", () => {
      const script = document.createElement("script");
      script.onload = () => done(window.hailong_again);
      script.onerror = () => done(null);
      script.src = place.dataset.script;
      document.head.append(script);
    });
  });

  const own_key = () => {
    const element = document.getElementById("ack-key");
    return element ? JSON.parse(element.textContent) : null;
  };

  // -> { state: 'sent' | 'problems' | 'refused' | 'later', … }. Whatever is not clearly ours (a captive portal,
  // a proxy's page, a bad signature) counts as 'later'.
  async function deliver(letter) {
    const stop = window.AbortController ? new AbortController() : null;
    const alarm = setTimeout(() => stop && stop.abort(), PATIENCE * 1000);
    try {
      const response = await fetch(letter.action, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept": "application/json" },
        body: JSON.stringify(letter.answers),
        credentials: "omit", cache: "no-store", redirect: "error", signal: stop ? stop.signal : undefined,
      });
      const reply = await response.json();
      if (response.ok) {
        for (const key of [own_key(), letter.key]) {
          if (await genuine(reply, letter.answers.id, key)) return { state: "sent", reply };
        }
        return { state: "later" };
      }
      const firm = response.status >= 400 && response.status < 500 && ![408, 425, 429].includes(response.status);
      if (!firm || typeof reply.sentence !== "string") return { state: "later" };
      const listed = Array.isArray(reply.problems) && reply.problems.length;
      return listed ? { state: "problems", reply } : { state: "refused", sentence: reply.sentence };
    } catch (fault) {
      return { state: "later" };
    } finally {
      clearTimeout(alarm);
    }
  }

  async function attempt(letter) {
    const id = letter.answers.id, listener = listeners.get(id);
    const outcome = await deliver(letter);
    if (outcome.state === "sent") {
      // first the sealed copy, then forget: cut off in between, the letter goes once more and is known
      await Promise.race([again.then((copies) => copies && copies.keep(letter, outcome.reply)), pause(SEALING)]);
      forget(id);
    } else if (outcome.state !== "later") {
      if (listener) forget(id); // its page still shows the answers
      else keep(Object.assign({}, letter, { refused: outcome.sentence || outcome.reply.sentence }));
    }
    if (listener) {
      if (outcome.state !== "later") listeners.delete(id);
      listener(Object.assign({ stored }, outcome));
    }
    return outcome.state;
  }

  let busy = null;
  async function round() {
    clearTimeout(waiting);
    let again = false, sent = 0;
    for (const letter of letters().filter((one) => !one.refused)) {
      const state = await attempt(letter);
      again = again || state === "later";
      sent += state === "sent" ? 1 : 0;
    }
    wait = again && !sent ? Math.min(wait * 2, LONGEST_WAIT) : FIRST_WAIT;
    if (again) waiting = setTimeout(flush, wait * 1000);
    return sent;
  }

  // One round at a time; whoever asks meanwhile gets the running one.
  function flush() {
    if (!busy) busy = round().then((sent) => { busy = null; return sent; });
    return busy;
  }

  async function send(action, answers, listener) {
    listeners.set(answers.id, listener);
    keep({ action, answers, key: own_key() });
    if (busy) await busy;
    await flush();
  }

  addEventListener("online", () => { wait = FIRST_WAIT; flush(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && letters().length) flush(); });

  // Letters that an earlier page could not deliver.
  const say = () => JSON.parse(document.getElementById("words").textContent);

  function tell(text, refused) {
    const place = document.getElementById("earlier");
    if (!place) return;
    const box = document.createElement("div"), line = document.createElement("p");
    box.className = "notice notice--" + (refused ? "bad" : "warn");
    line.textContent = text;
    box.append(line);
    if (refused) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = say().remove;
      button.addEventListener("click", () => { write(letters().filter((one) => !one.refused)); place.textContent = ""; });
      box.append(button);
    }
    place.textContent = "";
    place.append(box);
  }

  async function earlier() {
    if (!letters().length) return;
    const ids = new Set(letters().map((letter) => letter.answers.id));
    const sent = await flush();
    const left = letters().filter((letter) => ids.has(letter.answers.id));
    const refused = left.find((letter) => letter.refused);
    if (refused) tell(say().earlier_refused.replace("{sentence}", refused.refused), true);
    else if (left.length) tell(say().earlier_kept);
    else if (sent) tell(say().earlier_sent);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", earlier); else earlier();

  return { send, flush };
})();
