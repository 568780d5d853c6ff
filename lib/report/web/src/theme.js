// SPDX-License-Identifier: Apache-2.0
// Colours and type of the charts, read from the style sheet so that page and charts cannot drift apart.

function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function palette() {
  return {
    ink: variable("--ink"),
    soft: variable("--soft"),
    line: variable("--line"),
    paper: variable("--card"),
    accent: variable("--accent"),
    tiers: [variable("--tier-1"), variable("--tier-2"), variable("--tier-3")],
    categories: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => variable(`--cat-${n}`)),
    covered: variable("--covered"),
    miss: variable("--miss"),
    shade: variable("--shade"),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** What every chart has in common. Nothing moves: the page is a document. */
export function base(colours, description) {
  return {
    animation: false,
    textStyle: { fontFamily: colours.font, color: colours.ink, fontSize: 13 },
    aria: { enabled: true, label: { description } },
    tooltip: {
      confine: true,
      backgroundColor: colours.paper,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 13 },
    },
    legend: {
      top: 0,
      left: 0,
      icon: "roundRect",
      itemWidth: 12,
      itemHeight: 12,
      itemGap: 18,
      textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 13 },
    },
  };
}

export function axis(colours, more) {
  return {
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    axisLabel: { color: colours.soft, fontSize: 12, hideOverlap: true },
    splitLine: { lineStyle: { color: colours.line } },
    nameTextStyle: { color: colours.soft, fontSize: 12 },
    ...more,
  };
}

/** A colour and a line for the n-th of many: colours first, then the same ones dashed and dotted. */
export function nth(colours, n) {
  const turn = Math.floor(n / colours.categories.length) % 3;
  return {
    colour: colours.categories[n % colours.categories.length],
    dash: ["solid", [6, 3], [2, 3]][turn],
    symbol: ["circle", "diamond", "triangle"][turn],
  };
}

/** About how many lines a legend breaks into: its height is not known before it is drawn. */
export function legendRows(labels, width) {
  let rows = 1;
  let used = 0;
  for (const label of labels) {
    const room = 26 + 5 + 18 + label.length * 7.4;
    if (used > 0 && used + room > width) {
      rows += 1;
      used = 0;
    }
    used += room;
  }
  return rows;
}

/** Names on an upright axis: as much of them as a third of the chart has room for. */
export function nameLabels(colours, width) {
  return {
    color: colours.ink,
    fontSize: width < 560 ? 11 : 13,
    width: Math.round(width / 3),
    overflow: "truncate",
    interval: 0,
  };
}
