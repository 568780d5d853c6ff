// SPDX-License-Identifier: Apache-2.0
// The charts of a sweep. A score is a mean miss ratio (less is better) or a mean saved time (more is better).
import { bytes, count, duration, share, tooltip, words } from "../format.js";
import { axis, base, legendRows, nameLabels, nth } from "../theme.js";

const MOST_BARS = 24;

function saves(result) {
  return result.metric === "saved_ns";
}

function scoreText(result, value) {
  return saves(result) ? duration(value) : value.toFixed(4);
}

function scoreName(result) {
  return saves(result) ? "mean saved time (modelled)" : "mean miss ratio";
}

function sizeText(result, value) {
  return result.unit_size ? count(Math.round(value)) : bytes(value);
}

function sizeName(result) {
  return result.unit_size ? "entries" : "capacity";
}

// Sizes spread over more than a decade are read on a logarithmic axis.
function sizeAxis(result, colours, values, name) {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const spread = least > 0 && most / least > 10;
  return axis(colours, {
    type: spread ? "log" : "value",
    logBase: result.unit_size ? 10 : 2,
    min: spread ? least / 1.6 : 0,
    max: spread ? most * 1.6 : undefined,
    name,
    nameLocation: "middle",
    nameGap: 28,
    splitNumber: 4,
    splitLine: { show: false },
    axisLabel: { color: colours.soft, hideOverlap: true, formatter: (value) => sizeText(result, value), showMinLabel: spread ? false : undefined, showMaxLabel: spread ? false : undefined },
  });
}

