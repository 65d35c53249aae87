// The explorer's behaviour: live filters, keys, labels, sliders. No library, no eval; HTML comes from the server,
// which escapes it, and enters the page through one Trusted Types policy.
"use strict";

const policy = window.trustedTypes
  ? window.trustedTypes.createPolicy("phimill", { createHTML: (html) => html })
  : { createHTML: (html) => html };
const word = document.querySelector('meta[name="phimill"]').content;
const find = (selector, inside = document) => inside.querySelector(selector);
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

/** Shows a word to the person for a while. */
function say(text) {
  const said = find("#said");
  said.textContent = text;
  said.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => said.classList.remove("shown"), 2600);
}

/** Replaces what stands in an element by a part of a page; the latest request wins. */
const running = new Map();
async function swap(target, address) {
  running.get(target)?.abort();
  const request = new AbortController();
  running.set(target, request);
  target.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: request.signal });
    const text = await answer.text();
    if (!answer.ok) {
      say(text.slice(0, 300));
      return false;
    }
    target.innerHTML = policy.createHTML(text);
    return true;
  } catch (failure) {
    if (failure.name !== "AbortError") say("The explorer does not answer. Is it still running in the terminal?");
    return false;
  } finally {
    if (running.get(target) === request) target.removeAttribute("aria-busy");
  }
}

function later(wait, action) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), wait);
  };
}

// ---------------------------------------------------------------- labels

async function setLabel(id, label) {
  const answer = await fetch("/label", {
    method: "POST",
    headers: { "content-type": "application/json", "x-phimill": word },
    body: JSON.stringify({ id, label }),
  }).catch(() => null);
  if (!answer || !answer.ok) {
    say(answer ? await answer.text() : "The explorer does not answer.");
    return;
  }
  const { labelled } = await answer.json();
  find("#labelled").textContent = labelled || "";
  for (const one of all("[data-label-of]")) if (one.dataset.labelOf === id) one.textContent = label ?? "";
  const reader = find(".reader");
  if (reader && reader.dataset.id === id) {
    for (const button of all(".labels button", reader)) {
      button.setAttribute("aria-pressed", String(label !== null && button.dataset.label === label));
    }
  }
  say(label === null ? "Label taken away" : `Labelled ${label}`);
}

const labelKeys = { "+": "keep", "=": "keep", "-": "drop", u: null };
for (let grade = 0; grade <= 5; grade++) labelKeys[grade] = String(grade);

document.addEventListener("click", (event) => {
  const button = event.target.closest(".labels button");
  if (button) setLabel(find(".reader").dataset.id, button.dataset.label || null);
});

// ---------------------------------------------------------------- marks

let atMark = -1;
function nextMark() {
  const marks = all("#text mark");
  if (!marks.length) return;
  marks[atMark]?.classList.remove("here");
  atMark = (atMark + 1) % marks.length;
  marks[atMark].classList.add("here");
  marks[atMark].scrollIntoView({ block: "center" });
}
find("#next-mark")?.addEventListener("click", nextMark);

// ---------------------------------------------------------------- lists

function choose(step) {
  const lines = all(".lines .line");
  if (!lines.length) return;
  const now = lines.findIndex((line) => line.classList.contains("chosen"));
  const next = Math.min(Math.max(now < 0 ? 0 : now + step, 0), lines.length - 1);
  const moves = lines[next].closest("[data-moves]");
  if (moves && next !== now) {
    location.assign(lines[next].href);
    return;
  }
  lines[now]?.classList.remove("chosen");
  lines[next].classList.add("chosen");
  lines[next].scrollIntoView({ block: "nearest" });
  lines[next].focus({ preventScroll: true });
}

const filters = find("#filters");
if (filters) {
  if (matchMedia("(max-width: 820px)").matches) find("#more").open = false;
  const show = later(180, async () => {
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(filters)) if (value !== "") asked.append(name, value);
    const query = asked.toString();
    if (await swap(find("#list"), `/documents/list?${query}`)) history.replaceState(null, "", `/documents?${query}`);
  });
  filters.addEventListener("input", show);
  filters.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
}

// ---------------------------------------------------------------- what if

const ask = find("#ask");
let settings = new Map();

function query() {
  const asked = new URLSearchParams();
  for (const [key, value] of settings) asked.append("set", `${key}=${value}`);
  return asked.toString();
}

/** Turns the slider's place, 0 to 1000, into a bound and back; rounded to what a person would write. */
function ruler(slider) {
  const { low, high, scale, whole } = slider.dataset;
  const [from, to] = scale === "share" ? [0, 1] : [Number(low), Number(high)];
  const digits = scale === "share" ? 3 : whole === "true" ? 0 : Math.max(0, 3 - Math.floor(Math.log10(to - from || 1)));
  const bound = (place) => {
    const raw = scale === "log" ? from * (to / from) ** (place / 1000) : from + ((to - from) * place) / 1000;
    if (whole === "true") return Math.round(raw);
    return scale === "log" ? Number(raw.toPrecision(3)) : Number(raw.toFixed(Math.min(digits, 12)));
  };
  const place = (value) => {
    const share = scale === "log" ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from || 1);
    return Math.min(Math.max(share * 1000, 0), 1000);
  };
  return { bound, place };
}

