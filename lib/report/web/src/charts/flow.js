// SPDX-License-Identifier: Apache-2.0
// Where accesses ended: covered, served by a tier, or computed, as a flow from left to right.
import { count, share, tooltip } from "../format.js";
import { base } from "../theme.js";

const OPACITY = 0.28;

export function flow(result, colours, width) {
  const { totals, tiers } = result;
  const narrow = width < 560;
  const height = narrow ? 350 : 390;
  const room = narrow ? 28 : 34;
  const nodes = [];
  const edges = [];
  const node = (name, depth, color, value) => nodes.push({ name, depth, value, itemStyle: { color } });
  const unseen = { label: { show: false }, tooltip: { show: false }, emphasis: { disabled: true } };
  // Every outcome takes its height in the columns it passes over, unseen: so the stream steps down as outcomes
  // leave it at the top, and no two flows cross.
  const passed = [];
  const pass = (depth) => {
    for (const { name, value } of passed) {
      nodes.push({ name: `${name} ${depth}`, depth, value, ...unseen, itemStyle: { opacity: 0 } });
    }
  };
  const edge = (source, target, value) => value > 0 && edges.push({ source, target, value });

  node("accesses", 0, colours.soft, totals.accesses);
  if (totals.covered > 0) {
    node("covered", tiers.length + 1, colours.covered, totals.covered);
    edge("accesses", "covered", totals.covered);
    passed.push({ name: "covered", value: totals.covered });
  }
  // What lies behind a gap in a prefix chain is computed without a look-up: it runs along below the tiers.
  const last = tiers.filter((tier) => tier.accesses > 0).pop();
  const unasked = totals.misses - (last ? last.misses : 0);
  let gap = "accesses";
  let from = "accesses";
  tiers.forEach((tier, i) => {
    const lookup = `${tier.name} look-ups`;
    const hits = `${tier.name} hits`;
    if (tier.accesses === 0) return;
    pass(i + 1);
    node(lookup, i + 1, colours.tiers[i % 3], tier.accesses);
    edge(from, lookup, tier.accesses);
    if (unasked > 0) {
      const next = `no look-up ${i + 1}`;
      nodes.push({ name: next, depth: i + 1, value: unasked, ...unseen, itemStyle: { color: colours.miss, opacity: OPACITY } });
      edge(gap, next, unasked);
      gap = next;
    }
    if (tier.hits > 0) {
      node(hits, tiers.length + 1, colours.tiers[i % 3], tier.hits);
      edge(lookup, hits, tier.hits);
      passed.push({ name: hits, value: tier.hits });
    }
    from = lookup;
  });
  if (totals.misses > 0) {
    node("computed", tiers.length + 1, colours.miss, totals.misses);
    if (last) edge(from, "computed", last.misses);
    edge(gap, "computed", unasked);
  }
  const option = {
    ...base(colours, "Flow of accesses to where they ended; the same figures are in the table below."),
    series: [{
      type: "sankey",
      data: nodes,
      links: edges,
      left: 4,
      right: narrow ? 96 : 150,
      top: 12,
      bottom: 12,
      nodeWidth: 10,
      nodeGap: room,
      draggable: false,
      layoutIterations: 0,
      emphasis: { focus: "adjacency" },
      lineStyle: { color: "gradient", opacity: OPACITY, curveness: 0.5 },
      label: {
        color: colours.ink,
        fontFamily: colours.font,
        fontSize: narrow ? 11 : 13,
        lineHeight: narrow ? 14 : 17,
        formatter: ({ name, data }) =>
          narrow && data.depth <= tiers.length
            ? name.replace(" look-ups", "")
            : `${name}\n{small|${count(data.value)} · ${share(data.value / totals.accesses)}}`,
        rich: { small: { color: colours.soft, fontSize: narrow ? 10 : 12, lineHeight: narrow ? 13 : 16 } },
      },
    }],
  };
  delete option.legend;
  option.tooltip.formatter = ({ dataType, data }) =>
    dataType === "edge"
      ? tooltip(`${data.source} → ${data.target}`.replaceAll(/no look-up \d/g, "no look-up"), [["accesses", count(data.value)]])
      : tooltip(data.name, [["accesses", count(data.value)], ["of all", share(data.value / totals.accesses)]]);
  return { option, height };
}