function shortened(name, most) {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

// A setting ends in its capacity where that is an axis: people read it with a unit.
function settingName(result, name) {
  return result.unit_size ? name : name.replace(/(^|\/ )(\d{4,})$/, (_, before, size) => before + bytes(Number(size)));
}

// Axes of times count in one unit, so that their marks are round.
function timeUnit(values) {
  const most = Math.max(...values.map(Math.abs));
  return [["h", 3600e9], ["min", 60e9], ["s", 1e9], ["ms", 1e6], ["µs", 1e3]].find(([, size]) => most >= 2 * size) ?? ["ns", 1];
}

function timeLabels(unit) {
  return (value) => `${Number(value.toPrecision(4))} ${unit}`;
}

function scoreAxis(result, colours, values) {
  const [unit, size] = saves(result) ? timeUnit(values) : ["", 1];
  const least = Math.min(...values) / size;
  const most = Math.max(...values) / size;
  const room = (most - least) * 0.15 || Math.abs(most) * 0.08 || 1;
  return axis(colours, {
    type: "value",
    min: saves(result) ? least - room : Math.max(0, least - room),
    max: saves(result) ? most + room : Math.min(1, most + room),
    axisLabel: { color: colours.soft, showMinLabel: false, showMaxLabel: false, formatter: saves(result) ? timeLabels(unit) : (value) => value.toFixed(3) },
  });
}

function bars(result, colours, width, rows, { value, text, colour, description, detail }) {
  const shown = rows.slice(0, MOST_BARS);
  const option = {
    ...base(colours, description),
    grid: { left: 0, right: 84, top: 4, bottom: 4, containLabel: true },
    xAxis: axis(colours, {
      type: "value",
      min: (range) => Math.min(0, range.min),
      axisLabel: { show: false },
      splitLine: { show: false },
    }),
    yAxis: axis(colours, {
      type: "category",
      inverse: true,
      data: shown.map((row) => row.name),
      axisLabel: nameLabels(colours, width),
    }),
    series: [{
      type: "bar",
      barWidth: 15,
      data: shown.map((row, i) => ({
        value: value(row),
        itemStyle: { color: colour(row, i), borderRadius: [0, 3, 3, 0] },
      })),
      label: { show: true, position: "right", color: colours.ink, formatter: ({ dataIndex }) => text(shown[dataIndex]) },
    }],
  };
  delete option.legend;
  option.tooltip.formatter = ({ dataIndex }) => tooltip(shown[dataIndex].name, detail(shown[dataIndex]));
  return { option, height: 20 + shown.length * 28 };
}

export function ranking(result, colours, width) {
  return bars(result, colours, width, result.ranking, {
    value: (row) => row.score,
    text: (row) => scoreText(result, row.score),
    colour: (row, i) => (i === 0 ? colours.accent : colours.covered),
    description: `Candidates by ${scoreName(result)}; the same figures are in the table below.`,
    detail: (row) => [
      [scoreName(result), scoreText(result, row.score)],
      ["best in", `${row.cells_won} of ${row.cells} settings`],
      ["most behind the best", share(row.worst_behind_ratio)],
      ["regret", share(row.regret_ratio)],
    ],
  });
}

export function regret(result, colours, width) {
  const rows = result.ranking.filter((row) => row.regret_ratio != null);
  return bars(result, colours, width, rows, {
    value: (row) => row.regret_ratio,
    text: (row) => share(row.regret_ratio),
    colour: (row, i) => (i === 0 ? colours.accent : colours.covered),
    description: "Mean regret of each candidate, modelled; the ranking's table holds the same figures.",
    detail: (row) => [["mean regret", share(row.regret_ratio)], [scoreName(result), scoreText(result, row.score)]],
  });
}

export function pareto(result, colours, width) {
  const points = result.pareto;
  const front = points.filter((point) => point.on_front);
  const narrow = width < 560;
  const size = saves(result) ? timeUnit(points.map((point) => point.score))[1] : 1;
  const item = (point) => ({ name: point.name, value: [point.l1_bytes, point.score / size] });
  const option = {
    ...base(colours, "Settings by bytes of L1 and score; the same figures are in the table below."),
    grid: { left: 0, right: narrow ? 24 : 60, top: 56, bottom: 36, containLabel: true },
    xAxis: sizeAxis(result, colours, points.map((point) => point.l1_bytes), result.unit_size ? "entries of the uppermost tier" : "bytes of the uppermost tier"),
    yAxis: { ...scoreAxis(result, colours, points.map((point) => point.score)), name: scoreName(result), nameLocation: "end", nameTextStyle: { color: colours.soft, align: "left", fontSize: 12 } },
    series: [
      {
        name: "dominated",
        type: "scatter",
        symbol: "circle",
        symbolSize: 8,
        itemStyle: { color: colours.covered, opacity: 0.8 },
        data: points.filter((point) => !point.on_front).map(item),
      },
      {
        name: "Pareto front",
        type: "line",
        step: "end",
        symbol: "diamond",
        symbolSize: 12,
        lineStyle: { color: colours.accent, width: 2 },
        itemStyle: { color: colours.accent },
        data: front.map(item),
        label: {
          show: !narrow,
          position: saves(result) ? "top" : "bottom",
          color: colours.ink,
          fontSize: 12,
          backgroundColor: colours.paper,
          padding: [1, 3],
          distance: 9,
          formatter: ({ name }) => shortened(settingName(result, name), 26),
        },
        labelLayout: { hideOverlap: true },
      },
    ],
  };
  option.tooltip.trigger = "item";
  option.tooltip.formatter = ({ name, value }) =>
    tooltip(settingName(result, name), [["uppermost tier", sizeText(result, value[0])], [scoreName(result), scoreText(result, value[1] * size)]]);
  return { option, height: narrow ? 320 : 380 };
}

// From the curves where the sweep has them, else from its points, the mean where several share a capacity.
function curvesOf(result) {
  if (result.curves.length > 0) {
    return result.curves.map((curve) => ({
      name: curve.policy,
      points: curve.points.map((point) => [point.capacity, point.miss_ratio, point.error ?? 0]),
    }));
  }
  const lines = new Map();
  for (const point of result.points) {
    if (point.status !== "complete" || point.result.accesses === 0 || point.axes?.slice) continue;
    const name = point.bound ? `${point.policy} (bound)` : point.policy;
    if (!lines.has(name)) lines.set(name, new Map());
    const sums = lines.get(name);
    const sum = sums.get(point.capacity) ?? [0, 0];
    sums.set(point.capacity, [sum[0] + point.result.misses / point.result.accesses, sum[1] + 1]);
  }
  return [...lines].map(([name, sums]) => ({
    name,
    points: [...sums].map(([capacity, [sum, n]]) => [capacity, sum / n, 0]).sort((a, b) => a[0] - b[0]),
  }));
}

function band(line, colour, i) {
  const common = { type: "line", symbol: "none", silent: true, stack: `band-${i}`, lineStyle: { opacity: 0 }, tooltip: { show: false } };
  return [
    { ...common, data: line.points.map(([x, y, error]) => [x, y - error]) },
    { ...common, data: line.points.map(([x, , error]) => [x, 2 * error]), areaStyle: { color: colour, opacity: 0.16 } },
  ];
}

export function curves(result, colours, width) {
  const lines = curvesOf(result);
  const narrow = width < 560;
  const rows = legendRows(lines.map((line) => line.name), width);
  const sizes = lines.flatMap((line) => line.points.map((point) => point[0])).filter((size) => size > 0);
  const option = {
    ...base(colours, "Miss ratio by capacity, a line per policy; the same figures are in the table below."),
    grid: { left: 0, right: 20, top: 16 + 24 * rows, bottom: 36, containLabel: true },
    xAxis: sizeAxis(result, colours, sizes, sizeName(result)),
    yAxis: axis(colours, {
      type: "value",
      min: (range) => Math.max(0, Math.floor(range.min * 10) / 10),
      max: (range) => Math.min(1, Math.ceil(range.max * 10) / 10),
      axisLabel: { color: colours.soft, formatter: (value) => value.toFixed(2) },
    }),
    series: lines.flatMap((line, i) => {
      const { colour, dash, symbol } = nth(colours, i);
      const sampled = line.points.some((point) => point[2] > 0);
      return [
        ...(sampled ? band(line, colour, i) : []),
        {
          name: line.name,
          type: "line",
          symbol: line.points.length > 40 ? "none" : symbol,
          symbolSize: 6,
          lineStyle: { width: 2, color: colour, type: dash },
          itemStyle: { color: colour },
          data: line.points.filter(([size]) => size > 0).map(([x, y]) => [x, y]),
        },
      ];
    }),
  };
  option.legend = { ...option.legend, icon: undefined, itemWidth: 26, data: lines.map((line) => line.name) };
  option.tooltip.trigger = "axis";
  option.tooltip.formatter = (items) =>
    tooltip(sizeText(result, items[0].value[0]), items.filter((item) => item.seriesName !== "").map((item) => [item.seriesName, item.value[1].toFixed(4)]));
  return { option, height: (narrow ? 300 : 360) + 24 * rows };
}

export function heat(result, colours, width) {
  const { x, y, x_axis: across, y_axis: upright, cells } = result.heat_map;
  const narrow = width < 560;
  const known = cells.flat().filter((cell) => cell != null);
  const least = Math.min(...known);
  const most = Math.max(...known);
  const names = Math.round(width / 3);
  const room = (width - Math.min(names, 13 * Math.max(...y.map((name) => name.length)))) / x.length;
  const strength = (cell) => {
    const part = most > least ? (cell - least) / (most - least) : 1;
    return saves(result) ? part : 1 - part;
  };
  const isSize = across.endsWith("capacity") && x.every((value) => /^\d+$/.test(value));
  const option = {
    ...base(colours, `${scoreName(result)} by ${upright} and ${across}; the same figures are in the table below.`),
    grid: { left: 0, right: 8, top: 8, bottom: 30, containLabel: true },
    xAxis: axis(colours, {
      type: "category",
      data: x,
      name: across,
      nameLocation: "middle",
      nameGap: 30,
      axisLabel: { color: colours.ink, fontSize: 12, hideOverlap: true, width: Math.max(room - 6, 24), overflow: "truncate", formatter: (value) => (isSize ? sizeText(result, Number(value)) : value) },
    }),
    yAxis: axis(colours, { type: "category", inverse: true, data: y, axisLabel: nameLabels(colours, width) }),
    visualMap: {
      show: false,
      min: 0,
      max: 1,
      dimension: 2,
      inRange: { color: [colours.line, colours.tiers[0]] },
    },
    series: [{
      type: "heatmap",
      itemStyle: { borderColor: colours.paper, borderWidth: 2 },
      data: cells.flatMap((row, j) => row.flatMap((cell, i) => (cell == null ? [] : [{
        value: [i, j, strength(cell)],
        score: cell,
        label: { color: strength(cell) > 0.55 ? "#ffffff" : colours.ink },
      }]))),
      label: {
        show: room >= (saves(result) ? 62 : 46),
        fontSize: narrow ? 10 : 12,
        formatter: ({ data }) => (saves(result) ? duration(data.score) : data.score.toFixed(3)),
      },
    }],
  };
  delete option.legend;
  option.tooltip.formatter = ({ data }) => tooltip(`${y[data.value[1]]} · ${x[data.value[0]]}`, [[scoreName(result), scoreText(result, data.score)]]);
  return { option, height: 70 + y.length * (y.length > 30 ? 20 : 30) };
}

export function sweepkinds(result, colours, width) {
  const rows = result.candidate_kinds.slice(0, MOST_BARS);
  const saved = (row, kind) => row.kinds[kind]?.saved_ns ?? 0;
  const kinds = [...new Set(rows.flatMap((row) => Object.keys(row.kinds)))].filter((kind) => rows.some((row) => saved(row, kind) !== 0));
  const sums = rows.map((row) => kinds.reduce((sum, kind) => sum + Math.abs(saved(row, kind)), 0));
  const [unit, size] = timeUnit([1, ...sums]);
  const lines = legendRows(kinds.map(words), width);
  const option = {
    ...base(colours, "Modelled saved time by kind of artefact and candidate; the same figures are in the table below."),
    grid: { left: 0, right: 24, top: 16 + 24 * lines, bottom: 4, containLabel: true },
    xAxis: axis(colours, { type: "value", splitNumber: 4, axisLabel: { color: colours.soft, hideOverlap: true, formatter: timeLabels(unit) } }),
    yAxis: axis(colours, {
      type: "category",
      inverse: true,
      data: rows.map((row) => row.name),
      axisLabel: nameLabels(colours, width),
    }),
    series: kinds.map((kind, i) => ({
      name: words(kind),
      type: "bar",
      stack: "kinds",
      barWidth: 16,
      itemStyle: { color: nth(colours, i).colour, borderColor: colours.paper, borderWidth: 1 },
      data: rows.map((row) => saved(row, kind) / size),
    })),
  };
  option.tooltip.formatter = ({ name, seriesName, value }) => tooltip(name, [[seriesName, duration(value * size)]]);
  return { option, height: 40 + 24 * lines + rows.length * 30 };
}
