// SPDX-License-Identifier: Apache-2.0
// Latency by percentile on an axis of log(1/(1-q)), so that each further nine takes the same room.
import { duration, tooltip, words } from "../format.js";
import { axis, base, legendRows } from "../theme.js";

const SUMMARY = [["p50_ns", 0.5], ["p90_ns", 0.9], ["p99_ns", 0.99], ["p999_ns", 0.999]];
const DASHES = { measured: "solid", emulated: [6, 3], modelled: [2, 3] };

function nines(q) {
  return -Math.log10(1 - q);
}

function percentile(x) {
  const missing = 10 ** -x;
  return `p${Number(((1 - missing) * 100).toFixed(Math.max(0, Math.ceil(x) - 2)))}`;
}

// From the buckets where there are any, as far as the count bears: the last value stands for one record.
function points(summary) {
  const last = nines(1 - 1 / Math.max(summary.count, 2));
  if (summary.buckets.length === 0) {
    return SUMMARY.map(([key, q]) => [nines(q), summary[key]]).filter(([x]) => x <= last + 1e-9);
  }
  const line = [];
  let seen = 0;
  for (const [value, number] of summary.buckets) {
    const x = nines(Math.min(seen / summary.count, 1 - 1e-12));
    line.push([x, Math.max(value, 1)]);
    seen += number;
  }
  line.push([Math.max(last, line[line.length - 1][0]), Math.max(summary.max_ns, 1)]);
  return line;
}

export function latency(result, colours, width) {
  const names = Object.keys(result.latency).filter((name) => result.latency[name].count > 0);
  const extra = [colours.accent, colours.covered];
  const fixed = { miss: colours.miss, request: colours.ink, request_service: colours.soft };
  let spare = 0;
  const colourOf = (name) => {
    const tier = result.tiers.findIndex((item) => item.name === name);
    if (tier >= 0) return colours.tiers[tier % 3];
    return fixed[name] ?? extra[spare++ % extra.length];
  };
  const narrow = width < 560;
  const lines = names.map((name) => ({ name, colour: colourOf(name), summary: result.latency[name] }));
  const rows = legendRows(lines.map(({ name, summary }) => `${name} (${summary.basis})`), width);
  const data = lines.map(({ summary }) => points(summary));
  const furthest = Math.max(...data.map((line) => line[line.length - 1][0]));
  const option = {
    ...base(colours, "Latency percentiles; the main ones are in the table below."),
    grid: { left: 0, right: 20, top: 24 + 24 * rows, bottom: 36, containLabel: true },
    xAxis: axis(colours, {
      type: "value",
      min: 0,
      max: Math.ceil(furthest * 4 + 0.2) / 4,
      name: "percentile",
      nameLocation: "middle",
      nameGap: 28,
      interval: 1,
      axisLabel: { color: colours.soft, showMaxLabel: false, formatter: (x) => (x === 0 ? "min" : percentile(x)) },
    }),
    yAxis: axis(colours, {
      type: "log",
      axisLabel: { color: colours.soft, formatter: (value) => duration(value) },
    }),
    series: lines.map(({ name, colour, summary }, i) => ({
      name: `${words(name)} (${summary.basis})`,
      type: "line",
      step: summary.buckets.length > 0 ? "end" : false,
      symbol: summary.buckets.length === 0 ? "circle" : "none",
      data: data[i],
      lineStyle: { width: 2, color: colour, type: DASHES[summary.basis] ?? "solid" },
      itemStyle: { color: colour },
    })),
  };
  option.legend = { ...option.legend, icon: undefined, itemWidth: 26, itemHeight: 2 };
  option.tooltip.trigger = "axis";
  option.tooltip.formatter = (items) =>
    tooltip(percentile(items[0].value[0]), items.map((item) => [item.seriesName, duration(item.value[1])]));
  return { option, height: (narrow ? 320 : 360) + 24 * rows };
}
