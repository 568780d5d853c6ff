// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them: three significant digits, a unit, never a bare "0" for something absent.

const ABSENT = "–";

function significant(value) {
  return Number(value.toPrecision(3)).toString();
}

export function bytes(value) {
  if (value == null) return ABSENT;
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${significant(value)} ${units[unit]}`;
}

export function duration(ns) {
  if (ns == null) return ABSENT;
  if (ns === 0) return "0";
  if (ns < 0) return `-${duration(-ns)}`;
  if (ns >= 120e9) {
    const seconds = Math.round(ns / 1e9);
    const rest = seconds % 60;
    return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
  }
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) {
    if (ns >= size) return `${significant(ns / size)} ${unit}`;
  }
  return `${significant(ns)} ns`;
}

export function count(value) {
  return value == null ? ABSENT : value.toLocaleString("en-US");
}

export function share(ratio) {
  return ratio == null ? ABSENT : `${(ratio * 100).toFixed(1)}%`;
}

export function words(key) {
  return key.replaceAll("_", " ");
}

// Tooltips are HTML, and names come from traces: everything that is not ours goes through here.
export function safe(text) {
  const element = document.createElement("span");
  element.textContent = String(text);
  return element.innerHTML;
}

export function tooltip(title, rows) {
  const lines = rows.map(([name, value]) => `${safe(name)}&ensp;<b>${safe(value)}</b>`);
  return [`<b>${safe(title)}</b>`, ...lines].join("<br>");
}
