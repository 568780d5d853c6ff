// SPDX-License-Identifier: Apache-2.0
// Precision against recall over all distances, and what each alteration loses by distance.
import { share, tooltip } from "../format.js";
import { axis, base, legendRows, nth } from "../theme.js";

const LOOKS = [
  ["plain", "by pHash"],
  ["confirmed", "with a second look"],
];

function plot(colours, width, lines, description) {
  const rows = legendRows(lines.map((line) => line.name), width);
  const option = {
    ...base(colours, description),
    grid: { left: 0, right: 24, top: 16 + 24 * rows, bottom: 36, containLabel: true },
    series: lines.map((line, i) => {
      const { colour, dash, symbol } = nth(colours, i);
      return {
        name: line.name,
        type: "line",
        symbol,
        symbolSize: 6,
        lineStyle: { width: 2, color: colour, type: dash },
        itemStyle: { color: colour },
        data: line.data,
      };
    }),
  };
  option.legend = { ...option.legend, icon: undefined, itemWidth: 26 };
  option.tooltip.trigger = "item";
  return { option, height: (width < 560 ? 300 : 360) + 24 * rows };
}

function shareAxis(colours, name) {
  return axis(colours, {
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 30,
    max: 1,
    axisLabel: { color: colours.soft, formatter: (value) => share(value) },
  });
}

export function precision(result, colours, width) {
  const lines = result.curves
    .filter((curve) => curve.sort === "pooled")
    .flatMap((curve) =>
      LOOKS.map(([look, words]) => ({
        name: `${curve.name}, ${words}`,
        data: curve.points
          .filter((point) => point[look].precision != null)
          .map((point) => [point[look].recall, point[look].precision, point.max_distance]),
      })),
    );
  const drawn = plot(colours, width, lines, "Precision by recall, a point for each largest distance; the same figures are in the table below.");
  drawn.option.xAxis = { ...shareAxis(colours, "recall"), min: 0 };
  drawn.option.yAxis = { ...shareAxis(colours, ""), min: (range) => Math.max(0, Math.floor(range.min * 10) / 10) };
  drawn.option.tooltip.formatter = ({ seriesName, value }) =>
    tooltip(seriesName, [
      ["up to", `${value[2]} bits`],
      ["recall", share(value[0])],
      ["precision", share(value[1])],
    ]);
  return drawn;
}

export function recall(result, colours, width) {
  const lines = result.curves
    .filter((curve) => curve.sort !== "pooled")
    .map((curve) => {
      const queries = curve.queries_with_original || curve.queries_without_original;
      const key = curve.queries_with_original ? "right" : "wrong";
      return { name: curve.name, data: curve.points.map((point) => [point.max_distance, point.plain[key] / queries]) };
    });
  const drawn = plot(colours, width, lines, "Share of each alteration and other view that is accepted, by largest distance; the table below has the figures of a few.");
  drawn.option.xAxis = axis(colours, { type: "value", name: "bits", nameLocation: "middle", nameGap: 26, max: 32 });
  drawn.option.yAxis = { ...shareAxis(colours, ""), min: 0 };
  drawn.option.tooltip.formatter = ({ seriesName, value }) =>
    tooltip(seriesName, [
      ["up to", `${value[0]} bits`],
      ["accepted", share(value[1])],
    ]);
  return drawn;
}
