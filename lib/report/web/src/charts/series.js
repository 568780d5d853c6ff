// SPDX-License-Identifier: Apache-2.0
// The run over time: hit ratio of each interval, and how full the tiers were. Warm-up is shaded and named.
import { bytes, count, duration, share, tooltip } from "../format.js";
import { axis, base } from "../theme.js";

function warmup(series, colours) {
  const warm = series.filter((point) => point.warmup);
  if (warm.length === 0) return undefined;
  return {
    silent: true,
    itemStyle: { color: colours.shade },
    label: { show: true, position: "insideTop", color: colours.soft, fontSize: 12 },
    data: [[{ name: "warm-up", xAxis: 0 }, { xAxis: warm[warm.length - 1].t_ns }]],
  };
}

function timeAxis(series, colours) {
  return axis(colours, {
    type: "value",
    min: 0,
    max: series[series.length - 1].t_ns,
    splitNumber: 5,
    splitLine: { show: false },
    axisLabel: { color: colours.soft, hideOverlap: true, formatter: (value) => duration(value), showMaxLabel: false },
  });
}

function shareAxis(colours) {
  return axis(colours, {
    type: "value",
    min: 0,
    max: 1,
    interval: 0.25,
    axisLabel: { color: colours.soft, formatter: (value) => `${Math.round(value * 100)}%` },
  });
}

export function progress(result, colours) {
  const { series } = result;
  const option = {
    ...base(colours, "Hit ratio and served ratio of each interval; the same figures are in the table below."),
    grid: { left: 0, right: 16, top: 40, bottom: 8, containLabel: true },
    xAxis: timeAxis(series, colours),
    yAxis: shareAxis(colours),
    series: [
      {
        name: "hit ratio",
        type: "line",
        symbol: series.length < 3 ? "circle" : "none",
        sampling: "lttb",
        data: series.map((point) => [point.t_ns, point.hit_ratio]),
        lineStyle: { width: 2, color: colours.tiers[0] },
        itemStyle: { color: colours.tiers[0] },
        markArea: warmup(series, colours),
      },
      {
        name: "served ratio",
        type: "line",
        symbol: series.length < 3 ? "circle" : "none",
        sampling: "lttb",
        data: series.map((point) => [point.t_ns, point.accesses > 0 ? (point.hits + point.covered) / point.accesses : null]),
        lineStyle: { width: 2, color: colours.covered, type: [6, 3] },
        itemStyle: { color: colours.covered },
      },
    ],
  };
  option.legend = { ...option.legend, icon: undefined, itemWidth: 26, itemHeight: 2 };
  option.tooltip.trigger = "axis";
  option.tooltip.formatter = (items) => {
    const point = series[items[0].dataIndex];
    return tooltip(`until ${duration(point.t_ns)}${point.warmup ? ", warm-up" : ""}`, [
      ...items.map((item) => [item.seriesName, share(item.value[1])]),
      ["accesses", count(point.accesses)],
      ["misses", count(point.misses)],
    ]);
  };
  return { option, height: 280 };
}

export function occupancy(result, colours) {
  const { series, tiers } = result;
  const option = {
    ...base(colours, "How full each tier was at the end of each interval; the same figures are in the table below."),
    grid: { left: 0, right: 16, top: 40, bottom: 8, containLabel: true },
    xAxis: timeAxis(series, colours),
    yAxis: shareAxis(colours),
    series: tiers.map((tier, i) => ({
      name: `${tier.name} of ${bytes(tier.capacity_bytes)}`,
      type: "line",
      symbol: series.length < 3 ? "circle" : "none",
      sampling: "lttb",
      data: series.map((point) => [
        point.t_ns,
        tier.capacity_bytes > 0 && point.used_bytes.length > i ? point.used_bytes[i] / tier.capacity_bytes : null,
      ]),
      lineStyle: { width: 2, color: colours.tiers[i % 3], type: ["solid", [6, 3], [2, 3]][i % 3] },
      itemStyle: { color: colours.tiers[i % 3] },
      markArea: i === 0 ? warmup(series, colours) : undefined,
    })),
  };
  option.legend = { ...option.legend, icon: undefined, itemWidth: 26, itemHeight: 2 };
  option.tooltip.trigger = "axis";
  option.tooltip.formatter = (items) => {
    const point = series[items[0].dataIndex];
    return tooltip(`at ${duration(point.t_ns)}`, items.map((item) => [
      tiers[item.seriesIndex].name,
      `${bytes(point.used_bytes[item.seriesIndex])} (${share(item.value[1])})`,
    ]));
  };
  return { option, height: 260 };
}
