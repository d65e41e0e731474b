import { createEffect, type JSX, on, onCleanup, onMount } from "solid-js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** `percent` is fixed to 0–100, `binary` has marks that are round in bytes, `plain` ones that are round numbers. */
export type ChartScale = "percent" | "binary" | "plain";

export interface ChartProps {
  readonly label: string;
  readonly columns: {
    readonly times: readonly number[];
    readonly values: readonly (readonly (number | null)[])[];
    /** Between what each value lay; drawn as a band behind the line. */
    readonly band?: {
      readonly lows: readonly (readonly (number | null)[])[];
      readonly highs: readonly (readonly (number | null)[])[];
    };
  };
  readonly series: number;
  /** Values that a line is drawn at across the chart; they are always in sight. */
  readonly limits?: readonly number[];
  readonly scale: ChartScale;
  /** The chart is never narrower than this, so that a few points look like a few. */
  readonly leastSpanMs: number;
  readonly locale: string;
  /** Colours are read anew when this changes. */
  readonly shade: string;
  readonly format: (value: number | undefined) => string;
  /** Tells which point is under the pointer. */
  readonly onPoint: (index: number | undefined) => void;
}

const height = 92;
const axisWidth = 64;
const daySeconds = 86_400;
const smallestTop = 1024;
/** Powers of two, so that every mark is round in its binary unit. */
const byteSteps = Array.from({ length: 50 }, (_item, power) => 2 ** power);

function toData(columns: ChartProps["columns"]): uPlot.AlignedData {
  const { values, band } = columns;
  // The edges of the bands come after the lines, so that a place is that of its line.
  const lines = [...values, ...(band?.lows ?? values), ...(band?.highs ?? values)];
  return [columns.times.map((time) => time / 1000), ...lines.map((list) => [...list])];
}

/** From zero, or below it, up to a little more than the highest; a line of zeros lies at the bottom. */
function rangeOf(scale: ChartScale, low: number, high: number): [number, number] {
  if (scale === "percent") return [0, 100];
  if (scale === "binary") return [0, Math.max(smallestTop, high * 1.1)];
  const [bottom, top] = [Math.min(0, low * 1.1), Math.max(0, high * 1.1)];
  return [bottom, top > bottom ? top : bottom + 1];
}

/** Draws the limits over the lines, dashed, so that they are not taken for what was measured. */
function drawLimits(plot: uPlot, limits: readonly number[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const limit of limits) {
    const y = Math.round(plot.valToPos(limit, "y", true));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** Which marks the axis of values has. */
const marksOf: Readonly<Record<ChartScale, Pick<uPlot.Axis, "splits" | "incrs">>> = {
  percent: { splits: () => [0, 50, 100] },
  binary: { incrs: byteSteps },
  plain: {},
};

function optionsFor(props: ChartProps, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const limits = props.limits ?? [];
  const axis = {
    stroke: colour("--faint"),
    font: "11px Inter, system-ui, sans-serif",
    ticks: { show: false },
  };
  const clock = new Intl.DateTimeFormat(props.locale, { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(props.locale, { day: "numeric", month: "short" });
  // A mark at midnight, or one of a step of days, is a date.
  const mark = (seconds: number, step: number) => {
    const moment = new Date(seconds * 1000);
    const midnight = moment.getHours() === 0 && moment.getMinutes() === 0;
    return (midnight || step >= daySeconds ? day : clock).format(moment);
  };
  return {
    width,
    height,
    legend: { show: false },
    padding: [6, 16, 0, 0],
    cursor: {
      y: false,
      sync: { key: "history" },
      drag: { setScale: false, x: false },
      points: { size: (_plot, index) => (index > props.series ? 0 : 6) },
    },
    scales: {
      x: {
        time: true,
        range: (_plot, first, last) => [Math.min(first, last - props.leastSpanMs / 1000), last],
      },
      y: {
        range: (_plot, low, high) =>
          rangeOf(props.scale, Math.min(low ?? 0, ...limits), Math.max(high ?? 0, ...limits)),
      },
    },
    axes: [
      {
        ...axis,
        size: 22,
        gap: 5,
        space: 48,
        grid: { show: false },
        values: (_plot, marks, _axis, _space, step) => marks.map((seconds) => mark(seconds, step)),
      },
      {
        ...axis,
        size: axisWidth,
        gap: 6,
        space: 22,
        ...marksOf[props.scale],
        grid: { stroke: colour("--line"), width: 1 },
        values: (_plot, marks) =>
          marks.map((value) => (props.scale === "percent" ? `${value}%` : props.format(value))),
      },
    ],
    series: [
      {},
      ...Array.from({ length: props.series }, (_item, index) => ({
        stroke: colour(`--series-${index + 1}`),
        width: 1.5,
        ...(props.series === 1 ? { fill: `${colour("--series-1")}1f` } : {}),
        points: { show: false },
      })),
      ...Array.from({ length: 2 * props.series }, () => ({
        stroke: "transparent",
        width: 0,
        points: { show: false },
      })),
    ],
    bands: Array.from(
      { length: props.series },
      (_item, index): uPlot.Band => ({
        series: [2 * props.series + index + 1, props.series + index + 1],
        fill: `${colour(`--series-${index + 1}`)}33`,
      }),
    ),
    hooks: {
      setCursor: [(plot) => props.onPoint(plot.cursor.idx ?? undefined)],
      draw: [(plot) => drawLimits(plot, limits, colour("--bad"))],
    },
  };
}

/** A line chart over time. */
export function Chart(props: ChartProps): JSX.Element {
  let host!: HTMLDivElement;
  let plot: uPlot | undefined;

  function draw(): void {
    plot?.destroy();
    plot = new uPlot(optionsFor(props, host.clientWidth), toData(props.columns), host);
  }
  onMount(() => {
    draw();
    const sizes = new ResizeObserver(() => {
      if (plot && host.clientWidth > 0 && host.clientWidth !== plot.width)
        plot.setSize({ width: host.clientWidth, height });
    });
    sizes.observe(host);
    onCleanup(() => {
      sizes.disconnect();
      plot?.destroy();
    });
  });
  createEffect(
    on([() => props.shade, () => props.locale, () => props.leastSpanMs], () => requestAnimationFrame(draw), {
      defer: true,
    }),
  );
  createEffect(
    on(
      () => props.columns,
      (columns) => plot?.setData(toData(columns)),
      { defer: true },
    ),
  );
  return (
    <div
      ref={host}
      role="img"
      aria-label={props.label}
      style={{ height: `${height}px` }}
      data-points={props.columns.times.length}
      data-from={props.columns.times[0]}
    />
  );
}
