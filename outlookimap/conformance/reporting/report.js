"use strict";
(() => {
  const find = (selector, within) => Array.from((within || document).querySelectorAll(selector));
  const text = document.getElementById("f-text");
  const version = document.getElementById("f-version");
  const kind = document.getElementById("f-kind");
  const count = document.getElementById("f-count");
  const nothing = document.getElementById("f-none");
  const entries = new Map(find(".entry").map((entry) => [entry.dataset.scenario, entry]));
  const rows = find("tr.row").map((row) => {
    const entry = entries.get(row.dataset.scenario);
    const told = entry ? find(":scope > .facts, :scope > .finding > .message", entry) : [];
    const words = [row.querySelector("th"), ...told].map((one) => one.textContent).join(" ");
    return { row, entry, words: words.toLowerCase(), cells: find("td[data-kind]", row) };
  });

  function apply() {
    const wanted = text.value.trim().toLowerCase().split(/\s+/);
    const fits = (one, versions) =>
      (!version.value || versions.includes(version.value)) && (!kind.value || one.dataset.kind === kind.value);
    let shown = 0;
    for (const { row, entry, words, cells } of rows) {
      const show = wanted.every((word) => words.includes(word)) && cells.some((cell) => fits(cell, [cell.dataset.version]));
      row.hidden = !show;
      shown += show ? 1 : 0;
      if (entry) {
        const findings = find(":scope > .finding", entry);
        for (const finding of findings) finding.hidden = !fits(finding, finding.dataset.versions.split(" "));
        entry.hidden = !show || findings.every((finding) => finding.hidden);
      }
    }
    for (const cell of find(".matrix [data-version]")) {
      cell.hidden = Boolean(version.value) && cell.dataset.version !== version.value;
    }
    for (const body of find(".matrix tbody")) body.hidden = !body.querySelector("tr.row:not([hidden])");
    for (const chapter of find(".chapter")) chapter.hidden = !chapter.querySelector(".entry:not([hidden])");
    nothing.hidden = shown > 0;
    count.textContent = `${shown} of ${rows.length} scenarios`;
  }

  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches(".entry")) {
      if (target.hidden) reset();
      target.open = true;
      target.scrollIntoView();
    }
  }

  function reset() {
    text.value = version.value = kind.value = "";
    apply();
  }

  for (const control of [text, version, kind]) control.addEventListener("input", apply);
  document.getElementById("f-reset").addEventListener("click", reset);
  document.addEventListener("click", (event) => {
    if (event.target.closest("a[href^='#']")) setTimeout(unfold);
  });
  addEventListener("hashchange", unfold);
  addEventListener("beforeprint", () => find("details.entry").forEach((entry) => (entry.open = true)));
  document.getElementById("filters").hidden = false;
  apply();
  unfold();
})();