function paint(slider, value) {
  const { bound, scale, lower, whole } = slider.dataset;
  // Whole numbers have a bar around each of them: the line stands between the last that passes and the first that fails.
  const edge = (at) => (whole !== "true" ? at : lower === "true" ? Math.ceil(at) - 0.5 : Math.floor(at) + 0.5);
  const { place } = ruler(slider);
  if (scale === "share" || !find("svg", slider)) return;
  for (const bar of all("rect", slider)) {
    const middle = scale === "log"
      ? Math.sqrt(Number(bar.dataset.low) * Number(bar.dataset.high))
      : (Number(bar.dataset.low) + Number(bar.dataset.high)) / 2;
    bar.classList.toggle("out", value !== null && (lower === "true" ? middle < value : middle > value));
  }
  const draw = (line, at) => {
    line.classList.toggle("gone", at === null);
    for (const end of ["x1", "x2"]) line.setAttribute(end, at === null ? 0 : place(edge(at)));
  };
  draw(find("line.was", slider), bound === "" ? null : Number(bound));
  draw(find("line.is", slider), value);
}

const refresh = later(60, async () => {
  const asked = query();
  history.replaceState(null, "", `/whatif?${openRule ? `rule=${encodeURIComponent(openRule)}&` : ""}${asked}`);
  for (const line of all(".rule-line")) {
    line.classList.toggle("changed", settings.has(`filters.${line.dataset.rule}`));
  }
  await swap(find("#result"), `/whatif/answer?${asked}`);
});
const border = later(350, () => swap(find("#samples"), `/whatif/samples?${query()}`));
let openRule = "";

function changed(slider, value) {
  const { key, bound } = slider.dataset;
  const before = bound === "" ? null : Number(bound);
  if (value === before) settings.delete(key);
  else settings.set(key, value === null ? "null" : String(value));
  paint(slider, value);
  refresh();
  border();
}

function wake() {
  const slider = find(".slider");
  if (!slider) return;
  const [range, number, off] = ["#range", "#number", "#off"].map((name) => find(name, slider));
  const { bound, place } = ruler(slider);
  const before = slider.dataset.bound === "" ? null : Number(slider.dataset.bound);
  let value = slider.dataset.now === "" ? null : Number(slider.dataset.now);
  const show = (from) => {
    if (from !== range && value !== null) range.value = place(value);
    if (from !== number) number.value = value ?? "";
    number.disabled = range.disabled = off.checked = value === null;
    range.setAttribute("aria-valuetext", value === null ? "off" : String(value));
    paint(slider, value);
  };
  const set = (next, from) => {
    value = next;
    show(from);
    changed(slider, value);
  };
  range.addEventListener("input", () => set(bound(Number(range.value)), range));
  number.addEventListener("input", () => number.value !== "" && set(Number(number.value), number));
  off.addEventListener("change", () => set(off.checked ? null : (before ?? bound(Number(range.value))), off));
  find("#reset", slider).addEventListener("click", () => set(before, null));
  show(null);
}

if (ask) {
  const given = new URLSearchParams(location.search);
  for (const setting of given.getAll("set")) {
    const cut = setting.indexOf("=");
    const key = setting.slice(0, cut);
    settings.set(key.startsWith("filters.") ? key : `filters.${key}`, setting.slice(cut + 1));
  }
  openRule = find(".slider") ? find(".slider").dataset.key.slice("filters.".length) : "";
  wake();
  if (settings.size) border();
  ask.addEventListener("click", async (event) => {
    const line = event.target.closest(".rule-line[href]");
    if (!line || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const chosen = `rule=${encodeURIComponent(line.dataset.rule)}`;
    if (!(await swap(find("#slider"), `/whatif/rule?${chosen}&${query()}`))) return;
    openRule = line.dataset.rule;
    ask.classList.remove("unchosen");
    for (const other of all(".rule-line")) other.removeAttribute("aria-current");
    line.setAttribute("aria-current", "true");
    history.replaceState(null, "", `/whatif?${chosen}&${query()}`);
    wake();
    find("#range")?.focus({ preventScroll: true });
    if (matchMedia("(max-width: 1000px)").matches) find("#slider").scrollIntoView();
  });
  find("#rule-filter").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const line of all(".rule-line")) line.parentElement.hidden = !line.dataset.rule.toLowerCase().includes(wanted);
    for (const heading of all(".rules h3")) {
      heading.hidden = all("li", heading.nextElementSibling).every((one) => one.hidden);
    }
  });
}

// ---------------------------------------------------------------- keys

const help = find("#help");
find("#help-button").addEventListener("click", () => help.showModal());
const places = { o: "/", d: "/documents", w: "/whatif", c: "/clusters", r: "/compare", l: "/labels" };
let going = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input:not([type=range]):not([type=checkbox]), select, textarea");
  if (typing) {
    if (event.key === "Escape") typing.blur();
    return;
  }
  if (help.open) return;
  const { key } = event;
  if (going) {
    going = false;
    if (places[key]) location.assign(places[key]);
    return;
  }
  const reader = find(".reader");
  const line = find(".lines:not([data-moves]) .line.chosen");
  if (key === "?") help.showModal();
  else if (key === "g") going = true;
  else if (key === "/") (find("#q") ?? find("#rule-filter"))?.focus();
  else if (key === "j") choose(1);
  else if (key === "k") choose(-1);
  else if (key === "n") find("#next")?.click();
  else if (key === "p") find("#previous")?.click();
  else if (key === "m") nextMark();
  else if (key === "b") find("#back")?.click();
  else if (key === "Enter" && line && event.target === document.body) line.click();
  else if (key in labelKeys && (reader || line)) setLabel((reader ?? line).dataset.id, labelKeys[key]);
  else return;
  event.preventDefault();
});
