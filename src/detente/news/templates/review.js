"use strict";
(() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const cards = all(".card");
  const line = document.getElementById("command");
  let at = -1;

  const quoted = (word) => (/^[A-Za-z0-9@%+=:,./_-]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\"'\"'") + "'");

  const command = () => {
    const ids = all("[data-accept]").filter((box) => box.checked).map((box) => box.dataset.accept).sort();
    const said = all("[data-set]").filter((box) => box.value.trim());
    const sets = said.map((box) => "--set " + quoted(box.dataset.set + "=" + box.value.trim()));
    line.textContent = [line.dataset.command, "--accept", ids.join(",") || "ID,..", ...sets, "--out draft.yaml"].join(" ");
    for (const card of cards) card.classList.toggle("accepted", ids.includes(card.dataset.id));
  };

  const show = (card) => {
    at = cards.indexOf(card);
    for (const part of all("[data-ids]")) {
      part.classList.toggle("on", part.dataset.ids.split(" ").includes(card.dataset.id));
    }
    const place = document.getElementById("t-" + card.dataset.id);
    const text = document.querySelector(".text");
    if (place && getComputedStyle(text).position === "sticky") text.scrollTop = place.offsetTop - text.offsetTop - 80;
  };

  const go = (step, wanted) => {
    for (let n = 1; n <= cards.length; n += 1) {
      const next = (at + n * step + cards.length * (n + 1)) % cards.length;
      if (wanted(cards[next])) {
        cards[next].focus();
        show(cards[next]);
        return;
      }
    }
  };

  const copy = async () => {
    const range = document.createRange();
    range.selectNodeContents(line);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    if (navigator.clipboard) await navigator.clipboard.writeText(line.textContent).catch(() => {});
  };

  const keys = {
    j: () => go(1, () => true),
    k: () => go(-1, () => true),
    d: () => go(1, (card) => card.classList.contains("doubtful")),
    c: copy,
    a: () => {
      const box = at < 0 ? null : cards[at].querySelector("[data-accept]");
      if (box) { box.checked = !box.checked; command(); }
    },
  };

  for (const card of cards) card.addEventListener("focusin", () => show(card));
  document.addEventListener("input", command);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(input|textarea)$/i.test(event.target.tagName)) return;
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  document.getElementById("copy").addEventListener("click", copy);
  command();
})();
