// Sealed copies of acknowledged answers. A restore of the server brings back an earlier state; what it then does not
// know, devices bring again. Only the server opens a copy: whoever takes this device, or looks into it, reads nothing.
// They lie in IndexedDB, named by their own digest (so in no order), and are gone 14 days after the acknowledgement.
// send.js loads this file where there is IndexedDB and WebCrypto: elsewhere no copies are kept, least of all open ones.
"use strict";
window.hailong_again = (() => {
  const DAYS = 14, MOST = 4000, PATIENCE = 20; // days, copies, seconds
  const BLOCK = 4096, FAILURES = 3, PAUSE = 3; // bytes, in a row, seconds after each
  const place = document.getElementById("sealing");
  const page = place && JSON.parse(place.textContent); // { epoch, key }
  const able = page && page.key;

  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");
  const sha256 = (data) => crypto.subtle.digest("SHA-256", data);
  const base64 = (data) => btoa(Array.from(data, (b) => String.fromCharCode(b)).join(""));

  function join(...parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { whole.set(part, at); at += part.length; }
    return whole;
  }

  // A sealed text is as long as the open one, and so would tell who wrote a comment, and how long a one.
  function padded(text) {
    const open = new TextEncoder().encode(text);
    const whole = new Uint8Array(Math.ceil(open.length / BLOCK) * BLOCK).fill(0x20); // blanks: still the same JSON
    whole.set(open);
    return whole;
  }

  // See surveys/seals.py for the format.
  async function seal(plain) {
    const curve = { name: "ECDH", namedCurve: "P-256" }, point = bytes(page.key);
    const theirs = await crypto.subtle.importKey("raw", point, curve, false, []);
    const own = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
    const mine = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
    const agreed = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
    const base = await crypto.subtle.importKey("raw", agreed, "HKDF", false, ["deriveKey"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: mine, info: new TextEncoder().encode("hailong-seal-1") };
    const key = await crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const hidden = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, plain);
    const id = new Uint8Array(await sha256(point)).slice(0, 8);
    return join(Uint8Array.of(1), id, mine, new Uint8Array(hidden));
  }

  // ---- where they lie

  const settled = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = request.onblocked = () => failed(request.error);
  });

  async function store(act) {
    const asked = indexedDB.open("hailong", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("copies", { keyPath: "seal" });
    const database = await settled(asked);
    try {
      const work = database.transaction("copies", "readwrite", { durability: "strict" });
      const ended = new Promise((done, failed) => {
        work.oncomplete = done;
        work.onerror = work.onabort = () => failed(work.error);
      });
      const result = await settled(act(work.objectStore("copies")));
      await ended;
      return result;
    } finally {
      database.close();
    }
  }

  const day = (iso, more) => new Date(Date.parse(iso) + more * 864e5).toISOString().slice(0, 10);

  // The answer of a letter was acknowledged by `reply`. Never an obstacle: without a copy all goes on as before.
  async function keep(letter, reply) {
    if (!able || !reply.note || !reply.epoch) return;
    try {
      const { action, answers } = letter, { day: since, signature, note } = reply;
      const sealed = await seal(padded(JSON.stringify({ action, answers, day: since, signature, note })));
      const copy = { seal: hex(await sha256(sealed)), sealed, epoch: reply.epoch, until: day(since, DAYS) };
      await store((copies) => copies.put(copy));
    } catch (fault) { /* a private window, a full disk */ }
  }

  // ---- and come again

  const own_key = () => JSON.parse(document.getElementById("ack-key").textContent);

  async function genuine(reply, copy) {
    if (!reply || reply.seal !== copy.seal || reply.epoch !== page.epoch) return false;
    if (!["stored", "known", "refused"].includes(reply.outcome)) return false;
    const key = await crypto.subtle.importKey("jwk", own_key(), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const said = "hailong-again-1|" + reply.seal + "|" + reply.epoch + "|" + reply.outcome;
    const how = { name: "ECDSA", hash: "SHA-256" };
    return crypto.subtle.verify(how, key, bytes(reply.signature), new TextEncoder().encode(said));
  }

  // Whether the server answered for it; throws what says nothing of this copy: no network, no JSON, a busy server.
  async function bring(copy) {
    const stop = new AbortController(), alarm = setTimeout(() => stop.abort(), PATIENCE * 1000);
    try {
      const response = await fetch("/again", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept": "application/json" },
        body: JSON.stringify({ sealed: base64(copy.sealed), key: own_key().x }), // whose signature this page can verify
        credentials: "omit", cache: "no-store", redirect: "error", signal: stop.signal,
      });
      if (response.status >= 500 || response.status === 429) throw new Error(response.status);
      return await genuine(await response.json(), copy);
    } finally {
      clearTimeout(alarm);
    }
  }

  // Whatever was acknowledged in another epoch than this page's. What the server answers for under its signature is
  // settled for this epoch; all else is tried again at the next visit. One that fails does not hold up the others, but
  // a server that goes on failing is left alone.
  async function round() {
    const now = new Date().toISOString().slice(0, 10);
    const all = await store((copies) => copies.getAll());
    all.sort((one, other) => (one.until < other.until ? 1 : -1));
    const gone = all.filter((copy, at) => copy.until < now || at >= MOST);
    for (const copy of gone) await store((copies) => copies.delete(copy.seal));
    let failures = 0; // in a row
    for (const copy of all.filter((one) => !gone.includes(one) && one.epoch !== page.epoch)) {
      try {
        if (await bring(copy)) await store((copies) => copies.put({ ...copy, epoch: page.epoch }));
        failures = 0;
      } catch (fault) {
        failures += 1;
        if (failures === FAILURES) return;
        await new Promise((done) => setTimeout(done, PAUSE * 1000));
      }
    }
  }

  // One round at a time on this device, however many tabs.
  if (able) (navigator.locks ? navigator.locks.request("hailong-again", round) : round()).catch(() => {});

  return { keep };
})();
