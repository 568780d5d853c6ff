// SPDX-License-Identifier: Apache-2.0
// Where accesses ended: covered, served by a tier, or computed, as a flow from left to right.
import { count, share, tooltip } from "../format.js";
import { base } from "../theme.js";

export function flow(result, colours, width) {
  const { totals, tiers } = result;
  const narrow = width < 560;
  const height = narrow ? 320 : 340;
  const gap = narrow ? 18 : 22;
  const nodes = [];
  const edges = [];
  const node = (name, depth, color, value) => nodes.push({ name, depth, value, itemStyle: { color } });
  // Every outcome takes its height in the columns it passes over, unseen: so the stream steps down as outcomes
  // leave it at the top, and no two flows cross.
  const passed = [];
  const pass = (depth) => {
    for (const { name, value } of passed) {
      nodes.push({
        name: `${name} ${depth}`, depth, value, label: { show: false }, tooltip: { show: false },
        itemStyle: { opacity: 0 }, emphasis: { disabled: true },
      });
    }
  };
  const edge = (source, target, value) => value > 0 && edges.push({ source, target, value });

  node("accesses", 0, colours.soft, totals.accesses);
  if (totals.covered > 0) {
    node("covered", tiers.length + 1, colours.covered, totals.covered);
    edge("accesses", "covered", totals.covered);
    passed.push({ name: "covered", value: totals.covered });
  }
  let from = "accesses";
  tiers.forEach((tier, i) => {
    const lookup = `${tier.name} look-ups`;
    const hits = `${tier.name} hits`;
    if (tier.accesses === 0) return;
    pass(i + 1);
    node(lookup, i + 1, colours.tiers[i % 3], tier.accesses);
    edge(from, lookup, tier.accesses);
    if (tier.hits > 0) {
      node(hits, tiers.length + 1, colours.tiers[i % 3], tier.hits);
      edge(lookup, hits, tier.hits);
      passed.push({ name: hits, value: tier.hits });
    }
    from = lookup;
  });
  if (totals.misses > 0) {
    node("computed", tiers.length + 1, colours.miss, totals.misses);
    const missed = from === "accesses" ? 0 : tiers.findLast((tier) => tier.accesses > 0).misses;
    edge(from, "computed", missed);
    // Behind a gap in a prefix chain nothing is looked up any more.
    edge("accesses", "computed", totals.misses - missed);
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
      nodeGap: gap,
      draggable: false,
      layoutIterations: 0,
      emphasis: { focus: "adjacency" },
      lineStyle: { color: "gradient", opacity: 0.28, curveness: 0.5 },
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
      ? tooltip(`${data.source} → ${data.target}`, [["accesses", count(data.value)]])
      : tooltip(data.name, [["accesses", count(data.value)], ["of all", share(data.value / totals.accesses)]]);
  return { option, height };
}
