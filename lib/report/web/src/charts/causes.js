// SPDX-License-Identifier: Apache-2.0
// Why accesses missed; causes that did not occur are left to the table.
import { count, share, tooltip, words } from "../format.js";
import { axis, base } from "../theme.js";

export function causes(result, colours) {
  const total = result.totals.misses;
  const rows = Object.entries(result.misses_by_cause).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
  const option = {
    ...base(colours, "Misses by cause; the same figures are in the table below."),
    grid: { left: 0, right: 130, top: 4, bottom: 4, containLabel: true },
    xAxis: axis(colours, { type: "value", min: 0, axisLabel: { show: false }, splitLine: { show: false } }),
    yAxis: axis(colours, {
      type: "category",
      inverse: true,
      data: rows.map(([name]) => words(name)),
      axisLabel: { color: colours.ink, fontSize: 13 },
    }),
    series: [{
      type: "bar",
      barWidth: 18,
      itemStyle: { color: colours.miss, borderRadius: [0, 3, 3, 0] },
      data: rows.map(([, value]) => value),
      label: {
        show: true,
        position: "right",
        color: colours.ink,
        formatter: ({ value }) => `${count(value)} · ${share(value / total)}`,
      },
    }],
  };
  delete option.legend;
  option.tooltip.formatter = ({ name, value }) => tooltip(name, [["misses", count(value)], ["of all", share(value / total)]]);
  return { option, height: 16 + Math.max(rows.length, 1) * 34 };
}
