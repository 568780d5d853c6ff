// SPDX-License-Identifier: Apache-2.0
// A run beside its bounds, and what became of prefetched bytes.
import { bytes, count, duration, share, tooltip, words } from "../format.js";
import { axis, base, legendRows, nameLabels, nth } from "../theme.js";

export function bounds(result, colours, width) {
  const { bounds: limits, totals } = result;
  const rows = [
    ["this run", totals.saved_ns, colours.accent],
    ["bound, these tiers", limits.saved_ns, colours.covered],
    ["infinite first tier", limits.infinite_saved_ns, colours.covered],
  ].filter(([, value]) => value != null);
  const option = {
    ...base(colours, "Modelled time saved beside its bounds; the same figures are in the table below."),
    grid: { left: 0, right: 84, top: 4, bottom: 4, containLabel: true },
    xAxis: axis(colours, { type: "value", min: (range) => Math.min(0, range.min), axisLabel: { show: false }, splitLine: { show: false } }),
    yAxis: axis(colours, { type: "category", inverse: true, data: rows.map(([name]) => name), axisLabel: nameLabels(colours, width) }),
    series: [{
      type: "bar",
      barWidth: 16,
      data: rows.map(([, value, color]) => ({ value, itemStyle: { color, borderRadius: [0, 3, 3, 0] } })),
      label: { show: true, position: "right", color: colours.ink, formatter: ({ value }) => duration(value) },
    }],
  };
  delete option.legend;
  option.tooltip.formatter = ({ name, value }) => tooltip(name, [["saved, modelled", duration(value)]]);
  return { option, height: 20 + rows.length * 34 };
}

const ENDS = ["used", "late", "evicted_unused", "cancelled", "no_space", "corrupt"];

export function prefetch(result, colours, width) {
  const { issued, ...ends } = result.prefetch;
  const shown = ENDS.filter((end) => ends[end].bytes > 0);
  const rows = legendRows(shown.map(words), width);
  const option = {
    ...base(colours, "Bytes prefetched by how they ended; the same figures are in the table below."),
    grid: { left: 0, right: 16, top: 12 + 24 * rows, bottom: 4, containLabel: true },
    xAxis: axis(colours, { type: "value", min: 0, max: 1, interval: 0.25, axisLabel: { color: colours.soft, formatter: (value) => `${Math.round(value * 100)}%` } }),
    yAxis: axis(colours, { type: "category", data: ["bytes"], axisLabel: { color: colours.ink } }),
    series: shown.map((end) => ({
      name: words(end),
      type: "bar",
      stack: "ends",
      barWidth: 26,
      itemStyle: { color: nth(colours, ENDS.indexOf(end)).colour, borderColor: colours.paper, borderWidth: 1 },
      data: [ends[end].bytes / issued.bytes],
    })),
  };
  option.tooltip.formatter = ({ seriesIndex }) => {
    const end = shown[seriesIndex];
    return tooltip(words(end), [
      ["bytes", `${bytes(ends[end].bytes)} (${share(ends[end].bytes / issued.bytes)})`],
      ["prefetches", count(ends[end].count)],
    ]);
  };
  return { option, height: 76 + 24 * rows };
}
