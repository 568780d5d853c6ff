// SPDX-License-Identifier: Apache-2.0
// Modelled against measured service time, side by side, on a logarithmic axis: ratios show as distances.
import { count, duration, share, tooltip, words } from "../format.js";
import { axis, base } from "../theme.js";

export function model(result, colours, width) {
  const rows = result.model_check;
  const narrow = width < 560;
  const dots = (key, name, symbol, colour) => ({
    name,
    type: "line",
    symbol,
    symbolSize: 13,
    lineStyle: { width: 0, opacity: 0 },
    itemStyle: { color: colour, borderColor: colour, borderWidth: 2 },
    data: rows.map((row, i) => [row[key] > 0 ? row[key] : null, i]),
  });
  const option = {
    ...base(colours, "Modelled and measured mean service time; the same figures are in the table below."),
    grid: { left: 0, right: 24, top: 40, bottom: 4, containLabel: true },
    xAxis: axis(colours, {
      type: "log",
      axisLabel: { color: colours.soft, formatter: (value) => duration(value) },
    }),
    yAxis: axis(colours, {
      type: "category",
      inverse: true,
      data: rows.map((row) => `${row.tier} · ${words(row.kind)}`),
      axisLabel: {
        color: colours.ink,
        fontSize: narrow ? 11 : 13,
        ...(narrow ? { width: 116, overflow: "break", lineHeight: 13 } : {}),
      },
      splitLine: { show: true, lineStyle: { color: colours.line, type: "dotted" } },
    }),
    series: [
      dots("predicted_ns", "modelled", "emptyCircle", colours.tiers[0]),
      dots("measured_ns", "by the clock", "diamond", colours.miss),
    ],
  };
  option.legend = { ...option.legend, icon: undefined, itemWidth: 16 };
  option.tooltip.trigger = "item";
  option.tooltip.formatter = ({ value }) => {
    const row = rows[value[1]];
    return tooltip(`${row.tier} · ${words(row.kind)}`, [
      ["modelled", duration(row.predicted_ns)],
      ["by the clock", duration(row.measured_ns)],
      ["difference", share(row.error_ratio)],
      ["accesses", count(row.count)],
    ]);
  };
  return { option, height: 80 + rows.length * (narrow ? 40 : 34) };
}
