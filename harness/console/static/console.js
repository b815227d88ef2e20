// Keeps a page of the console fresh and uploads what is dropped on it. Reading works without this file.
"use strict";

const REFRESH_EVERY = 500; // ms at least, however much happens
const UPLOADS_AT_ONCE = 3;

// --- times: relative where they are recent, local where not --------------------------------------------------------

function inWords(moment, now) {
  const seconds = Math.round((now - moment) / 1000);
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  const sameDay = moment.toDateString() === new Date(now).toDateString();
  return sameDay ? moment.toLocaleTimeString() : moment.toLocaleString();
}

function tellTimes() {
  const now = Date.now();
  for (const element of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const text = inWords(moment, now);
    if (element.textContent !== text) element.textContent = text;
    element.title = moment.toLocaleString();
  }
}

// --- refresh: the server's new page is merged into the one that is shown, so that videos play on -------------------

function merge(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.hasAttribute("data-keep")) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open" && !name.startsWith("data-js-")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (!old.hasAttribute("data-keep-children")) mergeChildren(old, fresh);
}

function mergeChildren(old, fresh) {
  const wanted = [...fresh.childNodes];
  const ids = new Set(wanted.map((node) => node.id).filter(Boolean));
  const known = new Map([...old.children].filter((node) => node.id).map((node) => [node.id, node]));
  let next = old.firstChild;
  const skipGone = () => {
    while (next && next.id && !ids.has(next.id)) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
  };
  for (const node of wanted) {
    skipGone();
    const match = node.id ? known.get(node.id) : next && !next.id && next.nodeName === node.nodeName ? next : null;
    if (!match) {
      old.insertBefore(node, next);
      continue;
    }
    if (match === next) next = next.nextSibling;
    else old.insertBefore(match, next);
    merge(match, node);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

const refresh = { running: false, again: false, last: 0, timer: 0 };

async function refreshNow() {
  refresh.timer = 0;
  if (refresh.running) {
    refresh.again = true;
    return;
  }
  refresh.running = true;
  refresh.last = Date.now();
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of [".tabs", "#main"]) merge(document.querySelector(part), fresh.querySelector(part));
      tellTimes();
    }
  } catch {
    // The cloud is stopped; the stream of events says when it is back.
  }
  refresh.running = false;
  if (refresh.again) {
    refresh.again = false;
    refreshSoon();
  } else if (document.querySelector("[data-poll]") && stream) {
    refreshSoon(REFRESH_EVERY);
  }
}

function refreshSoon(delay = 60) {
  if (refresh.timer) return;
  refresh.timer = setTimeout(refreshNow, Math.max(delay, refresh.last + REFRESH_EVERY - Date.now()));
}

// --- live: server-sent events, only while somebody looks (browsers allow six connections to a host) ----------------

let stream = null;

function tellLive(state, words) {
  const live = document.getElementById("live");
  live.hidden = false;
  live.className = `live ${state}`;
  live.textContent = words;
}

function listen() {
  if (stream) return;
  stream = new EventSource("/_admin/events");
  stream.onopen = () => {
    tellLive("on", "live");
    refreshSoon();
  };
  stream.onerror = () => tellLive("off", "not reachable, trying again");
  stream.onmessage = () => refreshSoon();
}

function stopListening() {
  if (stream) stream.close();
  stream = null;
  tellLive("", "paused");
}

// --- upload ----------------------------------------------------------------------------------------------------------

const waiting = [];
let uploading = 0;

function enqueue(files) {
  for (const file of files) waiting.push(file);
  startUploads();
}

function startUploads() {
  while (uploading < UPLOADS_AT_ONCE && waiting.length) upload(waiting.shift());
}

function upload(file) {
  const folder = document.getElementById("folder").value.replace(/^\/+|\/+$/g, "");
  const key = folder ? `${folder}/${file.name}` : file.name;
  const bucket = document.getElementById("bucket").value;
  const item = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  name.className = "name";
  name.textContent = `oss://${bucket}/${key}`;
  bar.max = 1;
  bar.value = 0;
  item.append(name, bar);
  document.getElementById("uploads").append(item);

  const call = new XMLHttpRequest();
  const ended = (problem) => {
    uploading -= 1;
    if (problem) {
      const words = document.createElement("span");
      words.className = "bad-text";
      words.textContent = problem;
      bar.remove();
      item.append(words);
    } else {
      item.remove();
    }
    startUploads();
    refreshSoon();
  };
  call.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
  call.onload = () => ended(call.status === 201 ? "" : reason(call));
  call.onerror = () => ended("The upload broke off: is the local cloud running, and is this a file?");
  call.open("PUT", `/_admin/objects?bucket=${encodeURIComponent(bucket)}&key=${encodeURIComponent(key)}`);
  if (file.type) call.setRequestHeader("Content-Type", file.type);
  uploading += 1;
  call.send(file);
}

function reason(call) {
  try {
    const { code, message } = JSON.parse(call.responseText).error;
    return `${code}: ${message}`;
  } catch {
    return `Refused with status ${call.status}`;
  }
}

function acceptDrops() {
  const zone = () => document.getElementById("drop");
  let depth = 0;
  const isFiles = (event) => zone() && event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (isFiles(event)) zone().classList.toggle("over", ++depth > 0);
  });
  document.addEventListener("dragleave", (event) => {
    if (isFiles(event)) zone().classList.toggle("over", --depth > 0);
  });
  document.addEventListener("dragover", (event) => { if (isFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    depth = 0;
    zone().classList.remove("over");
    enqueue(event.dataTransfer.files);
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "files") return;
    enqueue(event.target.files);
    event.target.value = "";
  });
  document.addEventListener("submit", (event) => { if (event.target.id === "drop") event.preventDefault(); });
}

// --- videos: a first picture that tells something, and a word about those that the browser cannot play -------------

function tend(video) {
  if (video.nodeName !== "VIDEO") return;
  const plays = !video.error && video.videoWidth > 0;
  video.parentNode.toggleAttribute("data-js-unplayable", !plays);
  if (!plays || video.currentTime > 0) return;
  video.currentTime = Math.min(1, video.duration / 3); // many begin in black
  video.addEventListener("play", () => { video.currentTime = 0; }, { once: true });
}

function tendVideos() {
  for (const kind of ["error", "loadedmetadata"]) document.addEventListener(kind, (event) => tend(event.target), true);
  for (const video of document.querySelectorAll("video")) if (video.error || video.readyState > 0) tend(video);
}

// --- start -----------------------------------------------------------------------------------------------------------

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.nodeName === "DETAILS") {
    target.open = true;
    target.scrollIntoView();
  }
}

tellTimes();
setInterval(tellTimes, 1000);
tendVideos();
acceptDrops();
openTarget();
window.addEventListener("hashchange", openTarget);
document.addEventListener("visibilitychange", () => (document.hidden ? stopListening() : listen()));
window.addEventListener("pagehide", stopListening);
window.addEventListener("pageshow", listen);
if (!document.hidden) listen();
