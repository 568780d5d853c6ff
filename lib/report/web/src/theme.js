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
