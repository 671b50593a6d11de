// The page without a framework: fragments put in place, the address kept, jobs watched. Complete without this script.
"use strict";
(function () {
  const token = document.querySelector("meta[name=detente-token]").content;
  const box = document.getElementById("page"), said = document.getElementById("said");
  let running = null, parts = new AbortController(), watched = "";

  const say = (text) => { said.textContent = text; }, wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const words = (found) => (found.problems || ["no answer"]).map((each) => each.text || each).join(" ");
  const screen = (address) => new URLSearchParams(address.split("?")[1] || "").get("screen") || "brief";
  const query = (form) => new URLSearchParams(new FormData(form)).toString();

  function make(name, text, attributes = {}) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  // going to another state
  async function go(address, push = true) {
    if (running) running.abort();
    parts.abort();
    parts = new AbortController();
    const mine = running = new AbortController();
    const focused = document.activeElement ? document.activeElement.id : "";
    box.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, {headers: {"x-detente-fragment": "1"}, signal: mine.signal});
      const found = await answer.json();
      if (found.html === undefined) throw new Error(words(found));
      box.innerHTML = found.html;
      document.title = found.title;
      if (push && screen(found.address) !== screen(location.search)) window.scrollTo(0, 0);
      if (push) history.pushState(null, "", found.address);
      ready();
      const again = focused && document.getElementById(focused);
      if (again) again.focus({preventScroll: true});
      say(answer.ok ? "Numbers are up to date: " + found.status : "This cannot be solved as it stands");
    } catch (error) {
      if (error.name !== "AbortError") say(error.message);
    } finally {
      if (running === mine) { running = null; box.removeAttribute("aria-busy"); }
    }
  }

  function ready(figures = true) {
    for (const place of box.querySelectorAll(".origin")) place.textContent = location.origin;
    if (figures && window.detenteFigures) window.detenteFigures(box);
    for (const place of box.querySelectorAll(".later[data-part]")) later(place);
    for (const form of box.querySelectorAll("form[data-again]")) job(form).catch((error) => say(error.message));
  }

  async function later(place) {
    const address = place.dataset.part, signal = parts.signal;
    delete place.dataset.part;
    const answer = await fetch(address, {signal}).catch(() => null);   // nobody waits for it any more
    if (!answer) return;
    if (!answer.ok) { place.querySelector(".note").textContent = words(await answer.json()); return; }
    put(place, await answer.text());
  }

  function put(place, html) {
    place.innerHTML = html;   // made by our own templates, which escape everything
    if (window.detenteFigures) window.detenteFigures(place);
  }

  // what needs the key of the page
  async function ask(address, method, body) {
    const headers = {"x-detente-token": token, ...(body ? {"content-type": "application/json"} : {})};
    const answer = await fetch(address, {method, headers, body: body ? JSON.stringify(body) : undefined});
    return {ok: answer.ok, code: answer.status, found: await answer.json()};
  }

  function state() {
    const found = {};
    for (const [key, value] of new URLSearchParams(location.search)) {
      if (["case", "edit", "on", "closure", "elasticities"].includes(key)) found[key] = value;
      if (["branch", "include", "drop", "set"].includes(key)) (found[key] = found[key] || []).push(value);
    }
    return found;
  }

  const bodies = {
    optimal: (data) => ({...search(data), player: data.get("player"), against: data.get("against") ? [data.get("against")] : null}),
    nash: (data) => ({...search(data), players: data.getAll("players"), against: data.get("taxing") ? data.getAll("players") : null}),
    talks: (data) => ({state: state(), solution: data.get("solution")}),
    read: (data) => ({text: data.get("text"), published: data.get("published") || ""}),
  };
  const search = (data) => ({state: state(), vary: data.get("vary"), upper: data.get("upper") || null, starts: Number(data.get("starts"))});

  async function job(form) {
    const kind = form.dataset.job, place = form.closest("section").querySelector(".outcome");
    const {ok, found} = await ask("/api/" + kind + "?wait=0", "POST", bodies[kind](new FormData(form)));
    if (!ok && !found.job) { place.replaceChildren(make("p", words(found), {class: "problems", role: "alert"})); return; }
    await watch(found.job, place);
  }

  function seek(form) {   // the address holds the search; the page that comes back starts it
    const now = new URLSearchParams(location.search);
    now.set("seek", `kind=${form.dataset.job}&${query(form)}`);
    return go("/?" + now);
  }

  async function watch(id, place) {
    watched = id;
    const bar = make("progress", "", {"aria-label": "Progress"}), line = make("span", "waiting", {class: "note"});
    const stop = make("button", "Stop", {type: "button", id: "stop"});
    stop.addEventListener("click", async () => { stop.disabled = true; await ask("/api/jobs/" + id, "DELETE"); });
    place.replaceChildren(bar, line, stop);
    for (;;) {
      const found = await (await fetch("/api/jobs/" + id)).json();
      if (watched !== id || !place.isConnected) return;
      if (!["QUEUED", "RUNNING"].includes(found.status)) break;
      const at = found.progress || {};
      if (at.total) [bar.max, bar.value] = [at.total, at.done];
      line.textContent = ` ${at.what || found.status.toLowerCase()}${at.total ? `, ${at.done} of at most ${at.total}` : ""}, ${Math.round(found.seconds)} s `;
      await wait(300);
    }
    put(place, await (await fetch("/outcome/" + id)).text());
    say("Done");
  }

  async function edit(form) {
    const data = new FormData(form);
    const {ok, found} = await ask("/api/scenarios", "POST", {text: data.get("text"), case: data.get("case") || ""});
    if (ok) { await go(found.address); return; }
    const lines = data.get("text").split("\n"), list = document.getElementById("wrong");
    list.replaceChildren(...(found.problems || []).map((each) => {
      const item = make("li"), line = () => make("button", "line " + each.line, {type: "button", class: "line", "data-line": each.line});
      if (each.line) item.append(line(), " ", make("code", (lines[each.line - 1] || "").trim()), make("br"));
      item.append(each.text || each);
      return item;
    }));
    say(list.children.length + (list.children.length === 1 ? " problem" : " problems") + " in the text");
    list.scrollIntoView({block: "nearest"});
  }

  function jump(line) {
    const area = document.getElementById("yaml");
    const before = area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = area.value.indexOf("\n", before);
    area.focus();
    area.setSelectionRange(before, end < 0 ? area.value.length : end);
    area.scrollTop = (line - 6) * parseFloat(getComputedStyle(area).lineHeight);
  }

  async function accept(form) {
    const data = new FormData(form);
    const answers = Array.from(data).filter(([name, value]) => name.startsWith("answer:") && value)
      .map(([name, value]) => name.slice(7) + "=" + value);
    const article = new FormData(document.querySelector("form[data-job=read]"));
    const {found} = await ask("/api/draft", "POST", {...bodies.read(article), accept: data.getAll("accept"), answers});
    const place = form.querySelector(".said");
    if (!found.result) { place.textContent = words(found); return; }
    const checked = await ask("/api/scenarios", "POST", {text: found.result.text, case: ""});
    if (checked.ok) await go(checked.found.address); else place.textContent = words(checked.found);
  }

  // what the visitor does
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-go]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      go(link.getAttribute("href"));
    }
    const copy = event.target.closest("[data-copy]"), line = event.target.closest("button.line");
    if (copy) navigator.clipboard.writeText(location.origin + copy.dataset.copy).then(() => say("Copied"), () => say(location.href));
    if (line) jump(Number(line.dataset.line));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    event.preventDefault();
    const act = form.dataset.job === "read" ? job : form.dataset.job ? seek : "edit" in form.dataset ? edit : "accept" in form.dataset ? accept : null;
    if (act) act(form).catch((error) => say(error.message));
    else go("/?" + query(form));
  });
  document.addEventListener("input", (event) => {
    if (event.target.type === "range") event.target.parentElement.querySelector("output").textContent = `+${event.target.value} pp`;
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && "auto" in form.dataset && event.target.type !== "number") go("/?" + query(form));
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "Enter" && event.ctrlKey && event.target.id === "yaml") event.target.form.requestSubmit();
    else if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === " " && event.target.matches("a[role=switch]")) { event.preventDefault(); event.target.click(); }
    else if (event.key === "/") { const place = document.getElementById("country"); if (place) { event.preventDefault(); place.focus(); } }
    else if (event.key === "?") say("Keys: Tab moves, space switches, arrows change tabs and rates, / picks an economy");
    else if (event.target.closest(".tabs")) {
      ({ArrowRight: event.target.nextElementSibling, ArrowLeft: event.target.previousElementSibling})[event.key]?.focus();
    }
  });
  window.addEventListener("popstate", () => go(location.pathname + location.search, false));
  document.documentElement.classList.add("scripted");
  ready(false);   // figures.js upgrades those that came with the page
})();
