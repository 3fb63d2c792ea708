// Steps through the parts of a form that works without it. The answers live in the form itself; a draft of them
// in sessionStorage survives a reload of this tab and is dropped when the answer leaves.
"use strict";
(() => {
  const form = document.getElementById("form");
  const able = form && window.hailong && window.fetch && window.crypto && crypto.getRandomValues;
  if (!able || form.hasAttribute("data-again")) return;

  const say = JSON.parse(document.getElementById("words").textContent);
  const parts = Array.from(form.querySelectorAll(".part"));
  const questions = Array.from(form.querySelectorAll(".question"));
  const last = parts.length - 1;
  const DRAFT = "hailong.draft:" + location.pathname;
  const title = document.title;
  let at = 0, started = null, id = null, finished = false;

  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const inputs = (question) => Array.from(question.querySelectorAll("input, textarea"));
  const text_of = (element) => element.textContent.replace(/\s+/g, " ").trim();
  const number_of = (question) => text_of(question.querySelector(".number")).split(" (")[0];
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  const put = (place, ...children) => {
    place.textContent = "";
    place.append(...children);
  };

  // ---- routing: a question out of place is hidden and sends nothing
  function route() {
    for (const question of questions) {
      const earlier = question.dataset.if;
      if (!earlier) continue;
      const on = Array.from(question.dataset.codes).some((code) => {
        const input = document.getElementById("a-" + earlier + "-" + code);
        return input && input.checked && !input.closest("fieldset").disabled;
      });
      question.hidden = question.disabled = !on;
    }
  }
  const asked = (part) => Array.from(part.querySelectorAll(".question")).filter((question) => !question.hidden);
  const empty = (part) => part.querySelector(".question") && !asked(part).length;

  // ---- answers
  const answered = (question) => inputs(question).some((input) =>
    input.type === "radio" || input.type === "checkbox" ? input.checked : input.value.trim());

  function answers() {
    const sent = {};
    new FormData(form).forEach((value, name) => { if (value.trim()) sent[name] = value; });
    if (!id) id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    sent.id = id;
    if (started) sent.seconds = String(Math.max(0, Math.round((Date.now() - started) / 1000)));
    return sent;
  }

  function save() {
    const kept = Array.from(form.querySelectorAll("input, textarea")).filter((input) => input.type !== "hidden" && (input.checked || (input.type === "textarea" && input.value)))
      .map((input) => [input.id, input.value]);
    try {
      sessionStorage.setItem(DRAFT, JSON.stringify({ at, started, kept }));
    } catch (fault) { /* no storage: a reload starts again */ }
  }

  function drop() {
    try {
      sessionStorage.removeItem(DRAFT);
    } catch (fault) { /* nothing was stored */ }
  }

  function restore() {
    let draft = null;
    try {
      draft = JSON.parse(sessionStorage.getItem(DRAFT));
    } catch (fault) { /* nothing to restore */ }
    if (!draft) return 0;
    for (const [name, value] of draft.kept) {
      const input = document.getElementById(name);
      if (!input) continue;
      if (input.type === "textarea") input.value = value; else input.checked = true;
    }
    started = draft.started;
    return Math.min(draft.at, last);
  }

  // ---- problems: a list on top, and the sentence beside each question
  function mark(question, sentence) {
    clear(question);
    const line = make("p", sentence, "problem");
    line.id = question.id + "-problem";
    question.querySelector("legend").after(line);
    question.classList.add("wrong");
    question.setAttribute("aria-describedby", (line.id + " " + (question.getAttribute("aria-describedby") || "")).trim());
  }

  function clear(question) {
    const line = document.getElementById(question.id + "-problem");
    if (!line) return;
    line.remove();
    question.classList.remove("wrong");
    const rest = (question.getAttribute("aria-describedby") || "").split(" ").filter((name) => name && name !== line.id);
    if (rest.length) question.setAttribute("aria-describedby", rest.join(" ")); else question.removeAttribute("aria-describedby");
    for (const link of form.querySelectorAll('[data-to="' + question.id + '"]')) {
      const list = link.closest("ul");
      link.closest("li").remove();
      if (!list.children.length) list.closest(".notice").remove();
    }
  }

  function summarise(part, heading, problems) {
    const place = part.querySelector("[data-problems]");
    const box = make("div", "", "notice notice--bad ring"), list = make("ul");
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    for (const [question, sentence] of problems) {
      const item = make("li");
      if (question) {
        const link = make("a", sentence);
        link.href = "#" + inputs(question)[0].id;
        link.dataset.to = question.id;
        link.addEventListener("click", (event) => { event.preventDefault(); lead_to(question); });
        item.append(link);
      } else item.textContent = sentence;
      list.append(item);
    }
    box.append(make("h2", heading), list, make("p", say.nothing_lost));
    put(place, box);
    document.title = say.error + ": " + title;
    scrollTo(0, 0);
    box.focus({ preventScroll: true });
  }

  function lead_to(question) {
    const part = parts.indexOf(question.closest(".part"));
    if (part !== at) go(part);
    const chosen = question.querySelector("input:checked") || inputs(question)[0];
    question.scrollIntoView({ block: "start" });
    chosen.focus({ preventScroll: true });
  }

  function complete(part) {
    const missing = asked(part).filter((question) => "required" in question.dataset && !answered(question));
    asked(part).forEach(clear);
    part.querySelectorAll("[data-problems]").forEach((place) => put(place));
    if (!missing.length) return true;
    const sentence = (question) => question.dataset.required === "skip" ? say.please_answer_or_skip : say.please_answer;
    missing.forEach((question) => mark(question, sentence(question)));
    summarise(part, fill(say.problems_here, { number: missing.length }),
      missing.map((question) => [question, number_of(question) + ": " + sentence(question)]));
    return false;
  }

  // ---- steps
  function go(to, remember = true) {
    at = to;
    parts.forEach((part, place) => { part.hidden = place !== to; });
    document.getElementById("title").hidden = to === 0;
    const heading = parts[to].querySelector("h1, h2");
    document.title = to ? text_of(heading) + " – " + title : title;
    if (to === last) review();
    if (remember) history.pushState({ at: to }, "");
    save();
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }

  function step(by) {
    let to = at + by;
    while (to > 0 && to < last && empty(parts[to])) to += by;
    go(Math.max(0, Math.min(to, last)));
  }

  function forward() {
    if (!started) started = Date.now();
    if (complete(parts[at])) step(1);
  }

  // on a 'several' question ticks and a word on the whole (none, skip, not my case) exclude each other
  function one_kind(question, changed) {
    for (const input of inputs(question)) {
      if (changed.checked && input.type !== changed.type) input.checked = false;
    }
  }

  // ---- review
  function chosen(question) {
    if (question.dataset.kind === "text") return question.querySelector("textarea").value.trim();
    return Array.from(question.querySelectorAll("input:checked + label span")).map(text_of).join("; ");
  }

  function review() {
    const place = document.getElementById("review");
    put(place, make("p", say.review_hint));
    parts.forEach((part, number) => {
      const here = asked(part);
      if (!here.length) return;
      const box = make("details", "", "review"), head = make("summary"), list = make("dl");
      const heading = part.querySelector("h2"), button = make("button", say.change, "button");
      button.type = "button";
      button.setAttribute("aria-label", say.change + ": " + text_of(heading));
      button.addEventListener("click", () => go(number));
      const count = fill(say.review_count, { answered: here.filter(answered).length, all: here.length });
      head.append(make("strong", text_of(heading)), make("span", count, "soft"));
      for (const question of here) {
        const row = make("div"), said = chosen(question);
        row.append(make("dt", number_of(question) + ". " + text_of(question.querySelector(".words"))), make("dd", said || say.not_answered, said ? "" : "soft"));
        list.append(row);
      }
      box.append(head, list, button);
      place.append(box);
    });
  }

  // ---- sending
  function show(heading, more, button) {
    const done = document.getElementById("done"), h1 = make("h1", heading);
    h1.id = "done-title";
    h1.tabIndex = -1;
    put(document.getElementById("done-text"), h1, make("p", more, "lead"));
    document.getElementById("tried").textContent = "";
    if (button) document.getElementById("done-text").append(button);
    form.hidden = document.getElementById("title").hidden = true;
    done.hidden = false;
    done.classList.toggle("done--kept", Boolean(button));
    document.title = heading + " – " + say.product;
    scrollTo(0, 0);
    h1.focus({ preventScroll: true });
  }

  function refuse(reply) {
    const listed = reply.problems.map((problem) => {
      const input = problem.question ? form.querySelector('[name="' + CSS.escape(problem.question) + '"]') : null;
      const question = input ? input.closest(".question") : null;
      if (question) mark(question, problem.sentence);
      return [question, (question ? number_of(question) + ": " : "") + problem.sentence];
    });
    summarise(parts[last], fill(say.problems_title, { number: listed.length }), listed);
  }

  function outcome(result) {
    const state = document.getElementById("state"), button = document.getElementById("send");
    state.textContent = "";
    button.disabled = false;
    if (result.state === "problems" || result.state === "refused") { // the answers stay in the form
      finished = false;
      form.hidden = false;
      document.getElementById("done").hidden = true;
      go(last, false);
      if (result.state === "problems") refuse(result.reply);
      else summarise(parts[last], say.refused_title, [[null, result.sentence]]);
      save();
      return;
    }
    finished = true;
    drop();
    if (result.state === "sent") {
      show(say.sent, say.sent_more);
      form.remove();
    } else if (document.getElementById("done").hidden) {
      const again = make("button", say.send_now, "button");
      again.type = "button";
      again.addEventListener("click", () => { document.getElementById("tried").textContent = say.sending; window.hailong.flush(); });
      show(result.stored ? say.kept : say.kept_in_page, result.stored ? say.kept_more : "", again);
    } else {
      document.getElementById("tried").textContent = say.kept_still;
    }
  }

  function send() {
    for (const place of [...parts.keys()]) {
      if (!empty(parts[place]) && asked(parts[place]).some((question) => "required" in question.dataset && !answered(question))) {
        go(place);
        complete(parts[place]);
        return;
      }
    }
    document.getElementById("send").disabled = true;
    document.getElementById("state").textContent = say.sending;
    window.hailong.send(form.getAttribute("action"), answers(), outcome);
  }

  // ---- wiring
  document.documentElement.classList.add("js");
  form.querySelectorAll("[data-steps]").forEach((element) => { element.hidden = false; });
  form.querySelectorAll("[data-condition]").forEach((element) => element.remove());
  const end = document.getElementById("end-title");
  end.textContent = end.dataset.reviewTitle;
  form.addEventListener("submit", (event) => { event.preventDefault(); if (at === last) send(); else forward(); });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[id]");
    if (!button || button.type !== "button") return;
    if (button.id.startsWith("back-")) step(-1);
    else if (button.id.startsWith("next-") || button.id === "go-start") forward();
  });
  form.addEventListener("change", (event) => {
    const question = event.target.closest(".question");
    if (question) {
      clear(question);
      if (question.dataset.kind === "several") one_kind(question, event.target);
    }
    route();
    save();
  });
  form.addEventListener("input", (event) => {
    if (event.target.type !== "textarea") return;
    const room = event.target.closest(".question").querySelector("[data-room]");
    if (event.target.maxLength > 0) room.textContent = fill(say.room_left, { number: event.target.maxLength - event.target.value.length });
    save();
  });
  form.addEventListener("keydown", (event) => {
    const scale = event.target.closest(".scale");
    if (!scale || event.altKey || event.ctrlKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
    const input = scale.querySelector('input[value="' + event.key + '"]');
    if (!input) return;
    event.preventDefault();
    input.checked = true;
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  addEventListener("popstate", (event) => { if (!finished) go(event.state ? event.state.at : 0, false); });

  const resumed = restore();
  route();
  history.replaceState({ at: resumed }, "");
  if (resumed) go(resumed, false); else parts.forEach((part, place) => { part.hidden = place > 0; });
})();
