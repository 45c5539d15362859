import * as echarts from 'echarts'

export interface Series {
  name: string
  /** One figure per category; null: not measured. */
  values: (number | null)[]
}

const COLOURS: Record<string, string> = {
  shardmap: '#c2410c',
  'shardmap, near off': '#fb923c',
  'Map (a copy per thread)': '#64748b',
  'lru-cache (a copy per thread)': '#94a3b8',
  lmdb: '#2563eb',
  sharedmap: '#7c3aed',
  "shardmap, policy: 'lru'": '#fb923c',
  'lru-cache': '#94a3b8',
  moka: '#2563eb',
  quick_cache: '#7c3aed',
  'one SharedCache': '#c2410c',
  '4 SharedCaches of a quarter': '#fb923c',
  '4 lru-caches of a quarter': '#94a3b8'
}

/** Grouped bars over categories, as an SVG document. */
export function columns(title: string, unit: string, categories: readonly string[], series: readonly Series[], { log = true } = {}): string {
  return render(Math.max(560, 160 + categories.length * 130), 400, {
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { top: 30, itemWidth: 14, itemGap: 18, textStyle: { fontSize: 11 } },
    grid: { left: 60, right: 20, top: 84, bottom: 36 },
    xAxis: { type: 'category', data: [...categories] },
    yAxis: { type: log ? 'log' : 'value', name: unit, min: log ? floorOf(series) : 0, axisLabel: { formatter: short } },
    series: series.map(({ name, values }) => ({
      type: 'bar' as const,
      name,
      data: values,
      ...(COLOURS[name] ? { itemStyle: { color: COLOURS[name] } } : {}),
      label: { show: true, position: 'top' as const, fontSize: 9, formatter: ({ value }: { value: unknown }) => short(Number(value)) }
    }))
  })
}

/** Curves over a number, as an SVG document. */
export function curves(title: string, x: string, y: string, xs: readonly number[], series: readonly Series[]): string {
  return render(620, 380, {
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { top: 30, itemWidth: 18, itemGap: 18, textStyle: { fontSize: 11 } },
    grid: { left: 60, right: 30, top: 76, bottom: 48 },
    xAxis: { type: 'value', name: x, nameLocation: 'middle', nameGap: 28, min: 0, max: xs.at(-1)! },
    yAxis: { type: 'value', name: y },
    series: series.map(({ name, values }) => ({
      type: 'line' as const,
      name,
      symbolSize: 5,
      data: values.map((value, i) => [xs[i]!, value]),
      ...(COLOURS[name] ? { lineStyle: { color: COLOURS[name] }, itemStyle: { color: COLOURS[name] } } : {})
    }))
  })
}

/** What was seen at its times. */
export interface Course {
  name: string
  colour: string
  points: readonly (readonly [x: number, y: number])[]
  /** Drawn thicker, over the others. */
  strong?: boolean
}

/** What was measured again and again over a time, as an SVG document. */
export function timeline(title: string, x: string, y: string, courses: readonly Course[]): string {
  return render(900, 340, {
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { top: 30, itemWidth: 18, itemGap: 18, textStyle: { fontSize: 11 } },
    grid: { left: 56, right: 24, top: 68, bottom: 44 },
    xAxis: { type: 'value', name: x, nameLocation: 'middle', nameGap: 26, min: 0, max: 'dataMax', axisLabel: { formatter: short } },
    yAxis: { type: 'value', name: y, min: 0 },
    series: courses.map(({ name, colour, points, strong }) => ({
      type: 'line' as const,
      name,
      showSymbol: false,
      lineStyle: { color: colour, width: strong ? 2.5 : 1.2 },
      itemStyle: { color: colour },
      z: strong ? 3 : 2,
      data: points.map((point) => [...point])
    }))
  })
}

export interface Line {
  name: string
  value: number
  colour: string
  text?: string
}

/** Horizontal bars, the first on top, with an optional limit drawn across. */
export function rows(title: string, unit: string, lines: readonly Line[], options: { log?: boolean; limit?: number; labelWidth?: number } = {}): string {
  const { log = false, limit, labelWidth = 250 } = options
  const series = { name: title, values: lines.map(({ value }) => value) }
  return render(650 + labelWidth, 90 + lines.length * 30, {
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    grid: { left: labelWidth + 15, right: 90, top: 40, bottom: 44 },
    xAxis: {
      type: log ? 'log' : 'value',
      name: unit,
      nameLocation: 'middle',
      nameGap: 26,
      ...(log ? { min: floorOf([series]) } : {}),
      axisLabel: { formatter: short }
    },
    yAxis: { type: 'category', inverse: true, data: lines.map(({ name }) => name), axisLabel: { fontSize: 11, width: labelWidth, overflow: 'break' } },
    series: [
      {
        type: 'bar',
        barMaxWidth: 18,
        data: lines.map(({ value, colour }) => ({ value, itemStyle: { color: colour } })),
        label: { show: true, position: 'right', fontSize: 11, formatter: ({ dataIndex }) => lines[dataIndex]?.text ?? short(lines[dataIndex]!.value) },
        ...(limit === undefined
          ? {}
          : { markLine: { symbol: 'none', silent: true, lineStyle: { color: '#111827', type: 'dashed' }, label: { show: false }, data: [{ xAxis: limit }] } })
      }
    ]
  })
}

function render(width: number, height: number, option: echarts.EChartsOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}

function floorOf(series: readonly Series[]): number {
  const least = Math.min(...series.flatMap(({ values }) => values.filter((value) => value !== null)))
  return 10 ** Math.floor(Math.log10(least))
}

function short(value: number): string {
  if (value >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`
  if (value >= 1e3) return `${+(value / 1e3).toPrecision(3)}k`
  return String(+value.toPrecision(3))
}
