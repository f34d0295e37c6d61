"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  root.classList.add("js");

  // The language stands in the address (#en or #en/section), so that a link keeps it and nothing is stored.
  const read = () => {
    const parts = /^#(ja|en)(?:\/(.*))?$/.exec(location.hash);
    return parts ? { language: parts[1], place: parts[2] || "" } : { language: null, place: location.hash.slice(1) };
  };
  const address = (language, place) => (language === "en" ? "#en" + (place ? "/" + place : "") : "#" + place);
  const language = () => root.dataset.language;
  const speak = (chosen) => {
    root.dataset.language = chosen;
    root.lang = chosen;
    for (const button of all("[data-choose]")) button.setAttribute("aria-pressed", String(button.dataset.choose === chosen));
    tell();
  };
  const go = (place) => {
    const target = place && document.getElementById(place);
    if (!target) return;
    // What the filter hides is shown first.
    if (target.closest("[hidden]")) clear();
    for (let box = target; box; box = box.parentElement) if (box.tagName === "DETAILS") box.open = true;
    for (const box of all("details.findings", target)) if (target.classList.contains("check")) box.open = true;
    target.scrollIntoView();
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
    for (const old of all(".reached")) old.classList.remove("reached");
    target.classList.add("reached");
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose]");
    if (button) {
      const place = read().place;
      speak(button.dataset.choose);
      history.replaceState(null, "", address(language(), place) || "#");
      return;
    }
    const link = event.target.closest('a[href^="#"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const place = link.getAttribute("href").slice(1);
    history.pushState(null, "", address(language(), place));
    go(place);
  });
  const arrive = () => {
    const { language: chosen, place } = read();
    if (chosen && chosen !== language()) speak(chosen);
    go(place);
  };
  window.addEventListener("popstate", arrive);

  // The filter over the findings.
  const box = document.getElementById("filter");
  const told = document.querySelector("[data-matching]");
  const statuses = all("input[data-status]");
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  let rows = null;
  const index = () => all("section.check").map((check) => ({
    check,
    list: check.querySelector("details.findings"),
    wasOpen: check.querySelector("details.findings").open,
    rows: all("tr.finding", check).map((row) => ({ row, status: row.dataset.status, text: plain(row.textContent) })),
  }));
  const clauses = all("article.clause");
  let matching = null;
  const tell = () => {
    if (!told) return;
    told.textContent = matching === null ? "" : language() === "en" ? matching + " shown" : matching + "件を表示";
  };
  const filter = () => {
    rows = rows || index();
    const words = plain(box.value).split(/\s+/).filter(Boolean);
    const wanted = new Set(statuses.filter((status) => status.checked).map((status) => status.dataset.status));
    const idle = words.length === 0 && wanted.size === statuses.length;
    matching = 0;
    for (const { check, list, wasOpen, rows: own } of rows) {
      let seen = 0;
      for (const { row, status, text } of own) {
        const shown = wanted.has(status) && words.every((word) => text.includes(word));
        row.hidden = !shown;
        if (shown) seen += 1;
      }
      check.hidden = seen === 0;
      list.open = idle ? wasOpen : words.length > 0 ? true : list.open;
      matching += seen;
    }
    for (const clause of clauses) {
      clause.hidden = !idle && all("section.check", clause).every((check) => check.hidden);
    }
    box.form.querySelector("[data-clear]").hidden = idle;
    if (idle) matching = null;
    tell();
  };
  // What is left may be shorter than the way already scrolled: the field stays in view.
  const narrow = () => {
    filter();
    if (box.getBoundingClientRect().bottom < 0) document.getElementById("clauses").scrollIntoView();
  };
  let waiting = 0;
  function clear() {
    clearTimeout(waiting);
    box.value = "";
    for (const status of statuses) status.checked = true;
    filter();
  }
  if (box) {
    box.form.addEventListener("reset", (event) => { event.preventDefault(); clear(); });
    box.form.addEventListener("submit", (event) => event.preventDefault());
    box.form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(narrow, 120); });
  }

  // Every printed page names the tenancy and the day: as a CSS string, in which nothing but text can stand.
  const text = root.dataset.running.slice(0, 80).replace(/[^\p{L}\p{N} 　.()（）・-]/gu, (c) => "\\" + c.codePointAt(0).toString(16) + " ");
  root.style.setProperty("--running", '"' + text + '"');

  // On paper everything is open.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const details of closed) details.open = true;
  });
  window.addEventListener("afterprint", () => { for (const details of closed) details.open = false; });

  arrive();
})();
