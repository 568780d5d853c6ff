// SPDX-License-Identifier: Apache-2.0
// Ratios of a comparison with their intervals, the largest differences first; 1 is equal.
import { tooltip } from "../format.js";
import { axis, base, nameLabels } from "../theme.js";

const MOST_ROWS = 40;

function whisker(params, api) {
  const y = api.value(2);
  const from = api.coord([api.value(0), y]);
  const to = api.coord([api.value(1), y]);
  const style = { stroke: api.visual("color"), lineWidth: 2 };
  const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
  return {
    type: "group",
    children: [
      line(from[0], from[1], to[0], to[1]),
      line(from[0], from[1] - 5, from[0], from[1] + 5),
      line(to[0], to[1] - 5, to[0], to[1] + 5),
    ],
  };
}

export function forest(result, colours, width) {
  const rows = result.rows
    .filter((row) => row.ratio != null && row.ratio > 0 && row.ratio !== 1)
    .sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)))
    .slice(0, MOST_ROWS);
  const ends = rows.flatMap((row) => [row.ratio, ...(row.interval ?? [])]).filter((value) => value > 0);
  const reach = Math.max(1.05, ...ends.map((value) => Math.max(value, 1 / value))) ** 1.08;
  const decides = (row) => (row.interval ? row.interval[0] > 1 || row.interval[1] < 1 : !row.interval_basis);
  const log = Math.log2; // half and twice lie equally far from 1
  const text = (value) => `${Number(value.toPrecision(4))}`;
  const option = {
    ...base(colours, "Ratios B / A, the largest differences first; the same figures are in the table below."),
    grid: { left: 0, right: 24, top: 8, bottom: 36, containLabel: true },
    xAxis: axis(colours, {
      type: "value",
      min: -log(reach),
      max: log(reach),
      splitNumber: 6,
      name: "B / A",
      nameLocation: "middle",
      nameGap: 28,
      axisLabel: { color: colours.soft, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (value) => `${Number((2 ** value).toPrecision(3))}` },
    }),
    yAxis: axis(colours, {
      type: "category",
      inverse: true,
      data: rows.map((row) => row.path),
      axisLabel: { ...nameLabels(colours, width), width: Math.round(width * 0.42) },
      splitLine: { show: true, lineStyle: { color: colours.line, type: "dotted" } },
    }),
    series: [
      {
        type: "custom",
        renderItem: whisker,
        itemStyle: { color: colours.soft },
        encode: { x: [0, 1], y: 2 },
        data: rows.flatMap((row, i) => (row.interval ? [[log(row.interval[0]), log(row.interval[1]), i]] : [])),
        silent: true,
      },
      {
        type: "scatter",
        symbolSize: 11,
        data: rows.map((row, i) => ({
          value: [log(row.ratio), i],
          symbol: row.interval ? "circle" : "diamond",
          itemStyle: { color: decides(row) ? colours.accent : colours.covered },
        })),
        markLine: {
          silent: true,
          symbol: "none",
          label: { show: false },
          lineStyle: { color: colours.soft, type: "solid", width: 1 },
          data: [{ xAxis: 0 }],
        },
      },
    ],
  };
  delete option.legend;
  option.tooltip.formatter = ({ value }) => {
    const row = rows[value[1]];
    return tooltip(row.path, [
      ["A", text(row.a)],
      ["B", text(row.b)],
      ["B / A", text(row.ratio)],
      ...(row.interval ? [["interval", `${text(row.interval[0])} to ${text(row.interval[1])}`]] : []),
    ]);
  };
  return { option, height: 70 + rows.length * 24 };
}
