// SPDX-License-Identifier: Apache-2.0
// Draws the charts of the report from the result that the page carries. The tables stand without it.
import * as echarts from "echarts/core";
import { BarChart, CustomChart, HeatmapChart, LineChart, SankeyChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";

import { causes } from "./charts/causes.js";
import { forest } from "./charts/compare.js";
import { flow } from "./charts/flow.js";
import { kinds } from "./charts/kinds.js";
import { latency } from "./charts/latency.js";
import { links } from "./charts/links.js";
import { model } from "./charts/model.js";
import { occupancy, progress } from "./charts/series.js";
import { bounds, prefetch } from "./charts/policies.js";
import { precision, recall } from "./charts/similarity.js";
import { curves, heat, pareto, ranking, regret, sweepkinds } from "./charts/sweep.js";
import { palette } from "./theme.js";

echarts.use([
  AriaComponent, BarChart, CustomChart, GridComponent, HeatmapChart, LabelLayout, LegendComponent, LineChart,
  MarkAreaComponent, MarkLineComponent, SVGRenderer, SankeyChart, ScatterChart, TooltipComponent,
  VisualMapContinuousComponent,
]);

const MAKERS = {
  flow, links, kinds, causes, latency, progress, occupancy, model, bounds, prefetch, // of a run
  ranking, pareto, curves, heat, regret, sweepkinds, // of a sweep
  forest, // of a comparison
  precision, recall, // of a similarity study
};

const result = JSON.parse(document.getElementById("result").textContent);
const charts = new Map();

function draw(element) {
  const maker = MAKERS[element.dataset.chart];
  const { option, height } = maker(result, palette(), element.clientWidth);
  element.style.height = `${height}px`;
  let chart = charts.get(element);
  if (!chart) {
    chart = echarts.init(element, null, { renderer: "svg" });
    charts.set(element, chart);
  }
  chart.resize();
  chart.setOption(option, true);
}

// A result from elsewhere may hold what a chart cannot show (two tiers of one name, say); the tables still can.
function drawOrSay(element) {
  try {
    draw(element);
  } catch (error) {
    charts.delete(element);
    element.style.height = "auto";
    element.textContent = "This chart could not be drawn; the table holds its figures.";
    document.documentElement.dataset.failed = `${element.dataset.chart}: ${error.message}`;
  }
}

function drawAll() {
  for (const element of document.querySelectorAll("[data-chart]")) drawOrSay(element);
}

function watchWidths() {
  const widths = new Map();
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (widths.get(target) === target.clientWidth || target.clientWidth === 0) continue;
      widths.set(target, target.clientWidth);
      drawOrSay(target);
    }
  });
  for (const element of charts.keys()) {
    widths.set(element, element.clientWidth);
    observer.observe(element);
  }
}

function offerCopy() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue; // only where the browser lets a page copy
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    });
  }
}

document.documentElement.classList.add("drawn");
drawAll();
watchWidths();
offerCopy();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
window.matchMedia("print").addEventListener("change", drawAll);
document.documentElement.dataset.charts = String(charts.size);
