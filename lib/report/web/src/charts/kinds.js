// SPDX-License-Identifier: Apache-2.0
// Outcome of the accesses to each kind of artefact, as shares of a whole bar.
import { count, share, tooltip, words } from "../format.js";
import { axis, base } from "../theme.js";

const OUTCOMES = ["hits", "covered", "misses"];

export function kinds(result, colours, width) {
  const names = Object.keys(result.kinds);
  const narrow = width < 560;
  const colour = { hits: colours.tiers[0], covered: colours.covered, misses: colours.miss };
  const option = {
    ...base(colours, "Hits, covered accesses and misses by kind; the same figures are in the table below."),
    grid: { left: 0, right: 16, top: 36, bottom: 0, containLabel: true },
    xAxis: axis(colours, {
      type: "value",
      min: 0,
      max: 1,
      interval: 0.25,
      axisLabel: { color: colours.soft, formatter: (value) => `${Math.round(value * 100)}%` },
    }),
    yAxis: axis(colours, {
      type: "category",
      inverse: true,
      data: names,
      axisLabel: {
        color: colours.ink,
        fontSize: narrow ? 11 : 13,
        formatter: words,
        ...(narrow ? { width: 104, overflow: "break", lineHeight: 13 } : {}),
      },
    }),
    series: OUTCOMES.map((outcome) => ({
      name: outcome,
      type: "bar",
      stack: "outcome",
      barWidth: narrow ? 18 : 20,
      itemStyle: { color: colour[outcome], borderColor: colours.paper, borderWidth: 1 },
      data: names.map((name) => {
        const kind = result.kinds[name];
        const ratio = kind.accesses > 0 ? kind[outcome] / kind.accesses : 0;
        return { value: ratio, label: { show: ratio >= (narrow ? 0.22 : 0.09) } };
      }),
      label: { color: outcome === "covered" ? "#17202b" : "#fff", fontSize: 12, formatter: ({ value }) => share(value) },
    })),
  };
  option.tooltip.formatter = ({ name, seriesName, value }) => {
    const kind = result.kinds[name];
    return tooltip(words(name), [[seriesName, `${count(kind[seriesName])} (${share(value)})`], ["accesses", count(kind.accesses)]]);
  };
  return { option, height: 64 + names.length * (narrow ? 38 : 34) };
}
