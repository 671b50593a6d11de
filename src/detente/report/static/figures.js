// Upgrades a page that is complete without it: live figures, sortable tables, pictures to save. Sends nothing.
"use strict";
(function () {
  const options = {
    mode: "vega-lite", renderer: "svg", ast: true, actions: false, defaultStyle: false,
    tooltip: {disableDefaultStyle: true},
  };

  function save(name, address) {
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
  }

  function button(text, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", action);
    return made;
  }

  function pictures(figure, view) {
    const place = figure.querySelector(".files");
    if (!place || place.querySelector("button") || place.querySelector("a.file")) return;
    const first = place.querySelector("details");
    place.insertBefore(button("SVG", () => view.toSVG().then((text) =>
      save(figure.id + ".svg", URL.createObjectURL(new Blob([text], {type: "image/svg+xml"}))))), first);
    place.insertBefore(button("PNG", () => view.toImageURL("png", 2).then((url) => save(figure.id + ".png", url))), first);
  }

  function fit(figure, place, spec) {   // a narrow page gets a narrow chart where proportions do not matter
    if (place.clientWidth >= 560 || !spec.usermeta || spec.usermeta.fixed) return;
    spec.width = Math.max(180, place.clientWidth - 150);
    spec.config.axisY = {labelLimit: 110};
    figure.classList.add("narrow");
  }

  function embed(figure) {
    const data = figure.querySelector("script.spec");
    const place = figure.querySelector(".chart");
    if (!data || !place || !window.vegaEmbed || place.dataset.live) return Promise.resolve();
    const spec = JSON.parse(data.textContent);
    fit(figure, place, spec);
    const still = place.innerHTML;
    const label = figure.querySelector("svg") ? figure.querySelector("svg").getAttribute("aria-label") : "";
    place.dataset.live = "1";
    return window.vegaEmbed(place, spec, options).then((made) => {
      const drawn = place.querySelector("svg");
      if (drawn) { drawn.setAttribute("role", "img"); drawn.setAttribute("aria-label", label || ""); }
      pictures(figure, made.view);
    }).catch((error) => {
      place.innerHTML = still;   // the picture that came with the page stays
      console.error(error);
    });
  }

  function number(text) {
    const value = parseFloat(text.replace(/−/g, "-").replace(/[$,]/g, ""));
    return Number.isFinite(value) ? value : null;
  }

  function sort(table, column, head) {
    const body = table.tBodies[0];
    const down = head.getAttribute("aria-sort") !== "descending";
    const keyed = Array.from(body.rows).map((row) => {
      const text = row.cells[column] ? row.cells[column].textContent.trim() : "";
      return {row, text, value: number(text)};
    });
    keyed.sort((a, b) => {
      const order = a.value !== null && b.value !== null ? a.value - b.value
        : a.value !== null ? 1 : b.value !== null ? -1 : a.text.localeCompare(b.text);
      return down ? -order : order;
    });
    for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...keyed.map((each) => each.row));
  }

  function sortable(table) {
    if (!table.tHead || table.dataset.sortable) return;
    table.dataset.sortable = "1";
    Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells).forEach((head, column) => {
      if (head.tagName !== "TH") return;
      const words = head.textContent;
      head.textContent = "";
      head.append(button(words, () => sort(table, column, head)));
    });
  }

  async function upgrade(root) {
    root.querySelectorAll("table.sortable").forEach(sortable);
    for (const figure of root.querySelectorAll("figure")) {
      await embed(figure);
      await new Promise((done) => setTimeout(done, 0));   // the page answers between two figures
    }
    document.documentElement.dataset.upgraded = "1";
  }

  window.detenteFigures = upgrade;
  document.addEventListener("DOMContentLoaded", () => upgrade(document));
})();
