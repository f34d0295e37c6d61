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

  // Every finding, searched as words are typed. The rows are data: a hundred thousand of them cost the page nothing until they are shown.
  const PER_PAGE = 50, SLICE = 4000;
  const section = document.getElementById("findings");
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const make = (tag, properties, ...inside) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inside);
    return made;
  };
  const both = (words) => [make("bdi", { lang: "ja", dir: "ltr" }, words.ja), make("bdi", { lang: "en", dir: "ltr" }, words.en)];
  let data = null, matching = [], page = 0, running = 0, searched = [];
  const said = (ja, en) => (language() === "en" ? en : ja);
  const count = (number) => number.toLocaleString("en-US");
  const row = (at) => {
    const [check, word, name, id, reason, evidence] = data.rows[at];
    const { class: kind, sign, word: spoken } = data.words[word];
    const { anchor, title, clauses } = data.checks[check];
    const badge = make("span", { className: "badge " + kind }, make("span", { className: "sign", ariaHidden: "true" }, sign), ...both(spoken));
    const of = make("a", { href: "#" + anchor }, ...both(title));
    const listed = (tongue, comma) => clauses.map((clause) => clause[tongue]).join(comma);
    const numbers = make("small", {}, " ", ...both({ ja: listed("ja", "、"), en: listed("en", ", ") }));
    const subject = make("th", { scope: "row" }, make("strong", {}, make("bdi", {}, name)));
    if (id) subject.append(make("code", { className: "id" }, make("bdi", {}, id)));
    const why = reason < 0 ? ["－"] : both({ ja: data.reasons[reason][0], en: data.reasons[reason][1] });
    const cited = evidence.split(" ").filter(Boolean).flatMap((label) => [
      document.getElementById(label) ? make("a", { className: "evidence", href: "#" + label }, label) : make("span", { className: "evidence" }, label), " "]);
    return make("tr", {}, make("td", {}, badge), make("td", {}, of, numbers), subject, make("td", {}, ...why), make("td", { className: "cited" }, ...cited));
  };
  const show = () => {
    const first = page * PER_PAGE;
    const shown = matching.slice(first, first + PER_PAGE);
    document.getElementById("found").replaceChildren(...shown.map(row));
    const [all, from, to] = [matching.length, first + 1, first + shown.length].map(count);
    document.getElementById("page").textContent = shown.length ? from + "–" + to + " / " + all : "";
    document.getElementById("matching").textContent = matching.length ? said(all + "件", all + " found") : said("当てはまる所見はない。", "No finding matches.");
    for (const button of turns) button.disabled = button.dataset.turn < 0 ? page === 0 : first + PER_PAGE >= matching.length;
  };
  const turns = all("[data-turn]");
  // The checks to choose from, in the language that is read.
  const choices = () => {
    const box = document.getElementById("of-check");
    const chosen = box.value;
    const option = (value, text) => make("option", { value }, text);
    const titled = data.checks.map((check, at) => option(String(at), check.title[language()]));
    box.replaceChildren(option("", said("すべて", "All")), ...titled);
    box.value = chosen;
  };
  const search = async () => {
    const mine = ++running;
    const words = plain(document.getElementById("words").value).split(/\s+/).filter(Boolean);
    const check = document.getElementById("of-check").value;
    const wanted = new Set(all("input[data-status]", section).filter((box) => box.checked).map((box) => box.dataset.status));
    const kinds = data.words.map((word) => wanted.has(word.class));
    const found = [];
    for (let from = 0; from < data.rows.length; from += SLICE) {
      const to = Math.min(from + SLICE, data.rows.length);
      for (let at = from; at < to; at += 1) {
        const [of, word, name, id, reason] = data.rows[at];
        if (!kinds[word] || (check !== "" && String(of) !== check)) continue;
        if (words.length) {
          searched[at] ??= plain([name, id, ...(reason < 0 ? [] : data.reasons[reason])].join("\n"));
          if (!words.every((one) => searched[at].includes(one))) continue;
        }
        found.push(at);
      }
      // Keys pressed meanwhile come first.
      if (words.length && to < data.rows.length) await new Promise((resume) => setTimeout(resume));
      if (mine !== running) return;
    }
    matching = found;
    page = 0;
    show();
  };
  function tell() {
    if (!data) return;
    choices();
    show();
  }
  if (section) {
    data = JSON.parse(document.getElementById("findings-data").textContent);
    const form = section.querySelector("form");
    let waiting = 0;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(search));
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
    document.getElementById("of-check").addEventListener("change", search);
    for (const button of turns) button.addEventListener("click", () => { page += Number(button.dataset.turn); show(); });
    choices();
    search();
  }

  // On paper everything is open.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const details of closed) details.open = true;
  });
  window.addEventListener("afterprint", () => { for (const details of closed) details.open = false; });

  arrive();
})();
