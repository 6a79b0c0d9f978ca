"use strict";
// Keeps the page fresh by the gateway's events, searches models, copies lines. What comes is HTML that the gateway made
// and escaped; the page's policy runs no script in it.
const live = document.getElementById("live"), search = document.getElementById("search"), found = document.getElementById("found");
const waiting = new Map();

function say(text, kind) {
  if (live.textContent !== text) live.textContent = text;
  live.className = kind;
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of document.querySelectorAll("#models tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every(word => text.includes(word));
    count += row.hidden ? 0 : 1;
  }
  found.textContent = words.length ? `${count} found` : "";
}

function isRead(element) { // somebody marks text in it
  const marked = getSelection();
  return marked && !marked.isCollapsed && marked.rangeCount && marked.getRangeAt(0).intersectsNode(element);
}

function put(id, html) {
  const element = document.getElementById(id), inFocus = document.activeElement;
  const within = element.contains(inFocus), key = within && inFocus.dataset.key;
  const region = within && inFocus.classList.contains("wide");
  const left = element.querySelector(".wide")?.scrollLeft;
  element.innerHTML = html;
  const wide = element.querySelector(".wide");
  if (wide && left) wide.scrollLeft = left;
  if (key) element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  else if (region) wide?.focus();
  if (id === "models") filter();
}

function settle() {
  for (const [id, html] of waiting) {
    if (isRead(document.getElementById(id))) continue;
    waiting.delete(id);
    put(id, html);
  }
}

const events = new EventSource(location.pathname);
events.onopen = () => say("live", "on");
events.onerror = () => say("the gateway does not answer; trying again", "off");
events.onmessage = message => {
  say("live", "on");
  for (const [id, html] of Object.entries(JSON.parse(message.data))) waiting.set(id, html);
  settle();
};
document.addEventListener("selectionchange", settle);
search.addEventListener("input", filter);

document.addEventListener("keydown", event => {
  if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && event.target === search) {
    search.value = "";
    filter();
  }
});

document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.firstChild.data = "copied";
  } catch { // not on plain http from another machine: the text is marked, to be copied by hand
    getSelection().selectAllChildren(button.previousElementSibling);
    button.firstChild.data = "marked";
  }
  setTimeout(() => { button.firstChild.data = "copy"; }, 1500);
});
filter();
