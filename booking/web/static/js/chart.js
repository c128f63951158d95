// Draws every <figure data-chart> from the table in it, which is folded then; where nothing can be drawn it stays open.
// Colours are those of the page, also when it turns dark.

const dark = window.matchMedia("(prefers-color-scheme: dark)");

document.querySelectorAll("figure[data-chart]").forEach((figure) => {
  if ("echarts" in window) draw(figure);
});

function draw(figure) {
  const drawing = figure.querySelector("[data-drawing]");
  const words = figure.querySelector("details[data-words]");
  const numbers = numbersOf(figure.querySelector("table"));
  drawing.hidden = false;
  words.open = false;
  const chart = window.echarts.init(drawing);
  const show = () => chart.setOption(optionsFor(figure.dataset.chart, numbers, coloursOf(drawing)), true);
  show();
  dark.addEventListener("change", show);
  new ResizeObserver(() => chart.resize()).observe(drawing);
}

// Labels down the side, one series for each column that has numbers.
function numbersOf(table) {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells].slice(1);
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    series: heads.map((head, column) => ({
      name: head.textContent.trim(),
      isGuide: "guide" in head.dataset,
      values: rows.map((row) => numberIn(row.cells[column + 1].dataset.value)),
      texts: rows.map((row) => row.cells[column + 1].textContent.trim()),
    })),
  };
}

function numberIn(text) {
  return text === "" ? null : Number(text);
}

function coloursOf(element) {
  const style = getComputedStyle(element);
  const named = (name) => style.getPropertyValue(name).trim();
  const marks = ["--action", "--attention-strong", "--third"].map(named);
  return { ink: named("--ink-soft"), line: named("--line"), surface: named("--surface"), mark: named("--action"), marks };
}

// The first series is drawn (all of a stacked chart are), all are told where the pointer is. The box that tells is drawn too: one made of HTML would
// need inline style, which the content policy refuses.
function optionsFor(kind, { labels, series }, { ink, line, surface, mark, marks }) {
  const isStacked = kind === "stacked";
  const tell = ([{ dataIndex }]) => [labels[dataIndex], ...series.map(({ name, texts }) => `${name} ${texts[dataIndex]}`)].join("\n");
  return {
    animation: false,
    grid: { left: 8, right: 16, top: isStacked ? 56 : 16, bottom: 8, containLabel: true },
    legend: { show: isStacked, top: 0, left: 0, textStyle: { color: ink }, itemWidth: 14 },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      formatter: tell,
      backgroundColor: surface,
      borderColor: line,
      textStyle: { color: ink, fontSize: 13 },
    },
    xAxis: { type: "category", data: labels, axisLabel: { color: ink, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: ink }, splitLine: { lineStyle: { color: line } } },
    series: isStacked ? series.map((one, place) => layer(one, marks[place], ink)) : [shape(kind, series[0].values, mark)],
  };
}

function shape(kind, data, color) {
  if (kind === "bars") return { type: "bar", data, barMaxWidth: 36, itemStyle: { color, borderRadius: [3, 3, 0, 0] } };
  return { type: "line", data, symbol: "circle", symbolSize: 6, lineStyle: { color, width: 2 }, itemStyle: { color } };
}

// One of several upon each other; a guide stands for itself.
function layer({ name, values, isGuide }, color, ink) {
  const common = { name, type: "line", data: values, symbol: "none" };
  if (isGuide) return { ...common, lineStyle: { color: ink, width: 1, type: "dashed" }, itemStyle: { color: ink } };
  return { ...common, stack: "all", areaStyle: { color, opacity: 0.55 }, lineStyle: { color, width: 1 }, itemStyle: { color } };
}
