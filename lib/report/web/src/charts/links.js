// SPDX-License-Identifier: Apache-2.0
// Bytes over each link and drive.
import { bytes, tooltip } from "../format.js";
import { axis, base } from "../theme.js";

const NAMES = {
  pcie_up_bytes: "host to device",
  pcie_down_bytes: "device to host",
  ssd_read_bytes: "SSD reads",
  ssd_write_bytes: "SSD writes",
};

export function links(result, colours) {
  const keys = Object.keys(NAMES);
  const option = {
    ...base(colours, "Bytes over each link; the same figures are in the table below."),
    grid: { left: 0, right: 84, top: 4, bottom: 4, containLabel: true },
    xAxis: axis(colours, { type: "value", min: 0, axisLabel: { show: false }, splitLine: { show: false } }),
    yAxis: axis(colours, {
      type: "category",
      inverse: true,
      data: keys.map((key) => NAMES[key]),
      axisLabel: { color: colours.ink, fontSize: 13 },
    }),
    series: [{
      type: "bar",
      barWidth: 16,
      itemStyle: { color: colours.accent, borderRadius: [0, 3, 3, 0] },
      data: keys.map((key) => result.links[key]),
      label: { show: true, position: "right", color: colours.ink, formatter: ({ value }) => bytes(value) },
    }],
  };
  delete option.legend;
  option.tooltip.formatter = ({ name, value }) => tooltip(name, [["nominal bytes", bytes(value)]]);
  return { option, height: 150 };
}
